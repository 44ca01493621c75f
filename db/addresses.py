"""The addresses of all articles with the forms they are found by, to bring these to a new form."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from db.identity import index_key
from db.tables import articles

_AT_ONCE = 1000
_column = articles.c


class Addresses(NamedTuple):
    """Of the article with that key."""

    key: int
    url: str | None
    canonical_url: str | None
    url_key: str | None
    canonical_key: str | None


def every(conn: Connection) -> Iterator[list[Addresses]]:
    """Of all articles that have any, by and by."""
    query = select(*(_column[name] for name in Addresses._fields)).where(
        _column.url.is_not(None) | _column.canonical_url.is_not(None)
    )
    last = 0
    while found := conn.execute(query.where(_column.key > last).order_by(_column.key).limit(_AT_ONCE)).all():
        yield [Addresses._make(row) for row in found]
        last = found[-1].key


def rekey(conn: Connection, addresses: Iterable[Addresses]) -> None:
    """The articles are found by these keys. No change of an article: `seq` stays."""
    rows = [{"of": each.key, "new_url": _short(each.url_key), "new_canonical": _short(each.canonical_key)} for each in addresses]
    if rows:
        changed = update(articles).where(_column.key == bindparam("of"))
        conn.execute(changed.values(url_key=bindparam("new_url"), canonical_key=bindparam("new_canonical")), rows)


def _short(key: str | None) -> str | None:
    return index_key(key) if key else None
