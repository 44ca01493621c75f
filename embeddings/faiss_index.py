"""The fast vector index: an exact scan by FAISS over rows that are kept here.

FAISS's own indexes number their rows by themselves and remove them in a full pass; so a row's id, group and version lie beside
its vector in a RowStore, and FAISS is asked for one thing, to scan. The measurements are in docs/decisions/0003-flat-index.md.
"""

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import numpy as np

from embeddings import snapshot
from embeddings.encoder import Vectors
from embeddings.index import Entries, Hits, Ids
from embeddings.places import ascending
from embeddings.products import Products, products
from embeddings.rows import RowStore
from embeddings.similarity import checked, hits


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
        return self.search_many(query[None], k, groups=groups, distinct=distinct)[0]

    def search_many(self, queries: Vectors, k: int, *, groups: Ids | None = None, distinct: bool = False) -> list[Hits]:
        queries = checked(queries, self.dimension)
        with self._lock:
            rows = self._store.rows()
            admitted = np.flatnonzero(rows.live) if groups is None else self._store.rows_of(groups)
        return hits(rows, admitted, queries, max(k, 0), distinct)

    def products(self, queries: Vectors, groups: Ids | None = None) -> Products:
        queries = checked(queries, self.dimension)
        with self._lock:
            rows = self._store.rows()
            admitted = np.flatnonzero(rows.live) if groups is None else self._store.rows_of(groups)
        return products(rows, admitted, queries)

    def entries(self, groups: Iterable[int]) -> Entries:
        wanted = ascending(groups)
        with self._lock:
            rows, places = self._store.rows(), self._store.rows_of(wanted)
        return rows.at(places)

    def version(self, group: int) -> int | None:
        with self._lock:
            return self._store.version(group)

    def versions(self) -> dict[int, int]:
        with self._lock:
            return self._store.versions()

    def save(self, path: Path) -> None:
        with self._lock:
            rows, versions, cursor = self._store.rows(), self._store.versions(), self.cursor
            wanted = self._store.rows_of(self._store.groups())
        snapshot.write(path, snapshot.Snapshot(self.dimension, self.model, cursor, rows.at(wanted), versions))

    @classmethod
    def load(cls, path: Path, *, dimension: int, model: str) -> Self:
        saved = snapshot.read(path, dimension=dimension, model=model)
        index = cls(dimension, model)
        index.cursor = saved.cursor
        index._store = RowStore.of(saved.entries, saved.versions)
        return index
