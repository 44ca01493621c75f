"""Inner products of several vectors with every entry of many groups, for whoever compares whole groups with one another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embeddings.encoder import Vectors
from embeddings.index import Ids
from embeddings.rows import ROWS_AT_ONCE, Rows
from embeddings.similarity import Columns

_MULTIPLICATIONS: Final = 1 << 18
"""At once. OpenBLAS lets a single thread do so much; of more it gives a part to a second one, and where all cores are busy waits
for it: 2,162 x 384 by 384 x 3 took 4 ms, and takes 0.11 ms in such steps. Alone on the machine the two are equal."""


@dataclass(frozen=True, slots=True)
class Products:
    """`values` float32 (queries, entries). The entries of `groups[i]` begin at column `starts[i]`; each group has at least one.

    The last digits of equal vectors may differ: a product depends on what lies beside it."""

    groups: Ids
    versions: Ids
    starts: Ids
    values: NDArray[np.float32]

    def best(self) -> NDArray[np.float32]:
        """(queries, groups): each query's highest product with an entry of the group."""
        found: NDArray[np.float32] = np.maximum.reduceat(self.values, self.starts, axis=1)
        return found

    def sizes(self) -> Ids:
        """(groups,): how many entries each has."""
        return np.diff(self.starts, append=self.values.shape[1])

    def among(self, chosen: NDArray[np.bool_]) -> "Products":
        """Of the chosen groups alone."""
        sizes = self.sizes()
        kept = sizes[chosen]
        return Products(
            self.groups[chosen], self.versions[chosen], np.cumsum(kept) - kept, self.values[:, np.repeat(chosen, sizes)]
        )


def products(rows: Columns, admitted: Ids, queries: Vectors) -> Products:
    """With the admitted rows, of which those of one group follow one another."""
    narrow = 2 * len(admitted) < len(rows.ids)  # a row that is fetched costs about what its products cost
    looked_at = rows.vectors[admitted] if narrow else rows.vectors
    values = product(looked_at, queries).T
    if not narrow and len(admitted) < len(rows.ids):
        values = values[:, admitted]
    groups = rows.groups[admitted]
    starts = np.flatnonzero(np.diff(groups, prepend=-1))
    return Products(groups[starts], rows.versions[admitted][starts], starts, np.ascontiguousarray(values))


def products_of_parts(parts: Sequence[tuple[Rows, Ids]], queries: Vectors) -> Products:
    """With those rows of each of the parts. A group's rows are all in one part, and follow one another."""
    values = np.empty((sum(len(at) for _, at in parts), len(queries)), np.float32)
    step = max(1, min(ROWS_AT_ONCE, _MULTIPLICATIONS // max(1, queries.size)))
    stretches = ((rows, at[start : start + step]) for rows, at in parts for start in range(0, len(at), step))
    done = 0
    for rows, at in stretches:
        np.matmul(rows.vectors_at(at), queries.T, out=values[done : done + len(at)])
        done += len(at)
    groups, versions = (np.concatenate([getattr(rows, name)[at] for rows, at in parts]) for name in ("groups", "versions"))
    order = np.argsort(groups, kind="stable")
    groups, versions = groups[order], versions[order]
    starts = np.flatnonzero(np.diff(groups, prepend=-1))
    return Products(groups[starts], versions[starts], starts, np.ascontiguousarray(values[order].T))


def product(vectors: Vectors, queries: Vectors) -> NDArray[np.float32]:
    """float32 (vectors, queries), worked out by this thread alone."""
    found = np.empty((len(vectors), len(queries)), np.float32)
    step = max(1, _MULTIPLICATIONS // max(1, queries.size))
    for start in range(0, len(vectors), step):
        np.matmul(vectors[start : start + step], queries.T, out=found[start : start + step])
    return found
