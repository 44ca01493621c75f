"""What finds the documents that use given words, ranked by BM25.

Documents come in groups with a version, like the vectors' entries. A document has named text fields.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ids: TypeAlias = NDArray[np.int64]


class WordIndexDamaged(Exception):
    """The index on disk cannot be opened or is of another format; it has to be rebuilt."""


@dataclass(frozen=True, slots=True)
class Document:
    id: int
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Words:
    """What to look for: any of the words of `text`, and all of `phrases`, word by word in order in one field.

    With phrases and no text, documents that hold the phrases match. Words are analysed like the documents' (lower case,
    accents folded, stemmed)."""

    text: str = ""
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WordHits:
    """Parallel arrays, best first; equal scores are ordered by id. `total` counts all matches, also those beyond k."""

    ids: Ids
    groups: Ids
    versions: Ids
    scores: NDArray[np.float32]
    total: int

    def __len__(self) -> int:
        return len(self.ids)


_NONE: Final = np.empty(0, np.int64)
NO_HITS: Final = WordHits(_NONE, _NONE, _NONE, np.empty(0, np.float32), 0)


@dataclass(frozen=True, slots=True)
class Scale:
    """What scores for some words have to be held against. `full`: of a document that has every one of them, also of those that no
    document has, as densely as BM25 can reward, in a field of weight 1. `deviation`: the standard deviation of the scores of all
    documents, if words came independently of each other and each document's share were the same."""

    full: float
    deviation: float


class WordIndex(Protocol):
    """Readers see the last commit. One writer at a time, across processes; readers are never blocked."""

    @property
    def cursor(self) -> int:
        """How far of the change log the last commit is."""

    def __len__(self) -> int:
        """Documents held."""

    def replace(self, group: int, version: int, documents: Sequence[Document]) -> None:
        """The group is exactly these documents after the next commit. Raises WriterBusy if another process is writing."""

    def drop(self, group: int) -> None:
        """Forget the group after the next commit; unknown ones are fine."""

    def commit(self, cursor: int) -> None:
        """Make what was replaced and dropped visible and durable, together with the cursor; lets the writer go."""

    def refresh(self) -> None:
        """See what other processes have committed."""

    def search(self, words: Words, k: int, *, groups: Ids | None = None) -> WordHits:
        """The k best documents; only of `groups` (ascending) if given. Never a document outside `groups`."""

    def ceiling(self, words: Words) -> float:
        """The highest BM25 score any document could reach for the words: sum over words and fields of weight·idf·(k1+1)."""

    def scale(self, words: Words) -> Scale:
        """What scores for the words have to be held against; of many words the rarest count."""

    def weights(self, texts: Sequence[str]) -> list[dict[str, float]]:
        """For each text, its distinct analysed words with their idf in this index (for shared rare words)."""

    def versions(self) -> dict[int, int]:
        """group -> version of all groups with documents."""


class WriterBusy(Exception):
    """Another process is writing; what it commits will be seen after `refresh`."""
