"""Near duplicates: articles that share most of their word sequences.

Resemblance as in Broder, "On the resemblance and containment of documents" (1997): the Jaccard coefficient of the sets of
shingles, runs of four words. What two articles have in common does not change for as long as neither does, so it is kept.
"""

import re
import threading
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from archive.alignment import middles
from archive.memory import Memory
from db import Connection, articles
from db.records import Keys
from embeddings import VectorIndex, Vectors

WORDS: Final = 4
RESEMBLANCE: Final = 0.4
"""From here on two articles are copies: most rewrites of an agency piece lie between 0.35 and 0.6."""

SHINGLES_KEPT: Final = 1_000_000
"""8 MB: of some 2,000 articles. With them the articles that are compared again and again need not be read again."""
PAIRS_KEPT: Final = 50_000
MIDDLES_KEPT: Final = 4096
"""6 MB, with 384 dimensions."""

Shingles: TypeAlias = NDArray[np.uint64]
"""Ascending. A number for each run of words; that two of them have the same is as likely as with any hash of 64 bits."""

State: TypeAlias = tuple[int, int]
"""An article's key and place in the change log, which together name what it says."""

_WORD = re.compile(r"\w+")
_MIXED: Final = np.array([1, 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
"""Large odd numbers, so that the order of the words counts."""


def shingles(text: str) -> Shingles:
    words = np.array([*map(hash, _WORD.findall(text.casefold()))], np.int64).view(np.uint64)
    whole = np.pad(words, (0, max(0, WORDS - len(words))))
    runs = np.sort(np.lib.stride_tricks.sliding_window_view(whole, WORDS) @ _MIXED)
    distinct: Shingles = runs[np.append(True, runs[1:] != runs[:-1])]
    return distinct


def resemblance(one: Shingles, other: Shingles) -> float:
    """0 to 1."""
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)


class Resemblances:
    """Which articles are copies. Safe for several threads."""

    def __init__(self) -> None:
        self._shingles: Memory[State, Shingles] = Memory(SHINGLES_KEPT, len)
        self._pairs: Memory[tuple[State, State], bool] = Memory(PAIRS_KEPT)
        self.middles = Middles(MIDDLES_KEPT)

    def copies(self, conn: Connection, pairs: Sequence[tuple[State, State]]) -> list[bool]:
        """For each pair whether they are; not, if one of them is no longer in that state."""
        known = {pair: self._pairs.get(pair) for pair in pairs}
        unknown = [pair for pair, found in known.items() if found is None]
        said = self._said(conn, {state for pair in unknown for state in pair}) if unknown else {}
        for one, other in unknown:
            if one in said and other in said:
                known[one, other] = resemblance(said[one], said[other]) >= RESEMBLANCE
                self._pairs.keep((one, other), bool(known[one, other]))
        return [bool(known[pair]) for pair in pairs]

    def copies_of_text(self, conn: Connection, text: str, states: Sequence[State]) -> list[bool]:
        """For each article whether it is a copy of the text."""
        said = self._said(conn, states)
        own = shingles(text) if said else np.empty(0, np.uint64)
        return [state in said and resemblance(said[state], own) >= RESEMBLANCE for state in states]

    def _said(self, conn: Connection, states: Iterable[State]) -> dict[State, Shingles]:
        """What those of the articles say that are in that state."""
        held = {state: self._shingles.get(state) for state in states}
        found = {state: known for state, known in held.items() if known is not None}
        missing = [key for key, seq in held if (key, seq) not in found]
        for key, (seq, text) in articles.texts(conn, missing).items() if missing else ():
            found[key, seq] = shingles(text)
            self._shingles.keep((key, seq), found[key, seq])
        return found


class Middles:
    """The middles of articles' passages, worked out once: a table in which each article has one place, shared with others."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._states = np.full((2, size), -1, np.int64)
        self._vectors: Vectors | None = None
        self._lock = threading.Lock()

    def of(self, index: VectorIndex, keys: Keys, versions: Keys) -> Vectors:
        """(keys, dimension). Of articles as the index has them just now, if it has other versions."""
        places, states = keys % self._size, np.stack([keys, versions])
        with self._lock:
            if self._vectors is None:
                self._vectors = np.zeros((self._size, index.dimension), np.float32)
            found, missing = self._vectors[places], (self._states[:, places] != states).any(axis=0)
        if missing.any():
            found[missing] = middles(index, keys[missing])
            with self._lock:
                self._vectors[places[missing]] = found[missing]
                self._states[:, places[missing]] = states[:, missing]
        return found
