"""From rows to records: an article with all that belongs to it, in a constant number of statements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, RowMapping, select

from db.dialects import among
from db.records import Article, Keys, Moment, Paragraph, Reference
from db.tables import article_labels, article_references, articles, paragraphs

_LABELS = {"author": "authors", "category": "categories", "tag": "tags"}
_PLAIN = (
    *("key", "id", "seq", "revision", "sha256", "text_sha256", "title", "dek", "series", "language", "source"),
    "language_detected",
    *("url", "canonical_url", "external_id"),
)
_TIMES = ("published_text", "published_micros", "modified_text", "modified_micros", "ingested_micros", "updated_micros")


def columns(*, extra: bool) -> list[Column[Any]]:
    """The columns of `articles` that `complete` needs."""
    return [articles.c[name] for name in (*_PLAIN, *_TIMES, *(("extra",) if extra else ()))]


def fetch(
    conn: Connection, keys: Iterable[int] | Keys, *, paragraphs: bool = False, references: bool = False, extra: bool = False
) -> list[Article]:
    """Those of the articles that exist, in the order of their keys, in a constant number of statements."""
    query = select(*columns(extra=extra)).where(among(articles.c.key, keys)).order_by(articles.c.key)
    return complete(conn, conn.execute(query).mappings().all(), paragraphs=paragraphs, references=references)


def complete(
    conn: Connection, rows: Sequence[RowMapping], *, paragraphs: bool = False, references: bool = False
) -> list[Article]:
    """The articles of the rows, in their order, with their labels and what else is asked for."""
    keys = [row["key"] for row in rows]
    labels = _labels(conn, keys)
    parts: dict[int, dict[str, Any]] = defaultdict(dict)
    for key, found in paragraphs_of(conn, keys).items() if paragraphs else ():
        parts[key]["paragraphs"] = found
    for key, listed in references_of(conn, keys).items() if references else ():
        parts[key]["references"] = listed
    return [article(row, labels.get(row["key"], {}), **parts[row["key"]]) for row in rows]


def article(row: Mapping[Any, Any], labels: Mapping[str, Sequence[str]], **parts: Any) -> Article:
    """Of a row with the `columns`, with its labels by field and what else belongs to it, by the names of Article."""
    named: dict[str, Any] = {_LABELS[field]: tuple(values) for field, values in labels.items()}
    extra = {"extra": row["extra"]} if "extra" in row else {}
    return Article(
        **{name: row[name] for name in _PLAIN},
        **named,
        **parts,
        **extra,
        published_at=moment(row["published_text"], row["published_micros"]),
        modified_at=moment(row["modified_text"], row["modified_micros"]),
        ingested_at=Moment.at(row["ingested_micros"]),
        updated_at=Moment.at(row["updated_micros"]),
    )


def moment(text: str | None, micros: int | None) -> Moment | None:
    return None if text is None or micros is None else Moment(text, micros)


def _labels(conn: Connection, keys: Sequence[int]) -> dict[int, dict[str, list[str]]]:
    label = article_labels.c
    query = select(label.article, label.field, label.value).where(among(label.article, keys))
    found: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for article, field, value in conn.execute(query.order_by(label.article, label.field, label.position)):
        found[article][field].append(value)
    return found


def references_of(conn: Connection, keys: Sequence[int]) -> dict[int, tuple[Reference, ...]]:
    """The references of each article, in order; articles without any are absent."""
    reference = article_references.c
    query = select(reference.article, reference.label, reference.text, reference.url).where(among(reference.article, keys))
    found: dict[int, list[Reference]] = defaultdict(list)
    for article, label, text, url in conn.execute(query.order_by(reference.article, reference.position)):
        found[article].append(Reference(label, text, url))
    return {article: tuple(listed) for article, listed in found.items()}


PARAGRAPH = tuple(paragraphs.c[name] for name in ("id", "ordinal", "kind", "text", "starts", "ends", "citations"))
"""The columns that `paragraph` takes."""


def paragraph(id: str, ordinal: int, kind: Any, text: str, starts: int, ends: int, citations: Iterable[str]) -> Paragraph:
    return Paragraph(id, ordinal, kind, text, starts, ends, tuple(citations))


def paragraphs_of(conn: Connection, keys: Sequence[int]) -> dict[int, tuple[Paragraph, ...]]:
    """The paragraphs of each article, in order; articles without any are absent."""
    query = select(paragraphs.c.article, *PARAGRAPH).where(among(paragraphs.c.article, keys))
    found: dict[int, list[Paragraph]] = defaultdict(list)
    for row in conn.execute(query.order_by(paragraphs.c.article, paragraphs.c.ordinal)).all():
        found[row[0]].append(paragraph(*row[1:]))
    return {article: tuple(listed) for article, listed in found.items()}
