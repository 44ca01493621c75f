"""How alike two articles are, passage against passage.

For each passage of one the best match in the other, averaged by length, and the same the other way: the symmetric mean of
best-match cosines, as BERTScore (Zhang et al., ICLR 2020) does it with words.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from embeddings import Entries, Vectors


@dataclass(frozen=True, slots=True)
class Passages:
    """`vectors` (n, dimension) unit length, `tokens` (n,), and the ordinal of the paragraph that each stands for."""

    vectors: Vectors
    tokens: NDArray[np.float32]
    paragraphs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """What one candidate has in common with the seeds. `version` is the index's, to be compared with the database's."""

    version: int | None
    similarity: float = 0.0
    words: float = 0.0

    def plus(self, similarity: float, words: float) -> "Scored":
        return replace(self, similarity=self.similarity + similarity, words=self.words + words)


def align_all(seed: Passages, others: Entries) -> Iterator[tuple[int, float, int]]:
    """(group, alignment with the seed, version) of every group of the entries, which are ordered by group."""
    if not len(others.ids) or not len(seed.vectors):
        return
    cosines = seed.vectors @ others.vectors.T
    groups, starts = np.unique(others.groups, return_index=True)
    forth = np.maximum.reduceat(cosines, starts, axis=1)
    forth_mean = np.average(forth, axis=0, weights=seed.tokens)
    back = cosines.max(axis=0)
    sizes = np.diff(np.append(starts, len(others.ids)))
    back_mean = np.add.reduceat(back, starts) / sizes
    for group, version, similarity in zip(groups, others.versions[starts], (forth_mean + back_mean) / 2, strict=True):
        yield int(group), float(similarity), int(version)


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
