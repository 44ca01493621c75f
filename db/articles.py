"""Articles: found, read, listed, saved and deleted."""

import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
from sqlalchemy import BindParameter, ColumnElement, Connection, Select, bindparam, func, or_, select

from db import identity, rows
from db.content import body
from db.creating import Incoming, create_many, strangers
from db.dialects import among
from db.filters import where
from db.identity import content_digest, text_digest
from db.paging import SORTS, ArticlePage, page
from db.records import Article, Draft, Filters, Keys, Original, Paragraph
from db.rows import paragraphs_of
from db.saving import delete_article as delete
from db.saving import save
from db.tables import articles, changes, originals, paragraphs
from db.whole import Whole, whole

__all__ = [
    "SORTS",
    "ArticlePage",
    "Incoming",
    "Standing",
    "Whole",
    "body",
    "content_digest",
    "count",
    "create_many",
    "delete",
    "deleted_after",
    "export",
    "find",
    "get",
    "identify",
    "keys",
    "many",
    "original",
    "page",
    "paragraph",
    "paragraph_keys",
    "paragraphs_by_key",
    "paragraphs_of",
    "save",
    "standing_after",
    "strangers",
    "text_digest",
    "whole",
]

RefKind = Literal["id", "url", "ext", "sha256"]


class Standing(NamedTuple):
    """What a search needs to know of an article that an index has named."""

    seq: int
    published_micros: int | None
    text_sha256: str
    series: str | None
    title: str


def find(conn: Connection, kind: RefKind, value: str) -> list[int]:
    """The keys of the articles that a reference names, oldest first.

    A `url` is a normalised one; an `ext` is what `identity.ext_key` makes; a `sha256` that of content, text or original."""
    if not identity.is_storable(value):
        return []
    stored = identity.index_key(value) if kind in ("url", "ext") else value
    return list(conn.execute(_NAMED[kind], {"value": stored}).scalars())


def _named(*conditions: ColumnElement[bool]) -> Select[int]:
    return select(articles.c.key).where(or_(*conditions)).order_by(articles.c.key)


_VALUE: Final[BindParameter[str]] = bindparam("value")
_NAMED: Final[dict[RefKind, Select[int]]] = {
    "id": _named(articles.c.id == _VALUE),
    "url": _named(articles.c.url_key == _VALUE, articles.c.canonical_key == _VALUE),
    "ext": _named(articles.c.ext_key == _VALUE),
    "sha256": _named(
        articles.c.sha256 == _VALUE,
        articles.c.text_sha256 == _VALUE,
        articles.c.key.in_(select(originals.c.article).where(originals.c.sha256 == _VALUE)),
    ),
}
"""Prepared once: what it takes to put a statement together is most of what such a question costs."""


def identify(conn: Connection, draft: Draft, url_key: str | None, canonical_key: str | None) -> int | None:
    """The key of the stored article that the draft is a version of.

    By the source's own id; else by URL, unless both have ids of their own that differ; else by equal content."""
    own = draft.external_id and identity.ext_key(draft.source, draft.external_id)
    if own and (same := find(conn, "ext", own)):
        return same[0]
    for url in filter(None, (canonical_key, url_key)):
        for key, other in _ext_keys(conn, find(conn, "url", url)):
            if not own or not other:
                return key
    query = select(articles.c.key).where(articles.c.sha256 == content_digest(draft)).order_by(articles.c.key).limit(1)
    return conn.execute(query).scalar_one_or_none()


def _ext_keys(conn: Connection, keys: Sequence[int]) -> list[tuple[int, str | None]]:
    query = select(articles.c.key, articles.c.ext_key).where(among(articles.c.key, keys)).order_by(articles.c.key)
    return [(key, ext) for key, ext in conn.execute(query)] if keys else []


def get(conn: Connection, key: int, *, paragraphs: bool = True, references: bool = True, extra: bool = True) -> Article | None:
    return many(conn, [key], paragraphs=paragraphs, references=references, extra=extra).get(key)


def many(
    conn: Connection, keys: Sequence[int] | Keys, *, paragraphs: bool = False, references: bool = False, extra: bool = False
) -> dict[int, Article]:
    """Those of the articles that exist, by key, in a constant number of statements."""
    found = rows.fetch(conn, keys, paragraphs=paragraphs, references=references, extra=extra)
    return {article.key: article for article in found}


def count(conn: Connection, filters: Filters) -> int:
    return conn.execute(select(func.count()).select_from(articles).where(*where(filters))).scalar_one()


def keys(conn: Connection, filters: Filters) -> Keys:
    """The keys of all articles that pass, ascending."""
    query = select(articles.c.key).where(*where(filters)).order_by(articles.c.key)
    return np.array(conn.execute(query).scalars().all(), dtype=np.int64)


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
    query = select(*rows.columns(extra=True)).order_by(articles.c.key).limit(200)
    while found := conn.execute(query.where(articles.c.key > last, *conditions)).mappings().all():
        yield from rows.complete(conn, found, paragraphs=True, references=True)
        last = found[-1]["key"]
