"""Lists of articles in pages that stay in step while articles come and go: each begins after the last one's end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from sqlalchemy import Column, Connection, Row, Select, literal, select, tuple_

from db.filters import where
from db.records import Filters
from db.tables import articles

_COLUMNS: Mapping[str, Column[Any]] = MappingProxyType(
    {
        "published_at": articles.c.published_micros,
        "modified_at": articles.c.modified_micros,
        "ingested_at": articles.c.ingested_micros,
        "updated_at": articles.c.updated_micros,
        "title": articles.c.title_sort,
    }
)
SORTS = (*_COLUMNS, *(f"-{name}" for name in _COLUMNS))
"""What a list may be sorted by; a minus puts the greatest first."""

After: TypeAlias = tuple[Any, int]
"""Where a page ended: the value sorted by (int, str or None) and the key."""


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """The keys of its articles. `after` is where the next page begins, None when this is the last."""

    keys: list[int]
    after: After | None


def page(conn: Connection, filters: Filters, *, sort: str, limit: int, after: After | None) -> ArticlePage:
    """The next `limit` articles in order of `sort` (one of SORTS), equal ones by key; those that lack the value come last,
    whichever the direction. Raises ValueError for any other sort."""
    if sort not in SORTS:
        raise ValueError(f"cannot sort by {sort!r}: one of {', '.join(SORTS)}")
    column, descending = _COLUMNS[sort.removeprefix("-")], sort.startswith("-")
    query = select(articles.c.key, column.label("sorted")).where(*where(filters))
    having, lacking = (query.where(condition) for condition in (column.is_not(None), column.is_(None)))
    past_having = after is not None and after[0] is None
    found = [] if past_having else _stretch(conn, having, (column, articles.c.key), descending, limit + 1, after)
    if column.nullable and len(found) <= limit:
        begin = after[1:] if after is not None and past_having else None
        found += _stretch(conn, lacking, (articles.c.key,), descending, limit + 1 - len(found), begin)
    last = found[limit - 1] if len(found) > limit else None
    return ArticlePage([row.key for row in found[:limit]], None if last is None else (last.sorted, last.key))


def _stretch(
    conn: Connection,
    query: Select[Any],
    order: tuple[Column[Any], ...],
    descending: bool,
    limit: int,
    after: Sequence[Any] | None,
) -> list[Row[Any]]:
    """The rows after `after`, in an order that an index has as it stands, forwards or backwards."""
    if after is not None:
        place, end = tuple_(*order), tuple_(*(literal(value, column.type) for value, column in zip(after, order, strict=True)))
        query = query.where(place < end if descending else place > end)
    ordered = query.order_by(*(column.desc() if descending else column for column in order))
    return list(conn.execute(ordered.limit(limit)))
