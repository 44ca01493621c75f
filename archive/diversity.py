"""Unlike one another first: maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from archive.alignment import middles
from archive.rankings import Candidate
from db.records import Keys
from embeddings import VectorIndex, product

AT_MOST: Final = 200
"""Candidates that are put in a new order; the rest follows as it was."""


def diversified(candidates: Sequence[Candidate], index: VectorIndex, diversity: float) -> list[Candidate]:
    """Candidates, best first, in the order of `unlike_first`, with its scores."""
    listed = list(candidates)
    articles = np.array([candidate.article for candidate in listed], np.int64)
    order, scores = unlike_first(index, articles, np.array([candidate.score for candidate in listed]), diversity)
    return [replace(listed[row], score=score) for row, score in zip(order.tolist(), scores.tolist(), strict=True)]


def unlike_first(
    index: VectorIndex, articles: Keys, scores: NDArray[np.float64], diversity: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows, and the score that each has been chosen for; those that follow AT_MOST others keep theirs.

    The next is always the one of highest (1 - diversity)·score - diversity·(similarity to the nearest one chosen before)."""
    order, new = np.arange(len(articles)), scores.copy()
    ranked, vectors = [*range(min(AT_MOST, len(articles)))], middles(index, articles[:AT_MOST])
    alike = product(vectors, vectors)
    nearest = np.zeros(len(ranked))
    worth = (1 - diversity) * scores[: len(ranked)]
    for place in range(len(ranked)):
        best = ranked.pop(int(np.argmax(worth[ranked] - diversity * nearest[ranked])))
        order[place], new[place] = best, worth[best] - diversity * nearest[best]
        nearest = np.maximum(nearest, alike[best])
    return order, new
