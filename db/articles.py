"""Articles: found, read, listed, saved and deleted."""

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, func, select

from db import gathered, identity, rows
from db.content import body
from db.creating import create_many, strangers
from db.dialects import among
from db.filters import where
from db.identifying import Known, RefKind, find, identify, known
from db.identity import content_digest, text_digest
from db.incoming import Incoming
from db.keeping import alike, complemented, kept
from db.paging import SORTS, ArticlePage, page
from db.records import Article, Filters, Keys, Original, Paragraph
from db.saving import delete_article as delete
from db.saving import put, save
from db.tables import articles, changes, originals, paragraphs
from db.whole import Whole, whole

__all__ = [
    "SORTS",
    "ArticlePage",
    "Incoming",
    "Known",
    "RefKind",
    "Standing",
    "Whole",
    "alike",
    "body",
    "complemented",
    "content_digest",
    "count",
    "create_many",
    "delete",
    "deleted_after",
    "export",
    "find",
    "get",
    "identify",
    "kept",
    "keys",
    "known",
    "many",
    "original",
    "page",
    "paragraph",
    "paragraph_keys",
    "paragraphs_by_key",
    "put",
    "save",
    "standing_after",
    "strangers",
    "text_digest",
    "was_read_from",
    "whole",
]


class Standing(NamedTuple):
    """What a search needs to know of an article that an index has named."""

    seq: int
    published_micros: int | None
    text_sha256: str
    series: str | None
    title: str


def get(conn: Connection, key: int, *, paragraphs: bool = True, references: bool = True, extra: bool = True) -> Article | None:
    return many(conn, [key], paragraphs=paragraphs, references=references, extra=extra).get(key)


def many(
    conn: Connection, keys: Sequence[int] | Keys, *, paragraphs: bool = False, references: bool = False, extra: bool = False
) -> dict[int, Article]:
    """Those of the articles that exist, by key, in one statement."""
    return rows.fetch(conn, keys, paragraphs=paragraphs, references=references, extra=extra)


def count(conn: Connection, filters: Filters) -> int:
    return conn.execute(select(func.count()).select_from(articles).where(*where(filters))).scalar_one()


def keys(conn: Connection, filters: Filters) -> Keys:
    """The keys of all articles that pass, ascending."""
    return gathered.numbers(conn, articles.c.key, *where(filters))


def standing_after(conn: Connection, seq: int) -> dict[int, Standing]:
    """How the articles stand that were written after that place in the change log."""
    column = articles.c
    query = select(column.key, column.seq, column.published_micros, column.text_sha256, column.series, column.title).where(
        column.seq > seq
    )
    return {row[0]: Standing._make(row[1:]) for row in conn.execute(query)}


def deleted_after(conn: Connection, seq: int) -> Keys:
    """The keys of the articles that were deleted after that place in the change log."""
    query = select(changes.c.article_key).where(changes.c.seq > seq, changes.c.deleted)
    return np.array(conn.execute(query).scalars().all(), dtype=np.int64)


def original(conn: Connection, key: int, revision: int | None = None) -> Original | None:
    """The bytes that the revision came from; without a revision, the latest bytes there are."""
    column = originals.c
    query = select(column.content, column.media_type, column.charset, column.name).where(column.article == key)
    if revision is not None:
        query = query.where(column.revision == revision)
    row = conn.execute(query.order_by(column.revision.desc()).limit(1)).one_or_none()
    return None if row is None else Original(zlib.decompress(row.content), row.media_type, row.charset, row.name)


def was_read_from(conn: Connection, key: int, original: Original | None) -> bool:
    """Whether any state of the article came from these very bytes."""
    if original is None:
        return False
    same = originals.c.sha256 == hashlib.sha256(original.content).hexdigest()
    return conn.execute(select(originals.c.revision).where(originals.c.article == key, same).limit(1)).first() is not None


def paragraph(conn: Connection, id: str) -> tuple[int, Paragraph] | None:
    """The paragraph with that id, and the key of its article."""
    if not identity.is_storable(id):
        return None
    row = conn.execute(select(paragraphs.c.article, *rows.PARAGRAPH).where(paragraphs.c.id == id)).one_or_none()
    return None if row is None else (row[0], rows.paragraph(*row[1:]))


def paragraphs_by_key(conn: Connection, keys: Sequence[int] | Keys) -> dict[int, tuple[int, Paragraph]]:
    """Of the paragraphs with these internal keys that exist: the key of the article, and the paragraph."""
    query = select(paragraphs.c.key, paragraphs.c.article, *rows.PARAGRAPH).where(among(paragraphs.c.key, keys))
    return {key: (article, rows.paragraph(*rest)) for key, article, *rest in conn.execute(query)}


def paragraph_keys(conn: Connection, articles: Sequence[int] | Keys) -> dict[int, list[int]]:
    """For each article the internal keys of its paragraphs, in order; they change whenever the article does."""
    query = select(paragraphs.c.article, paragraphs.c.key).where(among(paragraphs.c.article, articles))
    found: dict[int, list[int]] = defaultdict(list)
    for article, key in conn.execute(query.order_by(paragraphs.c.article, paragraphs.c.ordinal)):
        found[article].append(key)
    return dict(found)


def export(conn: Connection, filters: Filters) -> Iterator[Article]:
    """Every article that passes, whole, in the order of their keys; a few hundred at a time are in memory."""
    last, conditions = 0, where(filters)
    query = select(articles.c.key).order_by(articles.c.key).limit(200)
    while found := conn.execute(query.where(articles.c.key > last, *conditions)).scalars().all():
        yield from rows.fetch(conn, found, paragraphs=True, references=True, extra=True).values()
        last = found[-1]
