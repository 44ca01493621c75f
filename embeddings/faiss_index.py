"""The fast vector index: an exact scan by FAISS over rows that are kept here.

FAISS's own indexes number their rows by themselves and remove them in a full pass; so a row's id, group and version lie beside
its vector in a RowStore, and FAISS is asked for one thing, to scan. The measurements are in docs/decisions/0003-flat-index.md.
"""

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import faiss
import numpy as np
from numpy.typing import NDArray

from embeddings import snapshot
from embeddings.encoder import Vectors
from embeddings.index import Entries, Hits, Ids
from embeddings.rows import Rows, RowStore
from embeddings.similarity import ranked, similarities

_SLACK = 1e-5
"""More than a float32 sum over unit vectors is off: below 1e-6 for 384 dimensions."""


class FaissIndex:
    kind = "faiss"

    def __init__(self, dimension: int, model: str) -> None:
        self.dimension = dimension
        self.model = model
        self.cursor = 0
        self._store = RowStore(dimension)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._store)

    def replace(self, group: int, version: int, ids: Ids, vectors: Vectors) -> None:
        entries = snapshot.group_entries(group, version, ids, vectors, self.dimension)
        with self._lock:
            self._store.put(group, version, entries)

    def drop(self, group: int) -> None:
        with self._lock:
            self._store.remove(group)

    def search(self, query: Vectors, k: int, *, groups: Ids | None = None, distinct: bool = False) -> Hits:
        query = np.ascontiguousarray(query, np.float32)
        if query.shape != (self.dimension,):
            raise ValueError(f"the query has shape {query.shape}, the vectors have {self.dimension} dimensions")
        with self._lock:
            rows = self._store.rows()
        chosen = rows.live if groups is None else rows.live & np.isin(rows.groups, groups)
        return _best(rows, chosen, query, max(k, 0), distinct)

    def entries(self, groups: Iterable[int]) -> Entries:
        with self._lock:
            rows, wanted = self._store.rows(), self._store.rows_of(groups)
        return rows.at(wanted)

    def version(self, group: int) -> int | None:
        with self._lock:
            return self._store.version(group)

    def versions(self) -> dict[int, int]:
        with self._lock:
            return self._store.versions()

    def save(self, path: Path) -> None:
        with self._lock:
            rows, versions, cursor = self._store.rows(), self._store.versions(), self.cursor
            wanted = self._store.rows_of(versions)
        snapshot.write(path, snapshot.Snapshot(self.dimension, self.model, cursor, rows.at(wanted), versions))

    @classmethod
    def load(cls, path: Path, *, dimension: int, model: str) -> Self:
        saved = snapshot.read(path, dimension=dimension, model=model)
        index = cls(dimension, model)
        index.cursor = saved.cursor
        index._store = RowStore.of(saved.entries, saved.versions)
        return index


def _best(rows: Rows, chosen: NDArray[np.bool_], query: Vectors, k: int, distinct: bool) -> Hits:
    """Ask for more rows than hits, and for more still, until no row that was left out could be among the k hits.

    In a flat scan more rows cost almost nothing: 44 ms for 10 and 46 ms for 2,000 of 250,000."""
    count = int(np.count_nonzero(chosen)) if k else 0
    bits = np.packbits(chosen, bitorder="little")
    selector = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]
    slack = _SLACK * max(1.0, float(np.linalg.norm(query)))
    fetched = 4 * k + 64
    while True:
        found, scores = _nearest(rows, selector, query, min(fetched, count))
        entries = rows.at(found)
        hits = ranked(entries, similarities(entries.vectors, query), k, distinct=distinct)
        if len(found) == count or (len(hits) == k and scores[-1] < hits.similarities[-1] - slack):
            return hits
        fetched *= 4


def _nearest(rows: Rows, selector: faiss.IDSelector, query: Vectors, count: int) -> tuple[Ids, NDArray[np.float32]]:
    """Rows and scores of the `count` best, best first; at least so many must be selected."""
    found, scores = np.empty(count, np.int64), np.empty(count, np.float32)
    if count:
        faiss.knn_inner_product(
            faiss.swig_ptr(query), faiss.swig_ptr(rows.vectors), len(query), 1, len(rows.ids), count,
            faiss.swig_ptr(scores), faiss.swig_ptr(found), selector,
        )  # fmt: skip
    return found, scores
