"""Inner products with rows of halves, nearly: they tell which of many rows are worth comparing in full, at unit length.

FAISS multiplies halves as they are, 64 rows in 9 µs with all around it; to decode them and multiply takes 45 µs.
"""

import threading
from typing import Any, Final

import faiss
import numpy as np
from numpy.typing import NDArray

from embeddings.encoder import Vectors
from embeddings.halves import Halves
from embeddings.index import Ids
from embeddings.lists import alone

_ERROR: Final = 2.0**-10
"""By which a product with a unit vector is off, at most: so far from unit length is a row of halves (`halves.encoded`), with
what is lost in rounding."""

_ROWS_AT_ONCE: Final = 256
"""They stay in the processor's cache between being copied and being compared."""


class _Scan(threading.local):
    """Rows that FAISS compares, in memory of their own that is used again and again, for each thread."""

    def __init__(self) -> None:
        self._index: Any = None
        self._codes: Halves = np.empty((0, 0), np.float16)

    def of(self, dimension: int) -> tuple[Any, Halves]:
        """The index, and the place of its rows."""
        if self._codes.shape[1] != dimension:
            index: Any = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
            index.add(np.zeros((_ROWS_AT_ONCE, dimension), np.float32))
            codes: Any = faiss.rev_swig_ptr(index.codes.data(), index.codes.size())
            self._index, self._codes = index, codes.view(np.float16).reshape(_ROWS_AT_ONCE, dimension)
        alone()
        return self._index, self._codes


_scan = _Scan()


def promising(vectors: Halves, rows: Ids, groups: Ids, query: Vectors, k: int, distinct: bool) -> Ids:
    """Those of the rows, whose groups these are, that may be among the k nearest; `distinct`: in the k nearest groups, the
    nearest."""
    found = _products(vectors, rows, query)
    error = _ERROR * float(np.linalg.norm(query))
    best = of_each = found
    if distinct:
        held, places = np.unique(groups, return_inverse=True)
        of_each = np.full(len(held), -np.inf, np.float32)
        np.maximum.at(of_each, places, found)
        best = of_each[places]
    least = np.partition(of_each, -k)[-k] if 0 < k < len(of_each) else -np.inf
    return rows[(found >= best - 2 * error) & (best >= least - 2 * error)]


def _products(vectors: Halves, rows: Ids, query: Vectors) -> NDArray[np.float32]:
    """float32 (rows,)."""
    index, codes = _scan.of(vectors.shape[1])
    found = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows[start : start + _ROWS_AT_ONCE]
        np.take(vectors, part, axis=0, out=codes[: len(part)], mode="clip")  # "raise" would buffer
        index.ntotal = len(part)
        similarities, order = index.search(query[None], len(part))
        found[start : start + len(part)][order[0]] = similarities[0]
    return found
