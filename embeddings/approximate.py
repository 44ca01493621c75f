"""A search over rows that have settled, by their lists, and over the young ones beside them.

The lists choose rows, which are then compared with the query in full. Of what a filter admits nothing is left to chance: few
rows are all compared, and where the lists do not find as many hits as there are, all are compared too.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from embeddings.encoder import Vectors
from embeddings.index import Hits, Ids
from embeddings.lists import Lists, packed
from embeddings.rough import promising
from embeddings.rows import NO_LIST, ROWS_AT_ONCE, Rows
from embeddings.similarity import ranked, similarities, similarities_at

LISTS_ASKED = 128
"""Measured: 64 lists hold 98 % of the ten nearest of 10^6 rows, 128 hold 99 %, however many lists there are."""
NARROW = 0.05
"""Of a filter that admits so small a part, the nearest lie in more lists: twice as many are asked."""
FEW = 4096
"""Rows that are all compared: 1.5 ms. Lists need as long where they have to leave out most of what they hold."""
_FEW_YOUNG = 2048
_LEFT_OUT = 4096
"""Rows fetched so that enough are left after a filter. Beyond, the lists are told what is admitted: a bit for each row."""
_ENTRIES = 10
"""Rows fetched for each group that is asked for: most of the nearest are of a few groups."""
_ROOM = 4
"""Rows that the lists asked hold, at least, for each one fetched. It matters where much of a small archive is asked for."""
_SPARE = 200
"""Rows compared beyond those asked for: the lists know only roughly which are nearest."""
_OF_A_GROUP = 3
"""The lists know roughly which entry of a group is the nearest; it is one of these."""


@dataclass(frozen=True)
class Admitted:
    """Which rows may be found: the live ones, of certain groups or of all.

    `settled_count`: how many settled ones. `settled_rows`: which, if that was looked up."""

    settled: Rows
    young: Rows
    groups: Ids | None
    settled_count: int
    settled_rows: Ids | None
    young_rows: Ids

    @cached_property
    def _wanted(self) -> NDArray[np.bool_] | None:
        """By group; those beyond the end are not."""
        if self.groups is None:
            return None
        groups = self.groups[np.searchsorted(self.groups, 0) :]
        table = np.zeros(int(groups.max(initial=-1)) + 2, np.bool_)
        table[groups] = True
        return table

    def _wants(self, groups: Ids) -> NDArray[np.bool_]:
        """Which of them are admitted, if not all are."""
        table = self._wanted
        assert table is not None
        return table[np.minimum(groups, len(table) - 1)]

    def of(self, rows: Ids) -> Ids:
        """Those of the settled rows that are admitted."""
        rows = rows[self.settled.live[rows]]
        return rows if self._wanted is None else rows[self._wants(self.settled.groups[rows])]

    @cached_property
    def bits(self) -> NDArray[np.uint8]:
        """One for each settled row."""
        if self.settled_rows is not None:
            table = np.zeros(len(self.settled), np.bool_)
            table[self.settled_rows] = True
            return packed(table)
        live = self.settled.live
        return packed(live if self._wanted is None else live & self._wants(self.settled.groups))

    def __len__(self) -> int:
        return self.settled_count + len(self.young_rows)

    def all(self) -> Ids:
        """The settled rows."""
        return self.of(np.arange(len(self.settled))) if self.settled_rows is None else self.settled_rows


def search(lists: Lists, admitted: Admitted, query: Vectors, k: int, distinct: bool) -> tuple[Hits, int]:
    """The hits, and how many settled rows were read for them."""
    fetched = (_ENTRIES * k if distinct else k + k // 4) + _SPARE
    asked = LISTS_ASKED if admitted.settled_count > NARROW * len(admitted.settled) else 2 * LISTS_ASKED
    asked = max(asked, lists.count * _ROOM * fetched // max(1, admitted.settled_count))
    every = distinct and admitted.groups is not None and len(admitted.groups) <= k
    while not every and len(admitted) > max(FEW, fetched) and asked < 4 * lists.count:
        rows = _nearest(lists, admitted, query, fetched, asked)
        if distinct:
            rows = rows[_first_few(admitted.settled.groups[rows], k + _SPARE)]
        hits = _compared(admitted, rows, _near_young(lists, admitted, query, asked), query, k, distinct)
        if len(hits) == k:
            return hits, len(rows)
        fetched, asked = 4 * fetched, 4 * asked
    return _compared(admitted, admitted.all(), admitted.young_rows, query, k, distinct), admitted.settled_count


def _nearest(lists: Lists, admitted: Admitted, query: Vectors, count: int, asked: int) -> Ids:
    """Settled rows, best first."""
    fetched = count * len(admitted.settled) // max(1, admitted.settled_count)
    if fetched <= _LEFT_OUT or admitted.settled_count == len(admitted.settled):
        return admitted.of(lists.search(query, min(fetched, len(admitted.settled)), asked))
    return lists.search(query, min(count, admitted.settled_count), asked, admitted.bits)


def _first_few(groups: Ids, count: int) -> NDArray[np.bool_]:
    """Which of these, best first, may be the best of one of so many groups: the first few of each."""
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    nth = np.empty(len(groups), np.int64)
    nth[order] = np.arange(len(groups)) - np.repeat(starts, np.diff(starts, append=len(groups)))
    promising: NDArray[np.bool_] = (nth < _OF_A_GROUP) & (np.cumsum(nth == 0) <= count)
    return promising


def _near_young(lists: Lists, admitted: Admitted, query: Vectors, asked: int) -> Ids:
    rows = admitted.young_rows
    if len(rows) <= _FEW_YOUNG:
        return rows
    near = np.zeros(lists.count + 1, np.bool_)
    near[lists.nearest_lists(query[None], min(asked, lists.count))[0]] = True
    near[NO_LIST] = True
    return rows[near[admitted.young.lists[rows]]]


def _compared(admitted: Admitted, settled: Ids, young: Ids, query: Vectors, k: int, distinct: bool) -> Hits:
    """The best of these rows."""
    if distinct or k < len(settled):
        settled = promising(admitted.settled.vectors, settled, admitted.settled.groups[settled], query, k, distinct)
    parts = [(admitted.settled, settled), (admitted.young, young)]
    found = [
        similarities(admitted.settled.vectors_at(settled[start : start + ROWS_AT_ONCE]), query)
        for start in range(0, len(settled), ROWS_AT_ONCE)
    ]
    found += similarities_at(admitted.young, young, query[None])
    ids, groups, versions = (
        np.concatenate([getattr(rows, name)[at] for rows, at in parts]) for name in ("ids", "groups", "versions")
    )
    return ranked(ids, groups, versions, np.concatenate(found), k, distinct)
