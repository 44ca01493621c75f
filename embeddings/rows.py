"""The rows a fast index scans: a vector each, with its id, group and version beside it.

Rows are only ever appended; removed ones are marked, and left behind when the rest moves to new arrays. So a reader that holds
`Rows` sees one state for as long as it likes, while a writer goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from embeddings.encoder import Vectors
from embeddings.halves import decoded
from embeddings.index import Entries, Ids
from embeddings.places import Places, ascending

_LEAST_CAPACITY = 65_536
"""Rows that there is room for. What is not written takes no memory, and what need not move is never there twice."""
_LEFT_BEHIND = 4_096
"""Removed rows are not worth moving the others for when they are fewer."""

ROWS_AT_ONCE = 64
"""Rows decoded: their 98 kB are memory that was used before. Larger blocks come fresh from the system, page by page, which takes
four times as long as all that is done in them (400 µs instead of 85 for 256 rows)."""

NO_LIST = -1
"""Of rows that came before there were lists."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Parallel arrays, some of their rows removed; `live` marks the others. Nothing here changes any more.

    `vectors`: float32, or halves. `lists`: which list of an approximate search is nearest, or NO_LIST."""

    ids: Ids
    groups: Ids
    versions: Ids
    vectors: NDArray[Any]
    lists: NDArray[np.int32]
    live: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)

    def at(self, rows: Ids) -> Entries:
        return Entries(self.ids[rows], self.groups[rows], self.versions[rows], self.vectors_at(rows))

    def vectors_at(self, rows: Ids) -> Vectors:
        found: Any = self.vectors[rows]
        vectors: Vectors = decoded(found) if found.dtype == np.float16 else found
        return vectors


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
        """A store of these entries, ordered by (group, id), and of these groups, the empty ones too; with room for more."""
        store = cls(entries.vectors.shape[1])
        count = len(entries.ids)
        columns = _empty(max(_LEAST_CAPACITY, count), store.dimension)
        columns.ids[:count], columns.groups[:count], columns.versions[:count] = entries.ids, entries.groups, entries.versions
        columns.vectors[:count], columns.lists[:count], columns.live[:count] = entries.vectors, NO_LIST, True
        store._columns = columns
        store._used = store._live_count = count
        groups = ascending(versions)
        starts, stops = (np.searchsorted(entries.groups, groups, side) for side in ("left", "right"))
        store._places = Places.of(groups, np.array([versions[group] for group in groups.tolist()], np.int64), starts, stops)
        return store

    def __len__(self) -> int:
        return self._live_count

    def put(self, group: int, version: int, entries: Entries, lists: NDArray[np.int32] | None = None) -> None:
        """The group is these entries from now on; they are ordered by id."""
        self.remove(group)
        self._make_room(len(entries.ids))
        start, stop = self._used, self._used + len(entries.ids)
        columns = self._columns
        columns.ids[start:stop], columns.groups[start:stop], columns.versions[start:stop] = entries.ids, group, version
        columns.vectors[start:stop], columns.live[start:stop] = entries.vectors, True
        columns.lists[start:stop] = NO_LIST if lists is None else lists
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
        if self._used > 2 * self._live_count + _LEFT_BEHIND:
            self._move(self._live_count)

    def rows(self) -> Rows:
        """The state now."""
        if self._published is None:
            held = self._columns
            used = slice(0, self._used)
            columns = (held.ids[used], held.groups[used], held.versions[used], held.vectors[used], held.lists[used])
            self._published = Rows(*columns, held.live[used].copy())
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
            self._move(self._live_count + count)

    def _move(self, count: int) -> None:
        """To arrays that have room for twice so many."""
        kept = np.flatnonzero(self._columns.live[: self._used])
        new_row = np.cumsum(self._columns.live[: self._used]) - 1
        old, self._columns, self._used = self._columns, _empty(max(_LEAST_CAPACITY, 2 * count), self.dimension), len(kept)
        self._columns.ids[: len(kept)] = old.ids[kept]
        self._columns.groups[: len(kept)] = old.groups[kept]
        self._columns.versions[: len(kept)] = old.versions[kept]
        self._columns.lists[: len(kept)] = old.lists[kept]
        np.take(old.vectors, kept, axis=0, out=self._columns.vectors[: len(kept)], mode="clip")  # "raise" would buffer
        self._columns.live[: len(kept)] = True
        self._places.move(new_row)


def _empty(capacity: int, dimension: int) -> Rows:
    """`vectors` is not touched before it is written, so that spare rows take no memory."""
    ids, groups, versions = (np.empty(capacity, np.int64) for _ in range(3))
    vectors = np.empty((capacity, dimension), np.float32)
    return Rows(ids, groups, versions, vectors, np.empty(capacity, np.int32), np.zeros(capacity, np.bool_))
