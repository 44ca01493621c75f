"""Many new articles at once: a dozen statements for all of them, instead of a dozen for each."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Connection, and_, func, insert, select

from db import aliases, changes, identity, totals
from db.content import Content, article_columns, insert_contents, revision_row
from db.dialects import among
from db.incoming import Incoming
from db.records import Moment, Saved
from db.tables import articles, revisions

NAMELESS = and_(*(func.coalesce(articles.c[name], "") == "" for name in ("url", "canonical_url", "external_id")))
"""As `identity.is_nameless`, of what is stored."""

_Sign = tuple[str, str]
"""What an article is known by: the kind, and the value."""


def strangers(conn: Connection, incoming: Sequence[Incoming]) -> list[bool]:
    """Which of them cannot be a version of any article that is stored, or that comes before them."""
    signs = [set(_signs(each)) for each in incoming]
    known = set(_known(conn, [sign for some in signs for sign in some]))
    known |= set(_stored_texts(conn, [each for each, some in zip(incoming, signs, strict=True) if known.isdisjoint(some)]))
    shown = [_shown(each) for each in incoming] if any(identity.is_nameless(each.draft) for each in incoming) else None
    found = []
    for at, each in enumerate(incoming):
        found.append(known.isdisjoint(signs[at]) and known.isdisjoint(_sought(each)))
        known |= signs[at] | (shown[at] if shown else set())
    return found


def _signs(incoming: Incoming) -> Iterator[_Sign]:
    yield "sha256", incoming.sha256
    yield from ((name.kind, name.key) for name in (*incoming.names, *incoming.further))


def _sought(incoming: Incoming) -> set[_Sign]:
    """What an article shows that this one may be a version of for its title and text: any article, if this one has no name, else
    only one that has none."""
    return _text_signs(incoming, "any" if identity.is_nameless(incoming.draft) else "nameless")


def _shown(incoming: Incoming) -> set[_Sign]:
    return _text_signs(incoming, "any", *(("nameless",) if identity.is_nameless(incoming.draft) else ()))


def _text_signs(incoming: Incoming, *kinds: str) -> set[_Sign]:
    if not identity.is_telling(incoming.draft):
        return set()
    return {(kind, f"{incoming.text_sha256} {incoming.draft.title}") for kind in kinds}


def _stored_texts(conn: Connection, incoming: Sequence[Incoming]) -> Iterator[_Sign]:
    """What the stored articles show that have a text of these."""
    column = articles.c
    texts = [each.text_sha256 for each in incoming if identity.is_telling(each.draft)]
    query = select(column.text_sha256, column.title, NAMELESS).where(among(column.text_sha256, texts))
    for text, title, nameless in conn.execute(query) if texts else ():
        yield "any", f"{text} {title}"
        if nameless:
            yield "nameless", f"{text} {title}"


def _known(conn: Connection, signs: Iterable[_Sign]) -> Iterator[_Sign]:
    column = articles.c
    columns = {"sha256": (column.sha256,), "ext": (column.ext_key,), "url": (column.url_key, column.canonical_key)}
    asked: dict[str, list[str]] = {kind: [] for kind in columns}
    for kind, value in signs:
        asked[kind].append(value)
    for kind, values in asked.items():
        for each in columns[kind] if values else ():
            yield from ((kind, value) for value in _present(conn, each, values))
    for name in ("url", "ext"):
        if asked[name]:
            yield from ((name, value) for value in aliases.present(conn, name, asked[name]))


def _present(conn: Connection, column: Column[Any], values: Sequence[str]) -> Sequence[str]:
    return conn.execute(select(column).where(among(column, values))).scalars().all()


def create_many(conn: Connection, incoming: Sequence[Incoming], now: Moment) -> list[Saved]:
    """New articles, in their order on the clock. Raises NotStorable; the caller has made sure that they are `strangers`."""
    ids = [identity.new_article_id(now) for _ in incoming]
    last = changes.tick(conn, len(incoming))
    places = range(last - len(incoming) + 1, last + 1)
    columns = [article_columns(each, now) for each in incoming]
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
    aliases.remember(conn, [(key, name) for key, each in zip(keys, incoming, strict=True) for name in each.others])
    return [Saved(key, id, seq, 1, "created") for key, id, seq in zip(keys, ids, places, strict=True)]


def _keys(conn: Connection, ids: Sequence[str]) -> list[int]:
    query = select(articles.c.id, articles.c.key).where(among(articles.c.id, ids))
    found = {row.id: row.key for row in conn.execute(query)}
    return [found[id] for id in ids]
