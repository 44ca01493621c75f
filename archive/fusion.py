"""One order out of two kinds of evidence: what is meant, and what words are used.

Both are told in units that do not depend on what else was found: a similarity as its place on the model's yardstick, a BM25 score
in standard deviations of what all documents of the archive get for the query. Their weighted sum is the evidence, as in logistic
regression; the score is its logistic function. The weights are of docs/decisions/0012-relevance.md.
"""

from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Number = TypeVar("Number", float, NDArray[np.float64])

MEANING: Final = 3.3
WORDS: Final = 0.22

MIDDLE: Final = 4.0
SPREAD: Final = 1.5
"""Evidence at which the score is one half, and how fast it gets away from that. They do not change the order."""

FEEDBACK: Final = 0.2
"""How much of the query is replaced by its best answers before it is asked again (Rocchio, 1971)."""


def evidence(place: Number, deviations: Number) -> Number:
    """`place` on the yardstick, `deviations` of BM25."""
    return MEANING * place + WORDS * deviations


def score(evidence: Numbers) -> Numbers:
    """0 to 1; the order of one answer and nothing else."""
    return logistic((evidence - MIDDLE) / SPREAD)


def logistic(value: Numbers) -> Numbers:
    limited: Numbers = 1 / (1 + np.exp(-np.clip(value, -50, 50)))
    return limited


def decay(age_days: Numbers, half_life_days: float, floor: float = 0.3) -> Numbers:
    """What recency leaves of a score: 1 for a new article, falling to `floor` with age."""
    left: Numbers = np.exp2(-np.maximum(0.0, age_days) / half_life_days)
    return floor + (1 - floor) * left
