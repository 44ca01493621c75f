"""Which stored article is meant: by a ref, or by a draft that may be a version of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import BindParameter, ColumnElement, Connection, Select, and_, bindparam, or_, select

from db import aliases, identity
from db.aliases import Name
from db.creating import NAMELESS
from db.dialects import among
from db.incoming import Incoming, names_of
from db.tables import articles, originals

RefKind = Literal["id", "url", "ext", "sha256"]


@dataclass(frozen=True, slots=True)
class Known:
    """What a stored article is recognised by."""

    key: int
    id: str
    seq: int
    revision: int
    sha256: str
    text_sha256: str
    title: str
    source: str | None
    external_id: str | None
    url: str | None
    url_key: str | None
    canonical_url: str | None
    canonical_key: str | None

    @property
    def names(self) -> list[Name]:
        """Its present ones."""
        return list(names_of(self, self.url_key, self.canonical_key))


def known(conn: Connection, key: int) -> Known | None:
    row = conn.execute(_KNOWN, {"key": key}).one_or_none()
    return None if row is None else Known(*row)


def find(conn: Connection, kind: RefKind, value: str) -> list[int]:
    """The keys of the articles that a reference names, oldest first; where none has it as its present name, those that had it.

    A `url` is a normalised one; an `ext` is what `identity.ext_key` makes; a `sha256` that of content, text or original."""
    if not identity.is_storable(value):
        return []
    if kind not in ("url", "ext"):
        return list(conn.execute(_NAMED[kind], {"value": value}).scalars())
    key = identity.index_key(value)
    return list(conn.execute(_NAMED[kind], {"value": key}).scalars()) or aliases.leading_to(conn, kind, [key])


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
_KNOWN = select(*(articles.c[name] for name in Known.__dataclass_fields__)).where(articles.c.key == bindparam("key"))
_CONTENT = select(articles.c.key).where(articles.c.sha256 == _VALUE).order_by(articles.c.key).limit(1)


def identify(conn: Connection, incoming: Incoming) -> int | None:
    """The key of the stored article that the draft is a version of.

    By the source's own id; else by an address, unless both have ids of their own that differ; present names before former ones.
    Else by equal content; else by equal title and text, where these are telling and one of the two has no name at all."""
    return next(_candidates(conn, incoming), None)


def _candidates(conn: Connection, incoming: Incoming) -> Iterator[int]:
    draft = incoming.draft
    if draft.external_id:
        yield from find(conn, "ext", identity.ext_key(draft.source, draft.external_id))
    addresses = [name.key for name in (*incoming.names, *incoming.further) if name.kind == "url"]
    for key in addresses:
        yield from _of_one_id(conn, draft.external_id, conn.execute(_NAMED["url"], {"value": key}).scalars().all())
    if addresses:
        yield from _of_one_id(conn, draft.external_id, aliases.leading_to(conn, "url", addresses))
    yield from conn.execute(_CONTENT, {"value": incoming.sha256}).scalars()
    yield from _of_one_text(conn, incoming)


def _of_one_id(conn: Connection, id: str | None, keys: Sequence[int]) -> Iterator[int]:
    """Those of the articles whose own id is no other. Under which name of its source an id was given makes no difference where
    the address is the same: a feed and a page of one publisher seldom call it by one name."""
    if not id:
        yield from keys
    elif keys:
        query = select(articles.c.key).where(among(articles.c.key, keys))
        same = or_(articles.c.external_id.is_(None), articles.c.external_id == "", articles.c.external_id == id)
        yield from conn.execute(query.where(same).order_by(articles.c.key)).scalars()


def _of_one_text(conn: Connection, incoming: Incoming) -> Iterator[int]:
    draft, column = incoming.draft, articles.c
    if identity.is_telling(draft):
        same = and_(column.text_sha256 == incoming.text_sha256, column.title == draft.title)
        query = select(column.key).where(same if identity.is_nameless(draft) else same & NAMELESS)
        yield from conn.execute(query.order_by(column.key).limit(1)).scalars()
