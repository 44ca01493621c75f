"""The fast vector index: young rows, all of which are compared with a query, and, once there are many, settled ones with lists.

FAISS's own indexes number their rows by themselves and remove them in a full pass; so a row's id, group and version lie beside
its vector here, and FAISS only chooses settled rows to compare. The measurements are in docs/decisions/0003-flat-index.md and
0008-index-as-it-grows.md.
"""

import secrets
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self

import numpy as np

from embeddings import snapshot
from embeddings.encoder import Vectors
from embeddings.index import Entries, Hits, Ids, SnapshotDamaged
from embeddings.places import ascending
from embeddings.products import Products, products, products_of_parts
from embeddings.rows import Rows, RowStore
from embeddings.similarity import checked, hits

if TYPE_CHECKING:
    from embeddings.approximate import Admitted
    from embeddings.settled import Settled

SETTLE_FROM = 32_768
"""So many young rows are compared in 2.4 ms, exactly, and take 50 MB. Lists need 0.6 ms, and find nearly all of the best."""
_LEAST_YOUNG = 8_192
_YOUNG_SHARE = 0.04
"""Of the settled rows: a part of the young ones is compared at each search, and all settled ones are copied when they settle."""
_LEAST_LIVE = 0.75


class FaissIndex:
    def __init__(self, dimension: int, model: str, *, folder: Path | None = None, settle_from: int = SETTLE_FROM) -> None:
        """`folder`: where settled rows are kept; None: in a temporary one. `settle_from`: so many young rows settle."""
        self.dimension = dimension
        self.model = model
        self.cursor = 0
        self._settle_from = settle_from
        self._folder = folder
        self._temporary: TemporaryDirectory[str] | None = None
        self._young = RowStore(dimension)
        self._settled: Settled | None = None
        self._saved_settled: str | None = None
        self._changed: set[int] | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._young) + self.settled

    @property
    def settled(self) -> int:
        return 0 if self._settled is None else len(self._settled)

    @property
    def kind(self) -> str:
        return "faiss/flat" if self._settled is None else f"faiss/ivf{self._settled.lists.count}"

    def replace(self, group: int, version: int, ids: Ids, vectors: Vectors) -> None:
        entries = snapshot.group_entries(group, version, ids, vectors, self.dimension)
        settled = self._settled
        lists = settled.lists.nearest_lists(entries.vectors)[:, 0] if settled is not None and len(entries.ids) else None
        with self._lock:
            self._leave(group)
            self._young.put(group, version, entries, lists if settled is self._settled else None)

    def drop(self, group: int) -> None:
        with self._lock:
            self._leave(group)
            self._young.remove(group)

    def _leave(self, group: int) -> None:
        if self._settled is not None:
            self._settled.remove(group)
        if self._changed is not None:
            self._changed.add(group)

    def search(self, query: Vectors, k: int, *, groups: Ids | None = None, distinct: bool = False) -> Hits:
        return self.search_many(query[None], k, groups=groups, distinct=distinct)[0]

    def search_many(self, queries: Vectors, k: int, *, groups: Ids | None = None, distinct: bool = False) -> list[Hits]:
        queries = checked(queries, self.dimension)
        with self._lock:
            young, settled = self._young.rows(), self._settled
            admitted = np.flatnonzero(young.live) if groups is None else self._young.rows_of(groups)
            among = None if settled is None else self._admitted(settled, groups, admitted)
        if settled is None or among is None:
            return hits(young, admitted, queries, max(k, 0), distinct)
        return _approximate(settled, among, queries, max(k, 0), distinct)

    def _admitted(self, settled: "Settled", groups: Ids | None, young_rows: Ids) -> "Admitted":
        from embeddings.approximate import FEW, NARROW, Admitted

        count = len(settled) if groups is None else settled.count_of(groups)
        narrow = groups is not None and count <= max(FEW, NARROW * settled.size)
        rows = settled.rows_of(groups) if groups is not None and narrow else None
        return Admitted(settled.rows(), self._young.rows(), groups, count, rows, young_rows)

    def products(self, queries: Vectors, groups: Ids | None = None) -> Products:
        queries = checked(queries, self.dimension)
        if self._settled is not None:
            return products_of_parts(self._parts(self.versions() if groups is None else groups.tolist()), queries)
        with self._lock:
            rows = self._young.rows()
            admitted = np.flatnonzero(rows.live) if groups is None else self._young.rows_of(np.unique(groups))
        return products(rows, admitted, queries)

    def entries(self, groups: Iterable[int]) -> Entries:
        found = [rows.at(at) for rows, at in self._parts(groups) if len(at)]
        return found[0] if len(found) == 1 else _ordered(snapshot.joined(found, self.dimension))

    def _parts(self, groups: Iterable[int]) -> list[tuple[Rows, Ids]]:
        """Where the entries of these groups are, those of one group all in one part."""
        wanted = ascending(groups)
        with self._lock:
            return [(store.rows(), store.rows_of(wanted)) for store in self._stores()]

    def _stores(self) -> "list[RowStore | Settled]":
        return [self._young] if self._settled is None else [self._young, self._settled]

    def version(self, group: int) -> int | None:
        with self._lock:
            young = self._young.version(group)
            return young if young is not None or self._settled is None else self._settled.version(group)

    def versions(self) -> dict[int, int]:
        with self._lock:
            return ({} if self._settled is None else self._settled.versions()) | self._young.versions()

    @property
    def untidy(self) -> bool:
        """Whether enough has changed for `tidy` to be worth its while."""
        settled = self._settled
        if settled is None:
            return len(self._young) >= self._settle_from
        enough = max(min(_LEAST_YOUNG, self._settle_from), _YOUNG_SHARE * settled.size)
        return len(self._young) >= enough or len(settled) < _LEAST_LIVE * settled.size

    def tidy(self, between: Callable[[], None] = lambda: None) -> None:
        """Let the young rows settle. It may take minutes; searches and writes go on. For one thread at a time.

        `between` is called between steps that take a second or so; what it raises ends the work, and changes nothing."""
        from embeddings.settling import settle

        with self._lock:
            self._changed = set()
            young, old = self._young.rows(), self._settled
            before = None if old is None else (old, old.rows())
            enough = len(self) >= self._settle_from / 2
        try:
            new = settle(self._new_path(), self.model, before, young, between) if enough else None
            with self._lock:
                self._switch(new, self._changed)
        finally:
            self._changed = None
        if old is not None and old.path.name != self._saved_settled:
            snapshot.remove_settled(old.path)

    def _switch(self, new: "Settled | None", changed: set[int]) -> None:
        """What has changed meanwhile is young, and so are empty groups: they have no rows that could settle."""
        young = RowStore(self.dimension)
        stores = self._stores()
        known = ascending(np.concatenate([store.groups() for store in stores]).tolist())
        staying = known if new is None else np.union1d(ascending(changed), np.setdiff1d(known, new.groups()))
        for group in staying.tolist():
            if new is not None:
                new.remove(group)
            for store in stores:
                version = store.version(group)
                if version is not None:
                    young.put(group, version, store.rows().at(store.rows_of(np.array([group]))))
        self._young, self._settled = young, new

    def _new_path(self) -> Path:
        if self._folder is None:
            self._temporary = TemporaryDirectory()
            self._folder = Path(self._temporary.name)
        return self._folder / f"vectors.{secrets.token_hex(6)}.rows"

    def save(self, path: Path) -> None:
        before = snapshot.settled_name(path)
        with self._lock:
            young, settled, cursor = self._young.rows(), self._settled, self.cursor
            wanted, table = self._young.rows_of(self._young.groups()), self._young.versions()
            removed = np.empty(0, np.uint8) if settled is None else np.packbits(~settled.rows().live)
        name = None if settled is None else settled.kept_in(path.parent)
        ids, groups, versions = young.ids[wanted], young.groups[wanted], young.versions[wanted]
        saved = snapshot.Snapshot(self.dimension, self.model, cursor, ids, groups, versions, table, name, removed)
        at_once = snapshot.ROWS_AT_ONCE
        snapshot.write(path, saved, (young.vectors[wanted[start : start + at_once]] for start in range(0, len(wanted), at_once)))
        self._saved_settled = name
        if before is not None and before != name:
            snapshot.remove_settled(path.with_name(before))

    @classmethod
    def load(cls, path: Path, *, dimension: int, model: str, settle_from: int = SETTLE_FROM) -> Self:
        saved, vectors = snapshot.read(path, dimension=dimension, model=model)
        index = cls(dimension, model, folder=path.parent, settle_from=settle_from)
        index.cursor = saved.cursor
        index._young = RowStore.of(Entries(saved.ids, saved.groups, saved.versions, vectors), saved.table)
        if saved.settled is not None:
            index._settled = _load_settled(path, saved)
            index._saved_settled = saved.settled
        return index


def _load_settled(path: Path, saved: snapshot.Snapshot) -> "Settled":
    from embeddings import settled as files

    try:
        settled = files.load(path.with_name(str(saved.settled)), dimension=saved.dimension, model=saved.model)
    except FileNotFoundError as error:
        raise SnapshotDamaged(f"{path.name}: {saved.settled} is missing") from error
    settled.remove_rows(np.flatnonzero(np.unpackbits(saved.removed, count=len(settled))))
    return settled


def _approximate(settled: "Settled", admitted: "Admitted", queries: Vectors, k: int, distinct: bool) -> list[Hits]:
    from embeddings import approximate

    found = [approximate.search(settled.lists, admitted, query, k, distinct) for query in queries]
    settled.have_read(sum(read for _, read in found))
    return [hits for hits, _ in found]


def _ordered(entries: Entries) -> Entries:
    """By group; within a group they are ordered already."""
    order = np.argsort(entries.groups, kind="stable")
    return Entries(entries.ids[order], entries.groups[order], entries.versions[order], entries.vectors[order])
