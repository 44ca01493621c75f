"""Stories as they are read: lists, timelines, and which one an article is in. How they come about: db.story_links."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, Select, func, literal, select, tuple_

from db.dialects import among
from db.filters import where
from db.records import Filters, Moment
from db.rows import moment
from db.tables import articles, stories, story_articles

_SORTED_BY = MappingProxyType({"active_at": "active", "articles": "size"})
SORTS = (*_SORTED_BY, *(f"-{name}" for name in _SORTED_BY))
"""What a list may be sorted by; a minus puts the greatest first."""

After: TypeAlias = tuple[int, int]
"""Where a page ended: the value sorted by, or the time, and the key."""


class Story(NamedTuple):
    """Of those of its articles that a filter lets through."""

    key: int
    id: str
    size: int
    active: Moment
    """When the latest of them was published, or else ingested."""
    first: Moment | None
    """When the first of those with a date was published."""
    last: Moment | None
    representative: int
    """The article that the others of the whole story have most in common with."""


@dataclass(frozen=True, slots=True)
class StoryPage:
    items: list[Story]
    count: int
    after: After | None


def page(conn: Connection, filters: Filters, *, sort: str, at_least: int, limit: int, after: After | None) -> StoryPage:
    """The next `limit` stories of which at least so many articles pass the filters, in order of `sort` (one of SORTS), equal
    ones by key. Raises ValueError for any other sort."""
    if sort not in SORTS:
        raise ValueError(f"cannot sort by {sort!r}: one of {', '.join(SORTS)}")
    sized = _sized(filters, at_least).subquery()
    column, descending = sized.c[_SORTED_BY[sort.removeprefix("-")]], sort.startswith("-")
    count: int = conn.execute(select(func.count()).select_from(sized)).scalar_one()
    query = select(sized.c.story, column.label("sorted"))
    if after is not None:
        place, end = tuple_(column, sized.c.story), tuple_(*map(literal, after))
        query = query.where(place < end if descending else place > end)
    ordered = query.order_by(*(each.desc() if descending else each for each in (column, sized.c.story)))
    found = conn.execute(ordered.limit(limit + 1)).all()
    shown = described(conn, [story for story, _ in found[:limit]], filters)
    last = found[limit - 1] if len(found) > limit else None
    return StoryPage([shown[story] for story, _ in found[:limit]], count, None if last is None else (last.sorted, last.story))


def _sized(filters: Filters, at_least: int) -> Select[Any]:
    """An undated article says nothing of when a story was active that has dated ones."""
    member, size = story_articles.c, func.count()
    active = func.coalesce(func.max(articles.c.published_micros), func.max(member.at))
    query = select(member.story, size.label("size"), active.label("active")).join_from(story_articles, articles)
    return query.where(*where(filters)).group_by(member.story).having(size >= at_least)


def described(conn: Connection, keys: Sequence[int], filters: Filters) -> dict[int, Story]:
    """Those of the stories of which any article passes the filters."""
    member, column = story_articles.c, articles.c
    chosen = select(
        member.story, stories.c.id, member.article, member.at, member.weight, column.published_text, column.published_micros
    ).join_from(story_articles, articles).join(stories, stories.c.key == member.story)  # fmt: skip
    found = conn.execute(chosen.where(among(member.story, keys), *where(filters)).order_by(member.at, member.article)).all()
    of_story: dict[int, list[Any]] = {}
    for row in found:
        of_story.setdefault(row.story, []).append(row)
    return {key: _described(rows) for key, rows in of_story.items()}


def _described(rows: Sequence[Any]) -> Story:
    dated = sorted((row for row in rows if row.published_micros is not None), key=lambda row: row.published_micros)
    dates = [moment(row.published_text, row.published_micros) for row in dated]
    return Story(
        key=rows[0].story,
        id=rows[0].id,
        size=len(rows),
        active=Moment.at(dated[-1].published_micros if dated else rows[-1].at),
        first=dates[0] if dates else None,
        last=dates[-1] if dates else None,
        representative=max(rows, key=lambda row: (row.weight, -row.article)).article,
    )


def timeline(conn: Connection, story: int, *, limit: int, after: After | None) -> tuple[list[int], After | None]:
    """The keys of the next `limit` articles of the story in order of time, and where the page after begins."""
    member = story_articles.c
    query = select(member.at, member.article).where(member.story == story).order_by(member.at, member.article)
    if after is not None:
        query = query.where(tuple_(member.at, member.article) > tuple_(*map(literal, after)))
    found = conn.execute(query.limit(limit + 1)).all()
    end = found[limit - 1] if len(found) > limit else None
    return [key for _, key in found[:limit]], None if end is None else (end.at, end.article)


def find(conn: Connection, id: str) -> int | None:
    """The story of that id, or the one that has taken it in."""
    query = select(func.coalesce(stories.c.merged_into, stories.c.key)).where(stories.c.id == id)
    found: int | None = conn.execute(query).scalar_one_or_none()
    return found


def of_articles(conn: Connection, keys: Iterable[int]) -> Mapping[int, int]:
    """article -> story, of those that are in one."""
    member = story_articles.c
    return dict(conn.execute(select(member.article, member.story).where(among(member.article, keys))).all())
