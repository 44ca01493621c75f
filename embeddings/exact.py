"""The plain vector index: every answer from a scan of all vectors. The oracle of the fast one."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self

import numpy as np

from embeddings import snapshot
from embeddings.encoder import Vectors
from embeddings.index import Entries, Hits, Ids, SnapshotDamaged
from embeddings.products import Products, products
from embeddings.similarity import checked, hits


class ExactIndex:
    kind = "exact"
    settled = 0
    untidy = False

    def __init__(self, dimension: int, model: str) -> None:
        self.dimension = dimension
        self.model = model
        self.cursor = 0
        self._groups: dict[int, Entries] = {}
        self._versions: dict[int, int] = {}
        self._all: Entries | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._everything().ids)

    def replace(self, group: int, version: int, ids: Ids, vectors: Vectors) -> None:
        entries = snapshot.group_entries(group, version, ids, vectors, self.dimension)
        with self._lock:
            self._groups[group] = entries
            self._versions[group] = version
            self._all = None

    def drop(self, group: int) -> None:
        with self._lock:
            self._groups.pop(group, None)
            self._versions.pop(group, None)
            self._all = None

    def search(self, query: Vectors, k: int, *, groups: Ids | None = None, distinct: bool = False) -> Hits:
        return self.search_many(query[None], k, groups=groups, distinct=distinct)[0]

    def search_many(self, queries: Vectors, k: int, *, groups: Ids | None = None, distinct: bool = False) -> list[Hits]:
        held = self._everything() if groups is None else self.entries(groups.tolist())
        return hits(held, np.arange(len(held.ids)), checked(queries, self.dimension), max(k, 0), distinct)

    def products(self, queries: Vectors, groups: Ids | None = None) -> Products:
        held = self._everything() if groups is None else self.entries(groups.tolist())
        return products(held, np.arange(len(held.ids)), checked(queries, self.dimension))

    def entries(self, groups: Iterable[int]) -> Entries:
        with self._lock:
            return self._joined(sorted(set(groups) & self._groups.keys()))

    def version(self, group: int) -> int | None:
        with self._lock:
            return self._versions.get(group)

    def versions(self) -> dict[int, int]:
        with self._lock:
            return dict(self._versions)

    def tidy(self, between: Callable[[], None] = lambda: None) -> None:
        """Nothing to do."""

    def save(self, path: Path) -> None:
        with self._lock:
            held, table, cursor = self._joined(sorted(self._groups)), dict(self._versions), self.cursor
        saved = snapshot.Snapshot(self.dimension, self.model, cursor, held.ids, held.groups, held.versions, table)
        snapshot.write(path, saved, [held.vectors])

    @classmethod
    def load(cls, path: Path, *, dimension: int, model: str) -> Self:
        saved, vectors = snapshot.read(path, dimension=dimension, model=model)
        if saved.settled is not None:
            raise SnapshotDamaged(f"{path.name}: it is of an index with settled rows, which the plain one does not have")
        index = cls(dimension, model)
        index.cursor = saved.cursor
        for group, version in saved.table.items():
            first, last = np.searchsorted(saved.groups, [group, group + 1])
            index.replace(group, version, saved.ids[first:last], vectors[first:last])
        return index

    def _everything(self) -> Entries:
        with self._lock:
            if self._all is None:
                self._all = self._joined(sorted(self._groups))
            return self._all

    def _joined(self, groups: list[int]) -> Entries:
        return snapshot.joined([self._groups[group] for group in groups], self.dimension)
