"""How strongly two articles speak for being of one story: the candidates for an article, and the links among them."""

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from archive.alignment import Passages, aligned
from archive.profiles import Profiles, beside
from archive.relations import FORM, VERSION_DAYS, Signals, same_story, sameness
from archive.shelf import Shelf
from archive.standing import UNDATED, Standing
from db import Connection
from db.records import Keys, Vectors
from db.story_links import Pair

if TYPE_CHECKING:
    from archive.archive import Archive

CANDIDATES: Final = 32
"""Nearest articles that are looked at."""
ALIKE: Final = 0.5
"""Mean cosine of the passages that meet, below which two articles are no reports of one event; those of ecbplus_events are below
it in one of twenty pairs, and pages of one guide in most."""
LINKED: Final = 0.5
"""Strength below which there is no link."""
FADING_DAYS: Final = 10.0
"""A pair's strength fades with the days between them, as a normal curve of this deviation does: to 0.78 in a week, 0.14 in 20
days. A story may last longer; its reports have others between them."""
PRESUMED: Final = 2000
"""Articles. In fewer, the reports of an event are so many of all that its names would count as common."""
WINDOW_MICROS: Final = 20 * 86_400_000_000
"""So far apart, two articles that are not one text would need more in common than there is to have."""


def strength(signals: Signals) -> float:
    """How strongly the two speak for being of one story; 0 where they do not."""
    if same_story(signals):
        return max(LINKED, sameness(signals))
    apart = abs(signals.days or 0.0)
    is_form = signals.resemblance >= FORM and apart > VERSION_DAYS
    if signals.alike < ALIKE or signals.numbered_apart or is_form:
        return 0.0
    return sameness(signals) * math.exp(-((apart / FADING_DAYS) ** 2) / 2)


class Pairs:
    """Finds the links of articles. Keeps what it has read of those it met lately."""

    def __init__(self, archive: "Archive") -> None:
        self._archive = archive
        self._profiles = Profiles(Shelf(0))  # what is met here is not what people look at

    def of(self, conn: Connection, standing: Standing, keys: Iterable[int], known: Mapping[int, set[int]]) -> dict[Pair, float]:
        """All links of the articles with the nearest ones, and with those that are `known` to have had one with them."""
        found: dict[Pair, float] = {}
        for key in self._archive.courtesy.between(keys):
            found |= self._of_one(conn, standing, key, known.get(key, set()))
        return found

    def _of_one(self, conn: Connection, standing: Standing, key: int, known: set[int]) -> dict[Pair, float]:
        vectors = self._archive.indexer.vectors.index.entries([key]).vectors
        if not len(vectors):
            return {}
        seed = Passages(vectors, np.ones(len(vectors), np.float32))
        alike = self._alike(seed, self._near(standing, key, seed.middle) | known - {key})
        states = {each: int(standing.versions[each]) for each in (key, *alike) if each < len(standing.versions)}
        profiles = self._profiles.of(conn, states.items())
        own = profiles.pop(key, None)
        if own is None or not profiles:
            return {}
        spelled = " ".join((own.spelled, *(profile.spelled for profile in profiles.values())))
        words = self._archive.indexer.words.articles
        rarity = _rarer(words.weights([spelled])[0], len(words))
        strengths = {other: strength(beside(own, profile, alike[other], rarity)) for other, profile in profiles.items()}
        return {(min(key, other), max(key, other)): round(s, 6) for other, s in strengths.items() if s >= LINKED}

    def _near(self, standing: Standing, key: int, middle: Vectors) -> set[int]:
        """The nearest of those that were published about the same time, or at a time unknown."""
        hits = self._archive.indexer.vectors.index.search(
            middle, CANDIDATES + 1, groups=_about_the_time(standing, key), distinct=True
        )
        return set(hits.groups.tolist()) - {key}

    def _alike(self, seed: Passages, others: set[int]) -> dict[int, float]:
        """Those of the others that are alike enough, and how alike they are."""
        index = self._archive.indexer.vectors.index
        products = index.products(seed.vectors, np.array(sorted(others), np.int64))
        if not len(products.groups):
            return {}
        pairs = zip(products.groups.tolist(), aligned(seed, products).tolist(), strict=True)
        return {other: cosine for other, cosine in pairs if cosine >= ALIKE}


def _rarer(weights: Mapping[str, float], articles: int) -> Mapping[str, float]:
    """The idf of words, as they would be in an archive of so many that stories are a small part of it: a name that is rare here
    would be rarer by as much as that is larger, a word that is common here would be common."""
    more = math.log(PRESUMED / max(1, articles))
    return weights if more <= 0 else {word: idf + more * min(1.0, idf / 2) for word, idf in weights.items()}


def _about_the_time(standing: Standing, key: int) -> Keys | None:
    """None for all."""
    published = standing.published
    if key >= len(published) or published[key] == UNDATED:
        return None
    apart = np.abs(published - published[key])
    return np.flatnonzero((apart <= WINDOW_MICROS) | (published == UNDATED))
