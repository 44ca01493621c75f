"""The candidates of a search, in columns: a thousand are found, ten are looked at."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from archive import fusion
from archive.legs import Leg, Units, articles_of, filled, ordinals_of
from archive.queries import Query
from archive.rankings import Candidate, Rows
from archive.standing import UNDATED, Standing

_DAY_MICROS: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Columns:
    """One row a candidate. `nan` and 0 stand for what a leg has not found. How relevant they are is said in the end."""

    units: Units
    scores: NDArray[np.float64]
    relevance: NDArray[np.float64]
    similarities: NDArray[np.float64]
    semantic_ranks: NDArray[np.int64]
    bm25: NDArray[np.float64]
    lexical_ranks: NDArray[np.int64]
    versions: NDArray[np.int64]
    published: NDArray[np.int64]
    texts: NDArray[np.uint64]

    @classmethod
    def fused(cls, query: Query, semantic: Leg, lexical: Leg, standing: Standing) -> "Columns":
        """Best first; equal ones by article and ordinal."""
        units = np.union1d(semantic.units, lexical.units)
        similarities, semantic_ranks = _placed(semantic, units)
        bm25, lexical_ranks = _placed(lexical, units)
        scores = fusion.score(query.evidence(semantic.filled(similarities), lexical.filled(bm25)))
        order = np.argsort(-scores, kind="stable")
        units = units[order]
        keys = articles_of(units)
        return cls(
            units=units,
            scores=scores[order],
            relevance=np.zeros(len(units)),
            similarities=similarities[order],
            semantic_ranks=semantic_ranks[order],
            bm25=bm25[order],
            lexical_ranks=lexical_ranks[order],
            versions=standing.versions[keys],
            published=standing.published[keys],
            texts=standing.texts[keys],
        )

    def __len__(self) -> int:
        return len(self.units)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Columns":
        return Columns(
            self.units[rows],
            self.scores[rows],
            self.relevance[rows],
            self.similarities[rows],
            self.semantic_ranks[rows],
            self.bm25[rows],
            self.lexical_ranks[rows],
            self.versions[rows],
            self.published[rows],
            self.texts[rows],
        )

    def best_first(self) -> "Columns":
        return self.take(np.lexsort((self.units, -self.scores)))

    def asked_again(self, query: Query, again: Leg, first: int) -> "Columns":
        """The first so many in the order that the leg gives them together with their words; the rest follows as it was."""
        units, bm25 = self.units[:first], self.bm25[:first]
        better = fusion.score(query.evidence(again.filled(again.scores_of(units)), filled(bm25, 0.0)))
        scores = np.minimum(self.scores, better.min(initial=1.0))
        scores[:first] = better
        order = np.arange(len(scores))
        order[:first] = np.lexsort((units, -better))
        return replace(self, scores=scores).take(order)

    def aged(self, half_life: float, now: int) -> "Columns":
        """By scores that fall with age; an undated article counts as old. `half_life` in days, `now` in microseconds."""
        days = np.where(self.published == UNDATED, np.inf, (now - self.published) / _DAY_MICROS)
        return replace(self, scores=self.scores * fusion.decay(days, half_life)).best_first()

    def by_date(self, *, newest_first: bool) -> "Columns":
        """Undated ones last."""
        dates = -self.published if newest_first else self.published
        return self.take(np.lexsort((self.units, dates, self.published == UNDATED)))


def _placed(leg: Leg, units: Units) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The leg's scores and ranks, beside the units (ascending)."""
    scores, ranks = np.full(len(units), np.nan), np.zeros(len(units), np.int64)
    places = np.searchsorted(units, leg.units)
    scores[places] = leg.scores
    ranks[places] = np.arange(1, len(places) + 1)
    return scores, ranks


class Candidates(Rows):
    """A ranking of columns; its rows become objects when they are looked at. `everything` has the copies too, best first."""

    def __init__(self, columns: Columns, everything: Columns) -> None:
        self.columns = columns
        self.everything = everything

    def __len__(self) -> int:
        return len(self.columns)

    def row(self, number: int) -> Candidate:
        held = self.columns
        unit = held.units[number]
        ordinal = int(ordinals_of(unit))
        semantic_rank, lexical_rank = int(held.semantic_ranks[number]), int(held.lexical_ranks[number])
        return Candidate(
            article=int(articles_of(unit)),
            seq=int(held.versions[number]),
            ordinal=None if ordinal < 0 else ordinal,
            similarity=float(held.similarities[number]) if semantic_rank else None,
            semantic_rank=semantic_rank or None,
            bm25=float(held.bm25[number]) if lexical_rank else None,
            lexical_rank=lexical_rank or None,
            relevance=float(held.relevance[number]),
            score=float(held.scores[number]),
            also=self._copies(number) if self.everything is not held else (),
        )

    def _copies(self, number: int) -> tuple[int, ...]:
        everything = self.everything
        same = articles_of(everything.units[everything.texts == self.columns.texts[number]])
        return tuple(same[same != articles_of(self.columns.units[number])].tolist())
