"""How alike two articles are, passage against passage.

For each passage of one the best match in the other, averaged by length, and the same the other way: the symmetric mean of
best-match cosines, as BERTScore (Zhang et al., ICLR 2020) does it with words.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from db.records import Keys
from embeddings import Products, VectorIndex, Vectors

BOILERPLATE: Final = 0.5
"""Rarity below which a text is what many articles repeat."""


@dataclass(frozen=True, slots=True)
class Passages:
    """`vectors` (n, dimension) unit length, n at least 1, and `tokens` (n,).

    `rarity` (n,), above 0: how much each says about this text, of which 1 is all; None if they all say that. A passage that many
    texts repeat says little."""

    vectors: Vectors
    tokens: NDArray[np.float32]
    rarity: NDArray[np.float32] | None = None

    @property
    def middle(self) -> Vectors:
        """(dimension,), unit length; the zero vector if they cancel each other out."""
        total = self.vectors.sum(axis=0) if self.rarity is None else self.rarity @ self.vectors
        middle: Vectors = total / max(float(np.linalg.norm(total)), 1e-12)
        return middle


def aligned(seed: Passages, found: Products) -> NDArray[np.float64]:
    """(groups,): how alike the seed and each group are; `found` has the products with the seed's vectors."""
    tokens, values = seed.tokens, found.values
    if seed.rarity is not None:
        tokens, values = tokens * seed.rarity, values * seed.rarity[:, None]
    forth = tokens @ found.best() / tokens.sum()
    back = np.add.reduceat(values.max(axis=0), found.starts) / found.sizes()
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


@dataclass(frozen=True, slots=True)
class Pair:
    """A row of the seed and one of another text. `weight` is the cosine as far as the seed's row tells about the seed."""

    mine: int
    other: int
    cosine: float
    weight: float


def best_pairs(seed: Passages, other: Vectors, most: int) -> list[Pair]:
    """Those of the most weight, best first, no row twice; boilerplate after all others."""
    cosines = seed.vectors @ other.T
    weights = cosines.copy()
    if seed.rarity is not None:
        repeated = np.where(seed.rarity < BOILERPLATE, 2, 0)  # more than two cosines can be apart
        weights = weights * seed.rarity[:, None] - repeated[:, None]
    pairs: list[Pair] = []
    while len(pairs) < min(most, *cosines.shape):
        row, column = np.unravel_index(int(np.argmax(weights)), weights.shape)
        pairs.append(Pair(int(row), int(column), float(cosines[row, column]), float(weights[row, column])))
        weights[row, :] = -np.inf
        weights[:, column] = -np.inf
    return pairs
