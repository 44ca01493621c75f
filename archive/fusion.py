"""One order out of several rankings."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

K: Final = 10
"""Cormack, Clarke and Büttcher (SIGIR 2009) use 60; 10 lets the first places count for more."""

Items = NDArray[np.int64]
"""Numbers of what is ranked, none twice, best first."""


def reciprocal_rank(
    rankings: Sequence[Items], weights: Sequence[float] | None = None, k: int = K
) -> tuple[Items, NDArray[np.float64]]:
    """Reciprocal rank fusion: score(d) = Σ weight / (k + rank of d), over the rankings that hold d. Ranks count from 1.

    All items, ascending, with their scores, divided by what the first of all rankings gets: they lie between 0 and 1."""
    weights = weights or [1.0] * len(rankings)
    items = np.unique(np.concatenate(rankings)) if rankings else np.empty(0, np.int64)
    scores = np.zeros(len(items))
    for ranking, weight in zip(rankings, weights, strict=True):
        scores[np.searchsorted(items, ranking)] += weight / (k + np.arange(1, len(ranking) + 1))
    return items, scores * ((k + 1) / sum(weights))


def decay(age_days: NDArray[np.float64], half_life_days: float, floor: float = 0.3) -> NDArray[np.float64]:
    """What recency leaves of a score: 1 for a new article, falling to `floor` with age."""
    left: NDArray[np.float64] = np.exp2(-np.maximum(0.0, age_days) / half_life_days)
    return floor + (1 - floor) * left
