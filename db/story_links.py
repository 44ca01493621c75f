"""What stories are made from: how far the change log has been judged, the links between pairs of articles, and the writing."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from sqlalchemy import Connection, delete, func, select, update

from db import meta
from db.dialects import among, insert
from db.identity import new_story_id
from db.records import Moment
from db.tables import articles, stories, story_articles, story_links

_PROGRESS = "stories"

Pair: TypeAlias = tuple[int, int]
"""Two articles, the smaller key first."""


class Progress(NamedTuple):
    """How far the change log has been judged: up to `seq`; and by which `rules`. All is judged a second time as the archive
    grows: what lies between `again` and `until` is still to be, and it began with so many `articles`."""

    seq: int = 0
    again: int = 0
    until: int = 0
    articles: int = 0
    rules: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Articles that belong together, each with its weight. `story`: the one they are, None for a new one. `takes_in`: stories
    that are no more, and led here from now on."""

    story: int | None
    weights: Mapping[int, float]
    takes_in: Sequence[int] = ()


def progress(conn: Connection) -> Progress:
    known = meta.get(conn, _PROGRESS)
    return Progress(*map(int, known.split())) if known else Progress()


def proceed(conn: Connection, reached: Progress) -> None:
    meta.set(conn, _PROGRESS, " ".join(map(str, reached)))


def links(conn: Connection, keys: Iterable[int]) -> dict[Pair, float]:
    """All that any of the articles has with another, those of deleted ones too."""
    pair, listed = story_links.c, list(keys)
    halves = (select(pair.one, pair.other, pair.strength).where(among(side, listed)) for side in (pair.one, pair.other))
    return {(one, other): strength for half in halves for one, other, strength in conn.execute(half)}


def relink(conn: Connection, keys: Collection[int], found: Mapping[Pair, float]) -> None:
    """From now on these are all the links of the articles."""
    for side in (story_links.c.one, story_links.c.other):
        conn.execute(delete(story_links).where(among(side, keys)))
    if found:
        rows = [{"one": one, "other": other, "strength": strength} for (one, other), strength in found.items()]
        conn.execute(insert(conn, story_links), rows)


def members(conn: Connection, chosen: Iterable[int]) -> dict[int, list[int]]:
    """story -> its articles."""
    member = story_articles.c
    found: dict[int, list[int]] = defaultdict(list)
    for story, article in conn.execute(select(member.story, member.article).where(among(member.story, chosen))):
        found[story].append(article)
    return dict(found)


def settle(conn: Connection, considered: Collection[int], groups: Sequence[Group], ended: Collection[int], now: Moment) -> None:
    """These groups are the stories of the considered articles from now on; those of them in no group are in no story. `ended`
    stories are no more. Articles that have been deleted meanwhile are left out."""
    times = _times(conn, considered)
    rows: dict[int, tuple[int, int, float]] = {}
    for group in groups:
        story = _founded(conn, now) if group.story is None else group.story
        _lead(conn, group.takes_in, story)
        rows |= {key: (story, times[key], weight) for key, weight in group.weights.items() if key in times}
    conn.execute(delete(stories).where(among(stories.c.key, ended)))
    _put(conn, considered, rows)


def _times(conn: Connection, keys: Iterable[int]) -> dict[int, int]:
    """When each was published, or else ingested; of those that exist."""
    at = func.coalesce(articles.c.published_micros, articles.c.ingested_micros)
    return dict(conn.execute(select(articles.c.key, at).where(among(articles.c.key, keys))).all())


def _founded(conn: Connection, now: Moment) -> int:
    story: int = conn.execute(insert(conn, stories).values(id=new_story_id(now)).returning(stories.c.key)).scalar_one()
    return story


def _lead(conn: Connection, taken: Sequence[int], story: int) -> None:
    """Whoever asks for one of the stories that were taken in, or for one that those had taken in before, is led to the story."""
    if taken:
        column = stories.c
        led = among(column.key, taken) | among(column.merged_into, taken)
        conn.execute(update(stories).where(led).values(merged_into=story))


def _put(conn: Connection, considered: Collection[int], rows: Mapping[int, tuple[int, int, float]]) -> None:
    """Write what is not so already."""
    member = story_articles.c
    known = select(member.article, member.story, member.at, member.weight).where(among(member.article, considered))
    before = {article: (story, at, weight) for article, story, at, weight in conn.execute(known)}
    changed = {article: row for article, row in rows.items() if before.get(article) != row}
    conn.execute(delete(story_articles).where(among(member.article, [*changed, *(before.keys() - rows.keys())])))
    if changed:
        values = [{"article": article, "story": s, "at": at, "weight": weight} for article, (s, at, weight) in changed.items()]
        conn.execute(insert(conn, story_articles), values)
