"""How every article stands in the database, in columns: what a ranking has to know of a thousand articles at once.

Reading it from the database took a sixth of a search. So it is kept here, and brought up to date at the moment of each question,
in the question's own transaction: whatever the change log has after the last look is read, mostly nothing.
"""

import re
import threading
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from db import Connection, articles, changes
from db.records import Keys

UNDATED: Final = np.iinfo(np.int64).min
"""In the column of publication dates: none."""
NO_SERIES: Final = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """How far the database and the indexes are, and whether meaning can be searched: all that an answer depends on beside the
    question. `anywhere`: how far the indexes of other processes are, of which an answer has no less."""

    seq: int
    vectors: int
    words: int
    anywhere: int
    encoder_ready: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """The columns as of `seq`, indexed by the article's key. What another transaction wrote since may show already: then an
    article is no longer what an index said of it, which whoever shows it finds out anyway."""

    seq: int
    versions: Keys
    """The article's place in the change log; 0 where there is none of that key."""
    published: Keys
    texts: NDArray[np.uint64]
    """Equal for articles with the very same text: the first 64 bits of its sha256."""
    series: NDArray[np.int32]
    """A number for each series, without regard to case, named by the article or else by its title; NO_SERIES for none."""

    def current(self, keys: Keys, versions: Keys) -> NDArray[np.bool_]:
        """Of articles as an index knows them: whether that is how they are."""
        known = keys < len(self.versions)
        found: NDArray[np.bool_] = known & (self.versions[np.where(known, keys, 0)] == versions)
        return found

    def holds(self, key: int, version: int) -> bool:
        """As `current`, for one."""
        return key < len(self.versions) and bool(self.versions[key] == version)


_HEAD = re.compile(r"(.+?)(?::| [-–—|]) ")


def named_in(title: str) -> str | None:
    """The series that a title names before a colon or a dash, without numbers: columns and calendars of events are mostly called
    so, and nowhere else named. One word is more often what the article is about."""
    head = _HEAD.match(title)
    words = [word for word in head[1].split() if not any(letter.isdigit() for letter in word)] if head else []
    return " ".join(words).rstrip(",") if len(words) > 1 else None


class Standings:
    """The columns of one archive."""

    def __init__(self) -> None:
        self._now = _nothing()
        self._series: dict[str, int] = {}
        self._lock = threading.Lock()

    def at(self, conn: Connection) -> Standing:
        """As the database is in this transaction, of which this should be the first question."""
        with self._lock:
            seq = changes.seq(conn)
            if seq < self._now.seq:
                self._now = _nothing()  # a database put back from a backup
            if seq > self._now.seq:
                self._now = self._read(conn, seq)
            return self._now

    def _read(self, conn: Connection, seq: int) -> Standing:
        found = articles.standing_after(conn, self._now.seq)
        now = _with_room(self._now, max(found, default=0))
        gone = articles.deleted_after(conn, now.seq) if now.seq else np.empty(0, np.int64)
        now.versions[gone[gone < len(now.versions)]] = 0
        if found:
            keys = np.fromiter(found, np.int64, len(found))
            versions, published, texts, series, titles = zip(*found.values(), strict=True)
            now.versions[keys] = versions
            now.published[keys] = [UNDATED if micros is None else micros for micros in published]
            now.texts[keys] = [int(digest[:16], 16) for digest in texts]
            now.series[keys] = [self._number(name or named_in(title)) for name, title in zip(series, titles, strict=True)]
        return replace(now, seq=seq)

    def _number(self, series: str | None) -> int:
        return self._series.setdefault(series.casefold(), len(self._series) + 1) if series else NO_SERIES


def _nothing() -> Standing:
    return Standing(0, np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1, np.uint64), np.zeros(1, np.int32))


def _with_room(now: Standing, key: int) -> Standing:
    """The same in longer columns, where these do not reach to the key."""
    if key < len(now.versions):
        return now

    def longer(column: NDArray) -> NDArray:  # type: ignore[type-arg]
        grown = np.zeros(max(key + 1, 2 * len(column)), column.dtype)
        grown[: len(column)] = column
        return grown

    return Standing(now.seq, longer(now.versions), longer(now.published), longer(now.texts), longer(now.series))
