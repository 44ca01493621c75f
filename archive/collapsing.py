"""Which candidates are copies of one another, or of a seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from archive.copies import ALIKE, Resemblances
from archive.seeds import Source
from db import Connection
from db.records import Keys
from embeddings import VectorIndex, Vectors, product

COMPARED: Final = 200
"""Candidates that are compared with each other; of those further down only exact copies are found."""

_BLOCK: Final = 26


@dataclass(frozen=True, slots=True)
class Collapsed:
    """Rows of candidates: those that `stand` in the list, in their order; the others that each of those has copies in; and the
    copies of seeds."""

    stand: NDArray[np.int64]
    also: dict[int, list[int]]
    of_seeds: list[int]


def collapsed(
    conn: Connection,
    index: VectorIndex,
    known: Resemblances,
    articles: Keys,
    versions: Keys,
    texts: NDArray[np.uint64],
    seeds: Sequence[Source],
) -> Collapsed:
    """Of candidates, best first. `texts` is equal where the texts are the very same."""
    middles = known.middles.of(index, articles[:COMPARED], versions[:COMPARED])
    states = list(zip(articles[:COMPARED].tolist(), versions[:COMPARED].tolist(), strict=True))
    of_seeds = _of_seeds(conn, known, states, middles, seeds)
    partners = _partners(conn, known, states, middles)
    return each_once(articles, texts, partners, of_seeds)


def _of_seeds(
    conn: Connection,
    known: Resemblances,
    states: Sequence[tuple[int, int]],
    middles: Vectors,
    seeds: Sequence[Source],
) -> list[int]:
    """Only of those that mean nearly the same are the words looked at."""
    cosines = product(middles, np.array([seed.passages.middle for seed in seeds]))
    near = np.flatnonzero((cosines >= ALIKE).any(axis=1)).tolist()
    answers = [
        known.copies_of(conn, seed, {states[row]: float(cosines[row, number]) for row in near})
        for number, seed in enumerate(seeds if near else ())
    ]
    return [row for row, *found in zip(near, *answers, strict=True) if any(found)]


def _partners(conn: Connection, known: Resemblances, states: Sequence[tuple[int, int]], middles: Vectors) -> dict[int, list[int]]:
    """For each row that has copies above it, those."""
    earlier, later, cosines = _alike(middles)
    pairs = {
        (min(states[one], states[other]), max(states[one], states[other])): cosine
        for one, other, cosine in zip(earlier, later, cosines, strict=True)
    }
    partners: dict[int, list[int]] = {}
    for one, other, are_copies in zip(earlier, later, known.copies(conn, pairs), strict=True):
        if are_copies:
            partners.setdefault(other, []).append(one)
    return partners


def _alike(middles: Vectors) -> tuple[list[int], list[int], list[float]]:
    """The rows of all pairs that mean nearly the same, and their cosines, a block of the triangle at a time."""
    earlier: list[int] = []
    later: list[int] = []
    cosines: list[float] = []
    for start in range(0, len(middles), _BLOCK):
        found = product(middles[: start + _BLOCK], middles[start : start + _BLOCK])
        one, other = np.nonzero(found >= ALIKE)
        above = one < other + start
        one, other = one[above], other[above]
        earlier += one.tolist()
        later += (other + start).tolist()
        cosines += found[one, other].tolist()
    return earlier, later, cosines


def each_once(articles: Keys, texts: NDArray[np.uint64], partners: dict[int, list[int]], of_seeds: Sequence[int]) -> Collapsed:
    """A row that has the very text of one above it, or is a copy of one that stands above it (of several: the oldest article),
    stands there."""
    _, first, counts = np.unique(texts, return_inverse=True, return_counts=True)
    doubtful = {*np.flatnonzero(counts[first] > 1).tolist(), *partners, *of_seeds}
    stands = np.ones(len(articles), np.bool_)
    also: dict[int, list[int]] = {}
    by_text: dict[int, int] = {}
    for row in sorted(doubtful):
        others = [other for other in partners.get(row, ()) if stands[other]]
        place = by_text.get(int(texts[row]), min(others, key=lambda other: articles[other], default=None))
        if row in of_seeds or place is not None:
            stands[row] = False
        else:
            by_text[int(texts[row])] = row
        if row not in of_seeds and place is not None:
            also.setdefault(place, []).append(row)
    return Collapsed(np.flatnonzero(stands), also, list(of_seeds))
