"""What finds the vectors nearest to a vector.

Entries come in groups (one group per article, though nothing here knows that) and carry the group's version, so that whoever
asks can tell a stale entry from a current one. Groups are numbers that count up from 0 or 1: tables are as long as the largest.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from embeddings.encoder import Vectors

if TYPE_CHECKING:
    from embeddings.products import Products

Ids: TypeAlias = NDArray[np.int64]


class SnapshotDamaged(Exception):
    """A snapshot is torn, altered, or of another model or format; it has to be rebuilt from the stored vectors."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Parallel arrays, best first; equal similarities are ordered by id."""

    ids: Ids
    groups: Ids
    versions: Ids
    similarities: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Entries:
    """Parallel arrays, ordered by (group, id)."""

    ids: Ids
    groups: Ids
    versions: Ids
    vectors: Vectors


class VectorIndex(Protocol):
    """Safe to call from several threads; a search sees each group wholly before or wholly after a change of it."""

    dimension: int
    model: str
    """Digest of the model whose vectors these are."""
    cursor: int
    """How far of the change log is in here; set by whoever applies changes, saved with the snapshot."""

    @property
    def kind(self) -> str:
        """How it searches, for people: `exact`, `faiss/flat`, `faiss/ivf4096`."""

    @property
    def settled(self) -> int:
        """How many of the vectors are searched by lists, approximately: 0 in an exact index."""

    @property
    def untidy(self) -> bool:
        """Whether so much has changed that `tidy` would make searches faster."""

    def __len__(self) -> int:
        """Vectors held."""

    def replace(self, group: int, version: int, ids: Ids, vectors: Vectors) -> None:
        """The group is exactly these entries from now on (none: known, and empty). Ids are never reused by another group.

        Vectors are kept in half precision: those that were read from halves come back as they are."""

    def drop(self, group: int) -> None:
        """Forget the group; unknown ones are fine."""

    def search(self, query: Vectors, k: int, *, groups: Ids | None = None, distinct: bool = False) -> Hits:
        """The k entries of highest inner product with query, float32 (dimension,); only of `groups` (ascending) if given.

        `distinct`: at most one hit a group, its best. Never an entry outside `groups`; k hits whenever there are that many; each
        with its true similarity, equal ones in the order of their ids. While none has `settled`, and among as few as 4,096
        entries of `groups`, the hits are the very best; otherwise nearly all of them are (0008-index-as-it-grows.md)."""

    def search_many(self, queries: Vectors, k: int, *, groups: Ids | None = None, distinct: bool = False) -> list[Hits]:
        """What `search` finds for each of the queries, float32 (n, dimension), all in the same state of the index."""

    def products(self, queries: Vectors, groups: Ids | None = None) -> "Products":
        """The inner products of the queries, float32 (n, dimension), with every entry of the groups, without them of all groups.

        Groups that are unknown or empty are left out; the others are each there once, in no certain order."""

    def entries(self, groups: Iterable[int]) -> Entries:
        """All entries of the groups; unknown groups have none."""

    def version(self, group: int) -> int | None:
        """The group's version; None if it is unknown."""

    def versions(self) -> dict[int, int]:
        """group -> version, of all groups, the empty ones too."""

    def tidy(self, between: Callable[[], None] = ...) -> None:
        """Bring the index in the form that is searched fastest. It may take minutes; searches and writes go on.

        For one thread at a time. `between` is called between steps of a second or so; what it raises ends the work, and nothing
        has changed."""

    def save(self, path: Path) -> None:
        """Write a snapshot: temporary name, fsync, rename. Readers of the old one are not disturbed."""

    @classmethod
    def load(cls, path: Path, *, dimension: int, model: str) -> Self:
        """Raises FileNotFoundError, SnapshotDamaged."""
