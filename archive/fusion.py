"""One order out of several rankings."""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Final, TypeVar

K: Final = 10
"""Cormack, Clarke and Büttcher (SIGIR 2009) use 60; 10 lets the first places count for more."""

Item = TypeVar("Item", bound=Hashable)


def reciprocal_rank(
    rankings: Sequence[Mapping[Item, int]], weights: Sequence[float] | None = None, k: int = K
) -> dict[Item, float]:
    """Reciprocal rank fusion: score(d) = Σ weight / (k + rank of d), over the rankings that hold d. Ranks count from 1.

    Divided by what the first of all rankings gets, so that a score lies between 0 and 1."""
    weights = weights or [1.0] * len(rankings)
    best = sum(weights) / (k + 1)
    scores: dict[Item, float] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        for item, rank in ranking.items():
            scores[item] = scores.get(item, 0.0) + weight / (k + rank) / best
    return scores


def decay(age_days: float, half_life_days: float, floor: float = 0.3) -> float:
    """What recency leaves of a score: 1 for a new article, falling to `floor` with age."""
    return floor + (1 - floor) * math.exp2(-max(0.0, age_days) / half_life_days)
