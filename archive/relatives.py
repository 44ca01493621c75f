"""A ranking of related articles in columns: hundreds are compared, ten are looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from archive.collapsing import Collapsed
from archive.likeness import Likeness
from archive.rankings import Candidate, Rows
from archive.standing import NO_SERIES
from db.records import Keys


@dataclass(frozen=True, slots=True)
class Relatives(Rows):
    """Best first; its rows become objects when they are looked at. `also`: the copies that an article stands for."""

    articles: Keys
    versions: Keys
    similarity: NDArray[np.float64]
    relevance: NDArray[np.float64]
    scores: NDArray[np.float64]
    also: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def ranked(cls, found: Likeness, relevance: NDArray[np.float64], scores: NDArray[np.float64]) -> "Relatives":
        """By score; equal ones by article."""
        return cls(found.groups, found.versions, found.similarity, relevance, scores).by_score(scores)

    def by_score(self, scores: NDArray[np.float64]) -> "Relatives":
        """With these scores, the best first."""
        return replace(self, scores=scores).take(np.lexsort((self.articles, -scores)))

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Relatives":
        return Relatives(
            self.articles[rows],
            self.versions[rows],
            self.similarity[rows],
            self.relevance[rows],
            self.scores[rows],
            self.also,
        )

    def rescored(self, rows: NDArray[np.int64], scores: NDArray[np.float64]) -> "Relatives":
        """The rows in this order, with these scores."""
        return replace(self.take(rows), scores=scores)

    def collapsed(self, copies: Collapsed) -> "Relatives":
        """Those that stand in the list, with the others beside them."""
        keys = self.articles.tolist()
        also = {keys[row]: tuple(keys[other] for other in others) for row, others in copies.also.items()}
        return replace(self.take(copies.stand), also=also)

    def within(self, at_most: int, series: NDArray[np.int32]) -> "Relatives":
        """The first `at_most` of each series; `series` (rows,) has a number for each."""
        order = np.argsort(series, kind="stable")
        _, first, counts = np.unique(series[order], return_index=True, return_counts=True)
        places = np.empty(len(self), np.int64)
        places[order] = np.arange(len(self)) - np.repeat(first, counts)
        return self.take((series == NO_SERIES) | (places < at_most))

    def __len__(self) -> int:
        return len(self.articles)

    def row(self, number: int) -> Candidate:
        key = int(self.articles[number])
        return Candidate(
            article=key,
            seq=int(self.versions[number]),
            similarity=float(self.similarity[number]),
            relevance=float(self.relevance[number]),
            score=float(self.scores[number]),
            also=self.also.get(key, ()),
        )
