"""An approximate search over many rows: they are sorted into lists around centres, and kept there in half a byte for two numbers.

FAISS's inverted lists with 4-bit product quantisation. What is found is only a choice of rows to look at closely. The
measurements are in docs/decisions/0008-index-as-it-grows.md.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from embeddings import inverted_lists
from embeddings.encoder import Vectors
from embeddings.index import Ids
from embeddings.inverted_lists import Index

MOST_LISTS = 4096
"""More would be searched faster, and take longer to sort into: 10^7 rows times 4,096 centres are five minutes of two cores."""
SAMPLE_PER_LIST = 32
_ROUNDS = 8
_COMPARED_AT_ONCE = 1024
"""Rows with as many centres, 4 MB; FAISS would take four times as many rows."""
_SEED = 1


def wanted(rows: int) -> int:
    """How many lists so many rows are best sorted into."""
    return int(max(8, min(MOST_LISTS, 4 * rows**0.5)))


class Lists:
    """Safe to search from several threads; not while it is changed."""

    def __init__(self, index: Index) -> None:
        self._index = index

    @classmethod
    def trained(cls, sample: Vectors, count: int, between: Callable[[], None]) -> Self:
        """Empty lists around `count` centres of the sample, which is `SAMPLE_PER_LIST` times as long, at random.

        `between` is called between steps that take seconds; what it raises ends the work."""
        alone()
        faiss.cvar.distance_compute_blas_query_bs = _COMPARED_AT_ONCE
        dimension = sample.shape[1]
        clustering = faiss.Kmeans(
            dimension, count, niter=1, spherical=True, seed=_SEED, min_points_per_centroid=1, max_points_per_centroid=1 << 20
        )
        for _ in range(_ROUNDS):
            between()
            clustering.train(sample, init_centroids=clustering.centroids)
        centres: Any = faiss.IndexFlatIP(dimension)
        centres.add(clustering.centroids)
        parts = dimension // 2 if dimension % 2 == 0 else dimension
        index: Any = faiss.IndexIVFPQFastScan(centres, dimension, count, parts, 4, faiss.METRIC_INNER_PRODUCT)
        index.pq.cp.min_points_per_centroid = 1
        index.train(sample)
        centres.this.disown()
        index.own_fields = True
        return cls(index)

    @classmethod
    def load(cls, path: Path) -> Self:
        """They stay in the file, and cannot be added to."""
        return cls(inverted_lists.read(path))

    def save(self, path: Path) -> None:
        inverted_lists.write(self._index, path)

    def __len__(self) -> int:
        """Rows held."""
        return int(self._index.ntotal)

    @property
    def count(self) -> int:
        return int(self._index.nlist)

    def add(self, vectors: Vectors) -> None:
        """The next rows: they are numbered on."""
        alone()
        self._index.add(vectors)

    def without(self, removed: NDArray[np.bool_]) -> Self:
        """A copy in memory that lacks these rows; the others are numbered anew, in the same order."""
        alone()
        copy = inverted_lists.in_memory(self._index)
        copy.remove_ids(_selector(packed(removed)))
        new_row = np.cumsum(~removed) - 1
        for rows in inverted_lists.rows_of(copy):
            rows[:] = new_row[rows]
        copy.ntotal = int(len(removed) - removed.sum())
        return type(self)(copy)

    def nearest_lists(self, vectors: Vectors, count: int = 1) -> NDArray[np.int32]:
        """(n, count): the lists whose centres are nearest to each vector."""
        alone()
        _, found = self._index.quantizer.search(vectors, count)
        lists: NDArray[np.int32] = found.astype(np.int32)
        return lists

    def search(self, query: Vectors, count: int, lists: int, among: NDArray[np.uint8] | None = None) -> Ids:
        """About the `count` nearest rows in so many lists, best first. `among`: a bit for each row that may be found."""
        alone()
        parameters: Any = faiss.SearchParametersIVF
        given = parameters(nprobe=min(lists, self.count), sel=None if among is None else _selector(among))
        _, found = self._index.search(query[None], count, params=given)
        rows: Ids = found[0]
        return rows[rows >= 0]


def _selector(bits: NDArray[np.uint8]) -> Any:
    selector: Any = faiss.IDSelectorBitmap
    return selector(bits)


def packed(rows: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """A bit a row, as FAISS reads them."""
    return np.packbits(rows, bitorder="little")


def alone() -> None:
    """This thread computes alone: a server searches in several, and two that wait for each other's other half take 20 times
    as long where the cores are busy (8 ms instead of 0.4). The setting belongs to the calling thread."""
    faiss.omp_set_num_threads(1)
