"""Keeps the stories in step with the indexes: judges what has become searchable, and groups anew what that touches.

One cursor for the whole archive lies in the database and moves in the transaction that writes what it stands for: a crash loses
nothing and repeats at most one step, and doing a step twice changes nothing. Only one process judges at a time.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from archive.clock import now
from archive.story_groups import grouped, named
from archive.story_pairs import Pairs
from db import Connection, changes, stories, story_links, totals
from db.records import Change
from db.story_links import Group, Pair, Progress

if TYPE_CHECKING:
    from archive.archive import Archive

RULES: Final = 1
"""Counts up with each change of what links two articles, or of what makes a story: then all are judged anew."""
AT_ONCE: Final = 32
"""Changes judged in one step."""
MOST: Final = 1000
"""Articles that hang together and are grouped at once; of more, those nearest to what has changed."""
UNSETTLED: Final = 20_000
"""Articles. Up to so many, all are judged a second time whenever there are twice as many: how rare a name is, and which articles
are nearest, is known only then."""


@dataclass(frozen=True, slots=True)
class Step:
    """The next changes to judge, and where that leads."""

    batch: Sequence[Change]
    reached: Progress


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step found: the links of the changed articles, and the stories of all that hang together with them."""

    links: Mapping[Pair, float]
    considered: Collection[int]
    groups: Sequence[Group]
    ended: Collection[int]


class StoryFollower:
    """The stories of one archive."""

    def __init__(self, archive: "Archive") -> None:
        self._archive = archive
        self._pairs = Pairs(archive)

    def follow(self) -> int:
        """Judge the next changes that both indexes know; how many. 0 when there are none, or another process is judging."""
        db = self._archive.db
        with db.read() as conn:
            if self._next(conn) is None:
                return 0
        with db.exclusive("stories", wait=0) as alone:
            if not alone:
                return 0
            with db.read() as conn:
                standing = self._archive.standings.at(conn)
                step = self._next(conn)
                if step is None:
                    return 0
                changed = {change.article for change in step.batch}
                present = [change.article for change in step.batch if not change.deleted]
                before = story_links.links(conn, changed)
                links = self._pairs.of(conn, standing, present, _partners(before))
                outcome = _outcome(conn, changed, before, links)
            with db.write() as conn:
                story_links.relink(conn, changed, outcome.links)
                story_links.settle(conn, outcome.considered, outcome.groups, outcome.ended, now())
                story_links.proceed(conn, step.reached)
        return len(step.batch)

    def catch_up(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Judge all that the indexes know; `progress` is told how many changes are judged, and how many there are."""
        judged = 0
        while count := self.follow():
            judged += count
            if progress:
                progress(judged, judged + self._left())

    def _left(self) -> int:
        """Changes to judge, those of a second time counted."""
        with self._archive.db.read() as conn:
            known = story_links.progress(conn)
            return changes.count_after(conn, known.seq) + max(0, known.until - known.again)

    def _next(self, conn: Connection) -> Step | None:
        """New changes first; then those that are to be judged a second time."""
        indexer = self._archive.indexer
        known, size = story_links.progress(conn), totals.read(conn).articles
        if known.rules != RULES or known.seq > changes.seq(conn):
            known = Progress(rules=RULES)
        searchable = indexer.reached
        if batch := _between(conn, known.seq, searchable):
            beginning = {"articles": size} if known.seq == 0 else {}
            return Step(batch, known._replace(seq=batch[-1].seq, **beginning))
        if known.again >= known.until and 2 * known.articles < size <= UNSETTLED:
            known = known._replace(again=0, until=known.seq, articles=size)
        if batch := _between(conn, known.again, min(known.until, searchable)):
            return Step(batch, known._replace(again=batch[-1].seq))
        if known.again < known.until <= searchable:
            return Step((), known._replace(again=known.until))
        return None


def _between(conn: Connection, after: int, until: int) -> list[Change]:
    if after >= until:
        return []
    return [change for change in changes.after(conn, after, AT_ONCE) if change.seq <= until]


def _partners(links: Mapping[Pair, float]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for one, other in links:
        found[one].add(other)
        found[other].add(one)
    return found


def _outcome(conn: Connection, changed: Collection[int], before: Mapping[Pair, float], links: Mapping[Pair, float]) -> Outcome:
    touched = {*changed, *(end for pair in (*before, *links) for end in pair)}
    considered, among = _hanging_together(conn, touched, changed, links)
    was = stories.of_articles(conn, considered)
    groups, ended = named(grouped(among), was)
    return Outcome(links, considered, groups, ended)


def _hanging_together(
    conn: Connection, touched: set[int], changed: Collection[int], links: Mapping[Pair, float]
) -> tuple[set[int], dict[Pair, float]]:
    """The articles that can be reached from the touched ones by links, with all links among them. `links`: those of the changed
    articles from now on. Where these would be more than MOST, the search ends early, and only whole stories are considered."""
    reached: set[int] = set()
    found = dict(links)
    frontier = touched
    while frontier and (not reached or len(reached) + len(frontier) <= MOST):
        reached |= frontier
        found |= _of_others(story_links.links(conn, frontier), changed)
        frontier = {end for pair in found for end in pair} - reached
    if frontier:
        whole = story_links.members(conn, set(stories.of_articles(conn, reached).values()))
        beyond = {article for articles in whole.values() for article in articles} - reached
        found |= _of_others(story_links.links(conn, beyond), changed)
        reached |= beyond
    return reached, {pair: each for pair, each in found.items() if pair[0] in reached and pair[1] in reached}


def _of_others(links: Mapping[Pair, float], changed: Collection[int]) -> dict[Pair, float]:
    """Without those of the changed articles, as they were before."""
    return {(one, other): each for (one, other), each in links.items() if one not in changed and other not in changed}
