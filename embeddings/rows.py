"""The rows a fast index scans: a vector each, with its id, group and version beside it.

Rows are only ever appended; removed ones are marked, and left behind when the rest moves to new arrays. So a reader that holds
`Rows` sees one state for as long as it likes, while a writer goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from embeddings.encoder import Vectors
from embeddings.index import Entries, Ids
from embeddings.places import Places, ascending

_LEAST_CAPACITY = 4096


@dataclass(frozen=True, slots=True)
class Rows:
    """Parallel arrays, some of their rows removed; `live` marks the others. Nothing here changes any more."""

    ids: Ids
    groups: Ids
    versions: Ids
    vectors: Vectors
    live: NDArray[np.bool_]

    def at(self, rows: Ids) -> Entries:
        return Entries(self.ids[rows], self.groups[rows], self.versions[rows], self.vectors[rows])


class RowStore:
    """Growing rows, found by group. Not safe for several threads by itself; what `rows` gave out is."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._places = Places()
        self._used = 0
        self._live_count = 0
        self._columns = _empty(0, dimension)
        self._published: Rows | None = None

    @classmethod
    def of(cls, entries: Entries, versions: Mapping[int, int]) -> Self:
        """A store of these entries, ordered by (group, id), and of these groups, the empty ones too. Takes the arrays over."""
        store = cls(entries.vectors.shape[1])
        count = len(entries.ids)
        store._columns = Rows(entries.ids, entries.groups, entries.versions, entries.vectors, np.ones(count, np.bool_))
        store._used = store._live_count = count
        groups = ascending(versions)
        starts, stops = (np.searchsorted(entries.groups, groups, side) for side in ("left", "right"))
        store._places = Places.of(groups, np.array([versions[group] for group in groups.tolist()], np.int64), starts, stops)
        return store

    def __len__(self) -> int:
        return self._live_count

    def put(self, group: int, version: int, entries: Entries) -> None:
        """The group is these entries from now on; they are ordered by id."""
        self.remove(group)
        self._make_room(len(entries.ids))
        start, stop = self._used, self._used + len(entries.ids)
        columns = self._columns
        columns.ids[start:stop], columns.groups[start:stop], columns.versions[start:stop] = entries.ids, group, version
        columns.vectors[start:stop], columns.live[start:stop] = entries.vectors, True
        self._places.put(group, version, start, stop)
        self._used = stop
        self._live_count += stop - start

    def remove(self, group: int) -> None:
        """Mark the group's rows; when more than half of all rows are marked, leave them behind."""
        self._published = None
        place = self._places.remove(group)
        if place is not None:
            start, stop = place
            self._columns.live[start:stop] = False
            self._live_count -= stop - start
        if self._used > 2 * self._live_count + _LEAST_CAPACITY:
            self._move(capacity=self._live_count + _LEAST_CAPACITY)

    def rows(self) -> Rows:
        """The state now."""
        if self._published is None:
            held = self._columns
            used = slice(0, self._used)
            self._published = Rows(
                held.ids[used], held.groups[used], held.versions[used], held.vectors[used], held.live[used].copy()
            )
        return self._published

    def rows_of(self, groups: Ids) -> Ids:
        """Where the entries of these groups are, one group after the other, each ordered by id."""
        return self._places.rows(groups)

    def groups(self) -> Ids:
        """All, ascending, the empty ones too."""
        return self._places.groups()

    def version(self, group: int) -> int | None:
        return self._places.version(group)

    def versions(self) -> dict[int, int]:
        return self._places.versions()

    def _make_room(self, count: int) -> None:
        """Move to larger arrays when these are full, so that an append costs what it appends, on average."""
        if self._used + count > len(self._columns.ids):
            self._move(capacity=max(_LEAST_CAPACITY, 2 * (self._live_count + count)))

    def _move(self, capacity: int) -> None:
        kept = np.flatnonzero(self._columns.live[: self._used])
        new_row = np.cumsum(self._columns.live[: self._used]) - 1
        old, self._columns, self._used = self._columns, _empty(capacity, self.dimension), len(kept)
        self._columns.ids[: len(kept)] = old.ids[kept]
        self._columns.groups[: len(kept)] = old.groups[kept]
        self._columns.versions[: len(kept)] = old.versions[kept]
        np.take(old.vectors, kept, axis=0, out=self._columns.vectors[: len(kept)], mode="clip")  # "raise" would buffer
        self._columns.live[: len(kept)] = True
        self._places.move(new_row)


def _empty(capacity: int, dimension: int) -> Rows:
    """`vectors` is not touched before it is written, so that spare rows take no memory."""

    def column() -> Ids:
        return np.empty(capacity, np.int64)

    return Rows(column(), column(), column(), np.empty((capacity, dimension), np.float32), np.zeros(capacity, np.bool_))
