"""Which articles make a story, decided from the links between pairs of them: a function of the links alone, whichever came first.

Groups grow by average linkage (Sokal and Michener 1958), the strongest bond first: two of them join while the links between them
are strong on average, a pair without a link counting as nothing. So a group does not grow along a chain of pairs that each have
something in common, as it does where a single link is enough.

An article is compared with its nearest only. One that has links with most of those has been set beside too few: of two such
articles it is not known that they have no link, and their pair does not count.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from db.story_links import Group, Pair

JOINING: Final = 0.4
"""Mean strength from which on two groups are one; measured in docs/decisions/0015-stories.md."""
MANY: Final = 24
"""Links of an article from which on it may have more than were found: three of four candidates."""
FEW: Final = 6
"""Links for each article of the smaller group that are asked for at least, if there could be so many: a few do not join two large
groups, however little is known of the others."""


def grouped(links: Mapping[Pair, float]) -> list[dict[int, float]]:
    """The groups of two and more, each with the weights of its articles: the strength of its links within the group."""
    bonds = _Bonds(links)
    while pair := bonds.strongest():
        bonds.join(*pair)
    return _weighed([members for members in bonds.members.values() if len(members) > 1], links)


def _weighed(groups: Sequence[Sequence[int]], links: Mapping[Pair, float]) -> list[dict[int, float]]:
    place = {article: number for number, members in enumerate(groups) for article in members}
    weights = [dict.fromkeys(sorted(members), 0.0) for members in groups]
    for (one, other), strength in links.items():
        if one in place and place[one] == place.get(other):
            weights[place[one]][one] += strength
            weights[place[one]][other] += strength
    return [{article: round(weight, 6) for article, weight in each.items()} for each in weights]


class _Bonds:
    """What holds groups together: for two groups with any link the sum of the strengths, how many links that is, and how many of
    them are between two articles with many."""

    def __init__(self, links: Mapping[Pair, float]) -> None:
        self.members: dict[int, list[int]] = {article: [article] for pair in links for article in pair}
        degrees = Counter(article for pair in links for article in pair)
        self._with_many = {article: int(degree >= MANY) for article, degree in degrees.items()}
        self._between: dict[int, dict[int, tuple[float, int, int]]] = defaultdict(dict)
        for (one, other), strength in links.items():
            bond = strength, 1, self._with_many[one] * self._with_many[other]
            self._between[one][other] = self._between[other][one] = bond
        self._waiting = [(-self._mean(one, other), one, other) for one, other in links]
        heapq.heapify(self._waiting)

    def _mean(self, one: int, other: int) -> float:
        total, count, unsure = self._between[one][other]
        sizes = len(self.members[one]), len(self.members[other])
        pairs = sizes[0] * sizes[1]
        known = pairs - self._with_many[one] * self._with_many[other] + unsure
        return total / max(known, count, min(pairs, FEW * min(sizes)))

    def strongest(self) -> Pair | None:
        """The two groups that belong together most; None when no two are close enough."""
        while self._waiting:
            weak, one, other = heapq.heappop(self._waiting)
            if -weak < JOINING:
                return None
            if other in self._between.get(one, ()) and self._mean(one, other) == -weak:
                return one, other
        return None

    def join(self, one: int, other: int) -> None:
        """`other` becomes a part of `one`."""
        self.members[one] += self.members.pop(other)
        self._with_many[one] += self._with_many.pop(other)
        del self._between[one][other]
        for third, bond in self._between.pop(other).items():
            if third != one:
                del self._between[third][other]
                both = _added(bond, self._between[one].get(third, (0.0, 0, 0)))
                self._between[one][third] = self._between[third][one] = both
        for third in self._between[one]:
            pair = min(one, third), max(one, third)
            heapq.heappush(self._waiting, (-self._mean(*pair), *pair))


def _added(one: tuple[float, int, int], other: tuple[float, int, int]) -> tuple[float, int, int]:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def named(groups: Iterable[Mapping[int, float]], before: Mapping[int, int]) -> tuple[list[Group], list[int]]:
    """The groups, each as the story it was, and the stories that are no more. `before`: article -> story.

    A group keeps the story of which it has most articles, the older one where it has as many of two, and no two groups keep the
    same. A story that no group keeps is taken in by the group that has most of its articles, if any has one."""
    found = list(groups)
    shares: Counter[tuple[int, int]] = Counter()
    for place, weights in enumerate(found):
        shares.update((place, before[article]) for article in weights if article in before)
    kept: dict[int, int] = {}
    taken: dict[int, int] = {}
    ranked = sorted(shares, key=lambda share: (-shares[share], share[1], min(found[share[0]])))
    for place, story in ranked:
        if place not in kept and story not in kept.values():
            kept[place] = story
    for place, story in ranked:
        if story not in kept.values():
            taken.setdefault(story, place)
    ended = sorted(set(before.values()) - set(kept.values()) - taken.keys())
    takes_in = {place: [story for story, by in taken.items() if by == place] for place in taken.values()}
    return [Group(kept.get(place), weights, takes_in.get(place, ())) for place, weights in enumerate(found)], ended
