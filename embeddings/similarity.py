"""How similarities are computed and ranked, for every index alike.

Two rows with the same vector must tie to the last bit, or their order would depend on what lies beside them. Matrix products do
not promise that (their kernels treat the last rows of a block differently), so candidates are scored again here.
"""

import numpy as np
from numpy.typing import NDArray

from embeddings.encoder import Vectors
from embeddings.index import Entries, Hits


def similarities(vectors: Vectors, query: Vectors) -> NDArray[np.float32]:
    """float32 (n,): the inner products, summed in double precision row by row; equal rows have equal results."""
    sums: NDArray[np.float64] = (vectors * query).sum(axis=1, dtype=np.float64)
    return sums.astype(np.float32)


def ranked(entries: Entries, similarities: NDArray[np.float32], k: int, *, distinct: bool = False) -> Hits:
    """The k best of the entries, highest similarity first, then lowest id; `distinct`: only the first of each group."""
    order = np.lexsort((entries.ids, -similarities))
    if distinct:
        _, first = np.unique(entries.groups[order], return_index=True)
        order = order[np.sort(first)]
    order = order[:k]
    return Hits(entries.ids[order], entries.groups[order], entries.versions[order], similarities[order])
