"""Sketches of articles, made in the background: what finds those that resemble each other without comparing all with all.

MinHash (Broder 1997) estimates how much of two sets is common; in bands (locality-sensitive hashing: Leskovec, Rajaraman, Ullman,
Mining of Massive Datasets, chapter 3) articles with a resemblance of s share one with a probability of 1 - (1 - s³)⁴⁰: 0.93 at
0.4, 0.995 at 0.5, 0.00001 at 0.01. What the bands propose is compared run by run of words, so that what is stored is exact.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Final

import numpy as np

from archive.courtesy import Courtesy
from archive.indexer import Indexer, Progress
from archive.minhash import least
from archive.shingles import Shingles, resemblance, shingles, words
from db import Connection, Database, changes, passages, sketches
from db.records import Vectors
from db.sketches import Resemblance, Sketch, Wording

BANDS: Final = 40
ROWS: Final = 3
BATCH: Final = 64
"""Articles sketched at once: they are compared outside of any transaction, and written in one of some 20 ms."""
COMPARED: Final = 32
"""Candidates that an article is compared with at most, of those that are stored, and again of those in its batch."""
KEPT: Final = 0.3
"""Resemblances from here on are stored: those of copies, and a little below, to see what is shared with others as well."""
LEAST_WORDS: Final = 8
"""A paragraph of fewer words is nobody's."""

_MIXED: Final = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
_APART: Final = np.arange(BANDS, dtype=np.uint64) * np.uint64(0xD6E8FEB86659FD93)


def bands(found: Shingles) -> list[int]:
    """As signed 64-bit numbers, which databases have."""
    rows = least(found.astype(np.uint32), BANDS * ROWS).astype(np.uint64).reshape(BANDS, ROWS)
    mixed: list[int] = (rows @ _MIXED + _APART).view(np.int64).tolist()
    return mixed


def mark(text: str) -> int | None:
    """Equal for paragraphs of the same words; None where they are too few."""
    said = words(text)
    if len(said) < LEAST_WORDS:
        return None
    return int.from_bytes(blake2b(" ".join(said).encode(errors="surrogatepass"), digest_size=8).digest(), signed=True)


def sketch(wording: Wording) -> Sketch:
    marks = {key: found for key, text in wording.paragraphs if (found := mark(text)) is not None}
    return Sketch(wording.key, wording.seq, bands(shingles(wording.text)), marks)


class Sketcher:
    """Sketches the articles of one archive, a batch at a time, in one process at a time."""

    def __init__(self, db: Database, indexer: Indexer, courtesy: Courtesy) -> None:
        self._db = db
        self._indexer = indexer
        self._courtesy = courtesy
        self._nothing_at = -1

    def step(self) -> int:
        """Sketch some articles; 0 when none waits whose passages have their vectors, or another process is sketching. Looks for
        them only if something was written since the last look that left none."""
        with self._db.read() as conn:
            seq = changes.seq(conn)
        if seq == self._nothing_at:
            return 0
        count = sketch_some(self._db, self._indexer.model, self._courtesy)
        if not count and not self.pending():
            self._nothing_at = seq
        return count

    def catch_up(self, progress: Progress | None = None) -> None:
        """Sketch all that is encoded so far, in this thread; `progress` counts articles."""
        total = left = self.pending()
        while left:
            if progress:
                progress(total - left, total)
            if not self.step():
                if self._indexer.lacks_vectors():
                    return
                time.sleep(0.05)  # another process is sketching
            left = self.pending()
        if progress and total:
            progress(total, total)

    def pending(self) -> int:
        """Articles without a sketch of what they say now."""
        with self._db.read() as conn:
            return sketches.pending(conn)


def sketch_some(db: Database, model: int, courtesy: Courtesy, limit: int = BATCH) -> int:
    """Sketch up to `limit` articles whose passages have their vectors; 0 when none is waiting, or another process is at it."""
    with db.exclusive("sketch", wait=0) as alone:
        if not alone:
            return 0
        with db.read() as conn:
            own = sketches.wordings(conn, sketches.waiting(conn, passages.first_unready(conn, model), limit))
            settled = sketches.done(conn) == sketches.reach(conn)
        made = [sketch(wording) for wording in courtesy.between(own.values())]
        with db.read() as conn:
            proposed = _proposed(conn, made)
            known = own | sketches.wordings(conn, sorted({key for keys in proposed.values() for key in keys} - own.keys()))
            found = _compared(conn, model, courtesy, known, proposed)
        if made or not settled:
            with db.write() as conn:
                sketches.store(conn, made, found, {key: wording.seq for key, wording in known.items()})
                sketches.settle(conn)
        return len(made)


def _proposed(conn: Connection, made: Sequence[Sketch]) -> dict[int, list[int]]:
    """For each article those that share a band with it: of the stored ones, and of those before it in the batch."""
    before: dict[int, list[int]] = defaultdict(list)
    batch = {each.article for each in made}
    proposed = {}
    for each in made:
        beside = Counter(key for band in each.bands for key in before[band])
        stored = (key for key in sketches.candidates(conn, each, COMPARED) if key not in batch)
        proposed[each.article] = [*(key for key, _ in beside.most_common(COMPARED)), *stored]
        for band in each.bands:
            before[band].append(each.article)
    return proposed


def _compared(
    conn: Connection, model: int, courtesy: Courtesy, known: Mapping[int, Wording], proposed: Mapping[int, Sequence[int]]
) -> list[Resemblance]:
    """Those of the proposed pairs that resemble each other."""
    pairs = [(min(key, other), max(key, other)) for key, others in proposed.items() for other in others if other in known]
    said = {key: shingles(known[key].text) for key in courtesy.between({key for pair in pairs for key in pair})}
    alike = [(*pair, resemblance(said[pair[0]], said[pair[1]])) for pair in pairs]
    close = [pair for pair in alike if pair[2] >= KEPT]
    middle = _middles(conn, model, sorted({key for one, other, _ in close for key in (one, other)}))
    return [
        Resemblance(one, other, alike, float(middle[one] @ middle[other]))
        for one, other, alike in close
        if one in middle and other in middle
    ]


def _middles(conn: Connection, model: int, keys: Sequence[int]) -> dict[int, Vectors]:
    """Of those that have their vectors."""
    stored = passages.vectors_of(conn, model, keys) if keys else {}
    sums = {key: found[1].sum(axis=0) for key, found in stored.items() if found is not None and len(found[1])}
    return {key: total / max(float(np.linalg.norm(total)), 1e-12) for key, total in sums.items()}
