"""BM25 as tantivy computes it, and the order of what it scored."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from lexical.index import Ids, Scale, WordHits

K1 = 1.2
B = 0.75
MOST_WORDS = 64
"""A whole article as a query has hundreds of words; its rarest decide, and the rest would only cost time."""

Counted = TypeVar("Counted", bound=tuple[Any, ...])

_NOISE = 1e-5
"""Scores whose ratio is nearer to one are equal: sums of float32 depend on the order in which they are added up."""


def inverse_frequency(documents: int, holding: int) -> float:
    return math.log1p((documents - holding + 0.5) / (holding + 0.5))


class TermWeight(NamedTuple):
    """What a word counts for. It adds its idf, or nothing, to a document's score: with probability p of having it the variance is
    idf² p (1 - p)."""

    idf: float
    variance: float


def term_weight(documents: int, holding: int) -> TermWeight:
    idf, chance = inverse_frequency(documents, holding), (holding + 0.5) / (documents + 1)
    return TermWeight(idf, idf * idf * chance * (1 - chance))


def scale(documents: int, known: Sequence[TermWeight], unknown: int, most: int) -> Scale:
    """`known`: the words that count; `unknown`: how many words no document has, which count if there is room for them."""
    missing = min(unknown, max(0, most - len(known))) * inverse_frequency(documents, 0)
    full = math.fsum(weight.idf for weight in known) + missing
    return Scale((K1 + 1) * full, math.sqrt(max(math.fsum(weight.variance for weight in known), 0.0)))


def rarest(words: Iterable[Counted], most: int) -> list[Counted]:
    """Of words that begin with (in how many documents, word): at most so many, those in fewest documents; without those that no
    document has."""
    return sorted(word for word in words if word[0])[:most]


def ranked(ids: Ids, groups: Ids, versions: Ids, scores: NDArray[np.float32], k: int, total: int) -> WordHits:
    """The k best, highest score first; scores that differ by rounding alone are made equal, and ordered by id."""
    order = np.argsort(-scores, kind="stable")
    scores = scores[order]
    return in_order(ids[order], groups[order], versions[order], scores, equal_runs(scores), k, total)


def in_order(ids: Ids, groups: Ids, versions: Ids, descending: NDArray[np.float32], runs: Ids, k: int, total: int) -> WordHits:
    """The k best of hits with these scores; each run of equal ones has one score, and is ordered by id."""
    if not len(runs) or runs[-1] + 1 == len(runs):  # no two are equal
        return WordHits(ids[:k], groups[:k], versions[:k], descending[:k], total)
    level = descending[np.searchsorted(runs, runs)]
    kept = np.lexsort((ids, runs))[:k]
    return WordHits(ids[kept], groups[kept], versions[kept], level[:k], total)


def equal_runs(descending: NDArray[np.float32]) -> Ids:
    """For each score the number of its run of equal ones, counted from 0."""
    runs = np.zeros(len(descending), np.int64)
    np.cumsum(descending[:-1] - descending[1:] > _NOISE * descending[:-1], out=runs[1:])
    return runs


def _quantised_lengths() -> NDArray[np.int64]:
    """The 256 field lengths that tantivy tells apart: to 40 every one, then eight to each doubling."""
    lengths = list(range(24))
    for code in range(232):
        mantissa, exponent = code & 7, (code >> 3) - 1
        lengths.append(24 + (mantissa if exponent < 0 else (mantissa | 8) << exponent))
    return np.array(lengths, np.int64)


_LENGTHS = _quantised_lengths()


def quantised(length: int) -> int:
    """The length that a field of so many words is taken to have: the next one below that can be told apart."""
    return int(_LENGTHS[np.searchsorted(_LENGTHS, length, side="right") - 1])
