"""From rows to records: articles with what belongs to them, in one statement."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Select, select

from db import gathered
from db.dialects import among_given
from db.records import Article, Keys, Moment, Paragraph, Reference
from db.tables import article_labels, article_references, articles, paragraphs

_LABELS = {"author": "authors", "category": "categories", "tag": "tags"}
_PLAIN = (
    *("key", "id", "seq", "revision", "sha256", "text_sha256", "title", "dek", "series", "language", "source"),
    "language_detected",
    *("url", "canonical_url", "external_id"),
)
_TIMES = ("published_text", "published_micros", "modified_text", "modified_micros", "ingested_micros", "updated_micros")
PARAGRAPH = tuple(paragraphs.c[name] for name in ("id", "ordinal", "kind", "text", "starts", "ends", "citations"))
"""The columns that `paragraph` takes."""
_label, _reference = article_labels.c, article_references.c


def columns(*, paragraphs: bool = False, references: bool = False, extra: bool = False) -> list[ColumnElement[Any]]:
    """What `article` makes an article of, with its labels and what else is asked for. Not for statements that sort: what is
    gathered would be gathered of all rows that are sorted."""
    return [articles.c[name] for name in (*_PLAIN, *_TIMES, *(("extra",) if extra else ()))] + [
        column for column, wanted in ((_OF_LABELS, True), (_OF_PARAGRAPHS, paragraphs), (_OF_REFERENCES, references)) if wanted
    ]


_OF_LABELS = gathered.of_article(article_labels, _label.field, _label.position, _label.value).label("labels")
_OF_PARAGRAPHS = gathered.of_article(paragraphs, *PARAGRAPH).label("paragraphs")
_OF_REFERENCES = gathered.of_article(
    article_references, _reference.position, _reference.label, _reference.text, _reference.url
).label("references")


@cache
def _statement(*, paragraphs: bool, references: bool, extra: bool) -> Select[Any]:
    query = select(*columns(paragraphs=paragraphs, references=references, extra=extra))
    return query.where(among_given(articles.c.key)).order_by(articles.c.key)


def fetch(
    conn: Connection, keys: Iterable[int] | Keys, *, paragraphs: bool = False, references: bool = False, extra: bool = False
) -> dict[int, Article]:
    """Those of the articles that exist, by key and in the order of their keys."""
    query = _statement(paragraphs=paragraphs, references=references, extra=extra)
    return {row["key"]: article(row) for row in conn.execute(query, {"keys": keys}).mappings()}


def article(row: Mapping[Any, Any]) -> Article:
    """Of a row with `columns`."""
    labels: dict[str, list[str]] = defaultdict(list)
    for field, _, value in sorted(orjson.loads(row["labels"])):
        labels[_LABELS[field]].append(value)
    more: dict[str, Any] = {name: tuple(values) for name, values in labels.items()}
    if "paragraphs" in row:
        more["paragraphs"] = tuple(paragraph(*part) for part in sorted(orjson.loads(row["paragraphs"]), key=itemgetter(1)))
    if "references" in row:
        more["references"] = tuple(Reference(*item[1:]) for item in sorted(orjson.loads(row["references"]), key=itemgetter(0)))
    if "extra" in row:
        more["extra"] = row["extra"]
    return Article(
        **{name: row[name] for name in _PLAIN},
        **more,
        published_at=moment(row["published_text"], row["published_micros"]),
        modified_at=moment(row["modified_text"], row["modified_micros"]),
        ingested_at=Moment.at(row["ingested_micros"]),
        updated_at=Moment.at(row["updated_micros"]),
    )


def moment(text: str | None, micros: int | None) -> Moment | None:
    return None if text is None or micros is None else Moment(text, micros)


def paragraph(id: str, ordinal: int, kind: Any, text: str, starts: int, ends: int, citations: Iterable[str]) -> Paragraph:
    return Paragraph(id, ordinal, kind, text, starts, ends, tuple(citations))
