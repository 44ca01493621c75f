"""An article is known by its company: what lies near the best candidates moves up, as in relevance feedback (Rocchio, 1971) where
the first answers are taken for right."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from embeddings import Vectors, product

FIRST: Final = 3
WEIGHT: Final = 0.3
"""Measured in docs/decisions/0014-relations.md; with more, the lists of a subject gain and those of a single event lose."""


def in_company(scores: NDArray[np.float64], middles: Vectors) -> NDArray[np.float64]:
    """`scores` best first; `middles` (some, dimension), unit length, of the first of them. Those that follow gain the least."""
    if not len(middles):
        return scores
    near = product(middles, middles[:FIRST]).mean(axis=1, dtype=np.float64)
    gains: NDArray[np.float64] = np.append(near, np.full(len(scores) - len(near), near.min()))
    return scores + WEIGHT * gains
