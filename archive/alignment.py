"""How alike two articles are, passage against passage.

For each passage of one the best match in the other, averaged by length, and the same the other way: the symmetric mean of
best-match cosines, as BERTScore (Zhang et al., ICLR 2020) does it with words.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from db.records import Keys
from embeddings import Products, VectorIndex, Vectors


@dataclass(frozen=True, slots=True)
class Passages:
    """`vectors` (n, dimension) unit length, n at least 1, and `tokens` (n,)."""

    vectors: Vectors
    tokens: NDArray[np.float32]

    @property
    def middle(self) -> Vectors:
        """(dimension,), unit length; the zero vector if they cancel each other out."""
        total = self.vectors.sum(axis=0)
        middle: Vectors = total / max(float(np.linalg.norm(total)), 1e-12)
        return middle


def aligned(seed: Passages, found: Products) -> NDArray[np.float64]:
    """(groups,): how alike the seed and each group are; `found` has the products with the seed's vectors."""
    forth = seed.tokens @ found.best() / seed.tokens.sum()
    back = np.add.reduceat(found.values.max(axis=0), found.starts) / found.sizes()
    alike: NDArray[np.float64] = (forth + back) / 2
    return alike


def middles(index: VectorIndex, groups: Keys) -> Vectors:
    """(groups, dimension): the middle of each group's vectors, unit length; zeros for one without any."""
    found = np.zeros((len(groups), index.dimension), np.float32)
    entries = index.entries(groups.tolist())
    if len(entries.ids):
        starts = np.flatnonzero(np.diff(entries.groups, prepend=-1))
        sums = np.add.reduceat(entries.vectors, starts, axis=0)
        sums /= np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
        held = entries.groups[starts]
        there = np.isin(groups, held)
        found[there] = sums[np.searchsorted(held, groups[there])]
    return found


def best_pairs(seed: Vectors, other: Vectors, most: int) -> list[tuple[int, int, float]]:
    """(row of seed, row of other, cosine) of the closest pairs, no row twice."""
    cosines = seed @ other.T
    pairs: list[tuple[int, int, float]] = []
    while len(pairs) < min(most, *cosines.shape):
        row, column = np.unravel_index(int(np.argmax(cosines)), cosines.shape)
        pairs.append((int(row), int(column), float(cosines[row, column])))
        cosines[row, :] = -np.inf
        cosines[:, column] = -np.inf
    return pairs
