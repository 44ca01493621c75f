"""The states an article has had."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from db import rows
from db.identity import NOT_CONTENT
from db.records import Article, Draft, Moment, Revision
from db.tables import revisions

_REVISION = tuple(revisions.c[name] for name in ("number", "at", "sha256", "changed", "paragraphs_added", "paragraphs_removed"))
_NOT_COMPARED = NOT_CONTENT - {"language_detected"} | {"paragraphs"}
_COMPARED = [field.name for field in fields(Draft) if field.name not in _NOT_COMPARED]


def history(conn: Connection, key: int) -> list[Revision]:
    """All states of the article, newest first; the first is the present one. Their documents are left out."""
    query = select(*_REVISION).where(revisions.c.article == key).order_by(revisions.c.number.desc())
    return [_revision(row, None) for row in conn.execute(query).mappings()]


def revision(conn: Connection, key: int, number: int) -> Revision | None:
    """That state of the article with its document."""
    query = select(*_REVISION, revisions.c.document).where(revisions.c.article == key, revisions.c.number == number)
    row = conn.execute(query).mappings().one_or_none()
    if row is None:
        return None
    if row["document"] is not None:
        return _revision(row, row["document"])
    present = rows.fetch(conn, [key], paragraphs=True, references=True, extra=True)[key]
    return _revision(row, document(present))


def _revision(row: RowMapping, document: Mapping[str, Any] | None) -> Revision:
    return Revision(
        row["number"],
        Moment.at(row["at"]),
        row["sha256"],
        tuple(row["changed"]),
        row["paragraphs_added"],
        row["paragraphs_removed"],
        document,
    )


def document(article: Article) -> dict[str, Any]:
    """The article as JSON values: names as in Article, moments as their text, without its internal key and place in the log."""
    values = {field.name: _plain(getattr(article, field.name)) for field in fields(article)}
    return {name: value for name, value in values.items() if name not in {"key", "seq"}}


def _plain(value: Any) -> Any:
    if isinstance(value, Moment):
        return value.text
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return dict(value) if isinstance(value, Mapping) else value


def changed_fields(before: Article, after: Draft) -> tuple[str, ...]:
    """The names of the fields that differ."""
    changed = [name for name in _COMPARED if getattr(before, name) != getattr(after, name)]
    kept = [(part.text, part.kind, part.citations) for part in before.paragraphs]
    if kept != [(part.text, part.kind, part.citations) for part in after.paragraphs]:
        changed.append("paragraphs")
    return tuple(changed)
