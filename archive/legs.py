"""The two searches that a ranking is made of. Each is joined to the database: what an index says of a state that is no longer
the article's is dropped, and what is left is ranked from 1 without gaps."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from archive.standing import Standing
from db import Connection, articles, passages
from db.records import Keys
from embeddings import VectorIndex, Vectors
from lexical import WordIndex, Words

Level = Literal["article", "paragraph"]

Units = NDArray[np.int64]
"""What is ranked, a number each: the article's key, and below it, in ORDINAL_BITS, the paragraph's ordinal + 1, or 0 for the
whole article. So they ascend by article and ordinal."""

ORDINAL_BITS: Final = 24


def units_of(articles: Keys, ordinals: NDArray[np.int64] | int = -1) -> Units:
    """-1 stands for the whole article."""
    found: Units = (articles << ORDINAL_BITS) + (ordinals + 1)
    return found


def unit_of(article: int, ordinal: int) -> int:
    return (article << ORDINAL_BITS) + ordinal + 1


def articles_of(units: Units) -> Keys:
    return units >> ORDINAL_BITS


def ordinals_of(units: Units) -> NDArray[np.int64]:
    return (units & ((1 << ORDINAL_BITS) - 1)) - 1


@dataclass(frozen=True, slots=True)
class Leg:
    """What one search found, best first, none twice. `complete`: nothing that matches lies beyond the depth it was asked for."""

    units: Units
    scores: NDArray[np.float32]
    complete: bool = True
    least: float = 0.0
    """No more than this has what was not found, if all was found."""

    def filled(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """With a number for `nan`, what this search has not found: that of the last that it found, or `least`."""
        return filled(scores, self.least if self.complete or not len(self.scores) else float(self.scores[-1]))

    def scores_of(self, units: Units) -> NDArray[np.float64]:
        """`nan` for those that this search has not found."""
        if not len(self.units):
            return np.full(len(units), np.nan)
        ascending = np.argsort(self.units)
        nearest = ascending[np.searchsorted(self.units[ascending[:-1]], units)]
        return np.where(self.units[nearest] == units, self.scores[nearest].astype(np.float64), np.nan)


def filled(scores: NDArray[np.float64], lowest: float) -> NDArray[np.float64]:
    """With a number for `nan`."""
    return np.where(np.isnan(scores), lowest, scores)


NOTHING: Final = Leg(np.empty(0, np.int64), np.empty(0, np.float32))
"""Of a search that was not asked for."""


def semantic(
    conn: Connection, standing: Standing, index: VectorIndex, query: Vectors, depth: int, among: Keys | None, level: Level
) -> Leg:
    """The articles, or paragraphs, of the nearest passages."""
    hits = index.search(query, depth, groups=among, distinct=level == "article")
    current = standing.current(hits.groups, hits.versions)
    complete = len(hits) < depth
    if level == "article":
        return Leg(units_of(hits.groups[current]), hits.similarities[current], complete)
    stored = passages.by_key(conn, hits.ids[current])
    ordinals = [stored[id].paragraph if id in stored else None for id in hits.ids[current].tolist()]
    return _of_paragraphs(hits.groups[current], ordinals, hits.similarities[current], complete)


def lexical(
    conn: Connection, standing: Standing, index: WordIndex, words: Words, depth: int, among: Keys | None, level: Level
) -> Leg:
    """The articles, or paragraphs, that use the words, by BM25."""
    hits = index.search(words, depth, groups=among)
    current = standing.current(hits.groups, hits.versions)
    complete = hits.total <= depth
    if level == "article":
        return Leg(units_of(hits.groups[current]), hits.scores[current], complete)
    stored = articles.paragraphs_by_key(conn, hits.ids[current])
    ordinals = [stored[id][1].ordinal if id in stored else None for id in hits.ids[current].tolist()]
    return _of_paragraphs(hits.groups[current], ordinals, hits.scores[current], complete)


def _of_paragraphs(groups: Keys, ordinals: list[int | None], scores: NDArray[np.float32], complete: bool) -> Leg:
    """Each paragraph once, with its best score; without those that the database has no more."""
    there = np.array([ordinal is not None for ordinal in ordinals], np.bool_)
    units = units_of(groups[there], np.array([ordinal for ordinal in ordinals if ordinal is not None], np.int64))
    _, first = np.unique(units, return_index=True)
    first.sort()
    return Leg(units[first], scores[there][first], complete)
