"""Many new articles at once: a dozen statements for all of them, instead of a dozen for each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, insert, select

from db import changes, identity, totals
from db.content import Content, article_columns, insert_contents, revision_row
from db.dialects import among
from db.records import Draft, Moment, PassageDraft, Saved
from db.tables import articles, revisions


@dataclass(frozen=True, slots=True)
class Incoming:
    """A draft with its passages and its normalised URLs. `sha256` is its content digest."""

    draft: Draft
    passages: Sequence[PassageDraft]
    url_key: str | None
    canonical_key: str | None
    sha256: str

    @classmethod
    def of(cls, draft: Draft, passages: Sequence[PassageDraft], url_key: str | None, canonical_key: str | None) -> "Incoming":
        """Raises NotStorable."""
        return cls(draft, passages, url_key, canonical_key, identity.content_digest(draft))


_Sign = tuple[str, str]
"""What an article is known by: the kind, and the value."""


def strangers(conn: Connection, incoming: Sequence[Incoming]) -> list[bool]:
    """Which of them cannot be a version of any article that is stored, or that comes before them."""
    signs = [set(_signs(each)) for each in incoming]
    known = set(_known(conn, [sign for some in signs for sign in some]))
    found = []
    for some in signs:
        found.append(known.isdisjoint(some))
        known |= some
    return found


def _signs(incoming: Incoming) -> Iterator[_Sign]:
    draft = incoming.draft
    yield "sha256", incoming.sha256
    if draft.external_id:
        yield "ext", identity.ext_key(draft.source, draft.external_id)
    for url in (incoming.url_key, incoming.canonical_key):
        if url:
            yield "url", identity.index_key(url)


def _known(conn: Connection, signs: Iterable[_Sign]) -> Iterator[_Sign]:
    column = articles.c
    columns = {"sha256": (column.sha256,), "ext": (column.ext_key,), "url": (column.url_key, column.canonical_key)}
    asked: dict[str, list[str]] = {kind: [] for kind in columns}
    for kind, value in signs:
        asked[kind].append(value)
    for kind, values in asked.items():
        for each in columns[kind] if values else ():
            yield from ((kind, value) for value in _present(conn, each, values))


def _present(conn: Connection, column: Column[Any], values: Sequence[str]) -> Sequence[str]:
    return conn.execute(select(column).where(among(column, values))).scalars().all()


def create_many(conn: Connection, incoming: Sequence[Incoming], now: Moment) -> list[Saved]:
    """New articles, in their order on the clock. Raises NotStorable; the caller has made sure that they are `strangers`."""
    ids = [identity.new_article_id(now) for _ in incoming]
    last = changes.tick(conn, len(incoming))
    places = range(last - len(incoming) + 1, last + 1)
    columns = [article_columns(each.draft, each.sha256, each.url_key, each.canonical_key, now) for each in incoming]
    own = {"revision": 1, "ingested_micros": now.micros}
    conn.execute(
        insert(articles), [row | own | {"id": id, "seq": seq} for row, id, seq in zip(columns, ids, places, strict=True)]
    )
    keys = _keys(conn, ids)
    changes.note_new(conn, list(zip(keys, ids, places, strict=True)), now)
    conn.execute(
        insert(revisions),
        [
            revision_row(key, 1, row, (), len(each.draft.paragraphs), 0)
            for key, row, each in zip(keys, columns, incoming, strict=True)
        ],
    )
    counts = {
        "paragraphs": sum(len(each.draft.paragraphs) for each in incoming),
        "passages": sum(len(each.passages) for each in incoming),
    }
    totals.add(conn, articles=len(incoming), **counts)
    contents = zip(keys, ids, incoming, strict=True)
    insert_contents(conn, [Content(key, id, 1, each.draft, each.passages) for key, id, each in contents])
    return [Saved(key, id, seq, 1, "created") for key, id, seq in zip(keys, ids, places, strict=True)]


def _keys(conn: Connection, ids: Sequence[str]) -> list[int]:
    query = select(articles.c.id, articles.c.key).where(among(articles.c.id, ids))
    found = {row.id: row.key for row in conn.execute(query)}
    return [found[id] for id in ids]
