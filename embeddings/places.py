"""Where each group's rows are: tables by group, so that a filter of many groups is looked up in one go."""

from collections.abc import Iterable
from typing import Self

import numpy as np

from embeddings.index import Ids

_UNKNOWN = -1


class Places:
    """A version and a range of rows for each group; the range of an empty group is empty."""

    def __init__(self, capacity: int = 64) -> None:
        self._table = np.full((3, capacity), _UNKNOWN, np.int64)
        self._versions, self._starts, self._stops = self._table

    @classmethod
    def of(cls, groups: Ids, versions: Ids, starts: Ids, stops: Ids) -> Self:
        """Parallel arrays."""
        places = cls(int(groups.max(initial=0)) + 1)
        places._versions[groups], places._starts[groups], places._stops[groups] = versions, starts, stops
        return places

    def put(self, group: int, version: int, start: int, stop: int) -> None:
        if group >= len(self._starts):
            self._grow(group + 1)
        self._versions[group], self._starts[group], self._stops[group] = version, start, stop

    def remove(self, group: int) -> tuple[int, int] | None:
        """The range of rows that it had; None if it was unknown."""
        if not self._has(group):
            return None
        found = int(self._starts[group]), int(self._stops[group])
        self._starts[group] = self._stops[group] = _UNKNOWN
        return found

    def version(self, group: int) -> int | None:
        return int(self._versions[group]) if self._has(group) else None

    def groups(self) -> Ids:
        """All that are known, ascending."""
        return np.flatnonzero(self._starts != _UNKNOWN)

    def versions(self) -> dict[int, int]:
        known = self.groups()
        return dict(zip(known.tolist(), self._versions[known].tolist(), strict=True))

    def rows(self, groups: Ids) -> Ids:
        """The rows of these groups, ascending, one group after the other; unknown ones have none."""
        starts, counts = self._ranges(groups)
        ends = np.cumsum(counts)
        return np.repeat(starts - (ends - counts), counts) + np.arange(counts.sum())

    def count(self, groups: Ids) -> int:
        """How many rows these groups, ascending, have."""
        return int(self._ranges(groups)[1].sum())

    def _ranges(self, groups: Ids) -> tuple[Ids, Ids]:
        """Where the rows of each start, and how many they are: none of unknown ones."""
        first, last = np.searchsorted(groups, [0, len(self._starts)])
        known = groups[first:last]
        starts = self._starts[known]
        return starts, self._stops[known] - starts

    def move(self, new_row: Ids) -> None:
        """Rows have moved: the row r is now `new_row[r]`, and a group's rows still lie together."""
        known = self.groups()
        counts = self._stops[known] - self._starts[known]
        full, empty = known[counts > 0], known[counts == 0]
        self._starts[full] = new_row[self._starts[full]]
        self._stops[full] = self._starts[full] + counts[counts > 0]
        self._starts[empty] = self._stops[empty] = 0

    def _has(self, group: int) -> bool:
        return 0 <= group < len(self._starts) and bool(self._starts[group] != _UNKNOWN)

    def _grow(self, least: int) -> None:
        old, size = self._table, len(self._starts)
        self._table = np.full((3, max(least, 2 * size)), _UNKNOWN, np.int64)
        self._table[:, :size] = old
        self._versions, self._starts, self._stops = self._table


def ascending(groups: Iterable[int]) -> Ids:
    """As an array, each once, in order."""
    return np.unique(np.fromiter(groups, np.int64))
