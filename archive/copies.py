"""Near duplicates: articles that share most of their word sequences.

Resemblance as in Broder, "On the resemblance and containment of documents" (1997): the Jaccard coefficient of the sets of
shingles, runs of four words.
"""

import re
from collections.abc import Container, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from archive.queries import unit
from archive.rankings import Candidate
from db import Connection, articles
from embeddings import VectorIndex, Vectors

if TYPE_CHECKING:
    from archive.related import Source

WORDS: Final = 4
RESEMBLANCE: Final = 0.4
"""From here on two articles are copies: most rewrites of an agency piece lie between 0.35 and 0.6."""
COMPARED: Final = 200
"""Candidates that are compared with each other; of those further down only exact copies are found."""

ALIKE: Final = 0.85
"""Cosine of the middles that copies have besides: articles on two subjects poured into one form share words, and lie lower."""

_WORD = re.compile(r"\w+")

_MIXED: Final = np.array([1, 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
"""Large odd numbers, so that the order of the words counts."""

Shingles = frozenset[int]
"""Of each run of words a number; that two of them have the same is as likely as with any hash of 64 bits."""


def shingles(text: str) -> Shingles:
    words = np.array([hash(word) for word in _WORD.findall(text.casefold())], np.int64).view(np.uint64)
    whole = np.pad(words, (0, max(0, WORDS - len(words))))
    return frozenset((np.lib.stride_tricks.sliding_window_view(whole, WORDS) @ _MIXED).tolist())


def resemblance(one: Shingles, other: Shingles) -> float:
    """0 to 1."""
    common = len(one & other)
    return common / (len(one) + len(other) - common)


def without_near_copies(
    conn: Connection, index: VectorIndex, candidates: Sequence[Candidate], seeds: Sequence["Source"]
) -> tuple[list[Candidate], list[int]]:
    """The candidates, each of several copies once with the others in `also`; and the keys of those that are copies of a seed."""
    alike = _Alike(conn, index, [candidate.article for candidate in candidates[:COMPARED]], seeds)
    kept: dict[int, Candidate] = {}
    copies: list[int] = []
    by_text: dict[str, int] = {}
    for candidate in candidates:
        if alike.is_a_copy_of_a_seed(candidate.article):
            copies.append(candidate.article)
            continue
        first = by_text.get(candidate.text) or alike.copy_among(kept, candidate.article)
        if first is None:
            by_text[candidate.text] = candidate.article
            kept[candidate.article] = candidate
        else:
            kept[first] = replace(kept[first], also=(*kept[first].also, candidate.article))
    return list(kept.values()), copies


class _Alike:
    """Which articles are copies. Only of those that mean nearly the same are the words looked at."""

    def __init__(self, conn: Connection, index: VectorIndex, keys: Sequence[int], seeds: Sequence["Source"]) -> None:
        self._keys, middles = _middles(index, keys)
        self._place = {key: place for place, key in enumerate(self._keys)}
        self._near: NDArray[np.bool_] = np.greater_equal(middles @ middles.T, ALIKE)
        np.fill_diagonal(self._near, False)
        seed_middles = [unit(seed.passages.vectors.mean(axis=0)) for seed in seeds]
        self._near_a_seed: NDArray[np.bool_] = np.greater_equal(middles @ np.array(seed_middles).T, ALIKE).any(axis=1)
        suspects = [key for key, place in self._place.items() if self._near[place].any() or self._near_a_seed[place]]
        self._shingles = {key: shingles(text) for key, text in articles.texts(conn, suspects).items()}
        self._seeds = [shingles(seed.text) for seed in seeds]

    def is_a_copy_of_a_seed(self, key: int) -> bool:
        place = self._place.get(key)
        if place is None or not self._near_a_seed[place]:
            return False
        return any(resemblance(self._shingles[key], seed) >= RESEMBLANCE for seed in self._seeds)

    def copy_among(self, kept: Container[int], key: int) -> int | None:
        """The one of those kept that this is a copy of."""
        place = self._place.get(key)
        near = [] if place is None else np.flatnonzero(self._near[place]).tolist()
        return next((other for other in (self._keys[at] for at in near) if other in kept and self._are_copies(key, other)), None)

    def _are_copies(self, one: int, other: int) -> bool:
        return resemblance(self._shingles[one], self._shingles[other]) >= RESEMBLANCE


def _middles(index: VectorIndex, keys: Sequence[int]) -> tuple[list[int], Vectors]:
    """The articles that have vectors, ascending, and the middle of each one's, (n, dimension)."""
    entries = index.entries(keys)
    if not len(entries.ids):
        return [], np.zeros((0, index.dimension), np.float32)
    groups, starts = np.unique(entries.groups, return_index=True)
    sums = np.add.reduceat(entries.vectors, starts, axis=0)
    return groups.tolist(), sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
