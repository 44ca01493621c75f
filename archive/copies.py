"""Near duplicates: articles that share most of their word sequences, and mean the same.

What two articles have in common does not change for as long as neither does, so it is kept.

Shared words alone do not make copies: event pages and the parts of a series are poured into one form. What tells them apart is
in `are_copies` and `stand_out`, with the measurements in docs/decisions/0013-duplicates.md.
"""

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import numpy as np

from archive.alignment import middles
from archive.memory import Memory
from archive.seeds import Source
from archive.shingles import Shingles, resemblance, shingles, title_words
from db import Connection, sketches
from db.records import Keys
from db.sketches import Wording
from embeddings import VectorIndex, Vectors

RESEMBLANCE: Final = 0.5
"""What copies have at least: two thirds of the runs of words of each are in the other. Rewrites of one event lie below."""
ALIKE: Final = 0.85
"""Cosine of the middles that copies have besides: articles on two subjects poured into one form share words, and lie lower."""
LESS_ALIKE: Final = 0.1
"""By so much of what the resemblance lacks the cosine has to be higher: 0.9 at a resemblance of 0.5."""
CLOSE_IN_TIME: Final = 21 * 24 * 3600 * 1_000_000
"""Microseconds. A piece is taken over within days; what returns after a month is mostly a form, filled in anew."""
AGAIN: Final = 0.9
"""What resembles so much is a copy whenever it was published."""
MARGIN: Final = 0.05
"""By so much copies have to resemble each other more than either resembles an article on something else."""

SHINGLES_KEPT: Final = 1_000_000
"""8 MB: of some 2,000 articles. With them the articles that are compared again and again need not be read again."""
PAIRS_KEPT: Final = 50_000
MIDDLES_KEPT: Final = 4096
"""6 MB, with 384 dimensions."""

State: TypeAlias = tuple[int, int]
"""An article's key and place in the change log, which together name what it says."""

_PART = re.compile(
    r"\d+(st|nd|rd|th)?|[ivxlc]+|one|two|three|four|five|six|seven|eight|nine|ten|first|second|third|"
    r"jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?|"
    r"(mon|tues|wednes|thurs|fri|satur|sun)day|spring|summer|autumn|fall|winter"
)
"""A word that tells one part of a series, or one date of an event, from the next."""


class Headed(Protocol):
    """What has a title, and perhaps a date of publication in microseconds."""

    @property
    def title(self) -> str: ...

    @property
    def published(self) -> int | None: ...


def are_parts(one: str, other: str) -> bool:
    """Whether two titles differ, and only in numbers or dates: the parts of one series, or the dates of one event."""
    said = title_words(one), title_words(other)
    left, right = ([word for word in each if not _PART.fullmatch(word)] for each in said)
    return left == right and said[0] != said[1]


def are_copies(alike: float, similarity: float, one: Headed, other: Headed) -> bool:
    """Of two articles with that resemblance and cosine, whether they are copies: by their words, meaning, titles and dates."""
    if alike < RESEMBLANCE or similarity < ALIKE + LESS_ALIKE * (1 - alike) or are_parts(one.title, other.title):
        return False
    apart = abs(one.published - other.published) if one.published is not None and other.published is not None else 0
    return apart <= CLOSE_IN_TIME or alike >= AGAIN


def stand_out(alike: float, elsewhere: float) -> bool:
    """Whether two articles resemble each other more than either of them does one on something else (at most `elsewhere`): what
    they share with that one too is a form, and says nothing."""
    return alike > elsewhere + MARGIN


@dataclass(frozen=True, slots=True)
class Said:
    """What an article says, ready to compare."""

    shingles: Shingles
    title: str
    published: int | None

    @classmethod
    def of(cls, wording: Wording) -> "Said":
        return cls(shingles(wording.text), wording.title, wording.published)


class Resemblances:
    """Which articles are copies. Safe for several threads."""

    def __init__(self) -> None:
        self._shingles: Memory[State, Said] = Memory(SHINGLES_KEPT, lambda said: len(said.shingles))
        self._pairs: Memory[tuple[State, State], float] = Memory(PAIRS_KEPT)
        self.middles = Middles(MIDDLES_KEPT)

    def copies(self, conn: Connection, pairs: Mapping[tuple[State, State], float]) -> list[bool]:
        """For each pair, with the cosine of the middles, whether they are; not, if one of them is no longer in that state."""
        known = {pair: self._pairs.get(pair) for pair in pairs}
        unknown = [pair for pair, found in known.items() if found is None]
        said = self._said(conn, {state for pair in unknown for state in pair}) if unknown else {}
        for one, other in unknown:
            if one in said and other in said:
                known[one, other] = alike = _copied(said[one], said[other], pairs[one, other])
                self._pairs.keep((one, other), alike)
        return _standing_out(conn, [(one[0], other[0], known[one, other] or 0.0) for one, other in pairs])

    def copies_of(self, conn: Connection, seed: Source, states: Mapping[State, float]) -> list[bool]:
        """For each article, with the cosine of the middles, whether it is a copy of the seed."""
        said = self._said(conn, states)
        own = Said(shingles(seed.text), seed.title, self._published(conn, seed)) if said else None
        found = [(state[0], _copied(said[state], own, near) if own and state in said else 0.0) for state, near in states.items()]
        return _standing_out(conn, [(key, seed.key or key, alike) for key, alike in found])

    def _published(self, conn: Connection, seed: Source) -> int | None:
        piece = sketches.pieces(conn, [seed.key]).get(seed.key) if seed.key is not None else None
        return piece.published if piece else None

    def _said(self, conn: Connection, states: Iterable[State]) -> dict[State, "Said"]:
        """What those of the articles say that are in that state."""
        held = {state: self._shingles.get(state) for state in states}
        found = {state: known for state, known in held.items() if known is not None}
        missing = [key for key, seq in held if (key, seq) not in found]
        for key, wording in sketches.wordings(conn, missing).items() if missing else ():
            found[key, wording.seq] = said = Said.of(wording)
            self._shingles.keep((key, wording.seq), said)
        return found


def _copied(one: "Said", other: "Said", similarity: float) -> float:
    """How much copies resemble each other; 0 if they are none."""
    alike = resemblance(one.shingles, other.shingles)
    return alike if are_copies(alike, similarity, one, other) else 0.0


def _standing_out(conn: Connection, pairs: Sequence[tuple[int, int, float]]) -> list[bool]:
    """Of pairs of keys that resemble each other so much (0: they are no copies): which are copies, seen beside the others."""
    keys = {key for one, other, alike in pairs if alike for key in (one, other)}
    most = elsewhere(sketches.resembling(conn, sorted(keys))) if keys else {}
    return [alike > 0 and stand_out(alike, max(most.get(one, 0.0), most.get(other, 0.0))) for one, other, alike in pairs]


def elsewhere(found: sketches.Resemblances) -> dict[int, float]:
    """For each article that resembles one on something else, how much it does at most."""
    other = found.similarity < ALIKE
    most: dict[int, float] = {}
    for column in (found.one, found.other):
        for key, alike in zip(column[other].tolist(), found.resemblance[other].tolist(), strict=True):
            most[key] = max(alike, most.get(key, 0.0))
    return most


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
