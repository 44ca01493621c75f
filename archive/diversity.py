"""Unlike one another first: maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from archive.queries import unit
from archive.rankings import Candidate
from embeddings import VectorIndex

AT_MOST: Final = 200
"""Candidates that are put in a new order; the rest follows as it was."""


def diversified(candidates: Sequence[Candidate], index: VectorIndex, diversity: float) -> list[Candidate]:
    """The next is always the one of highest (1 - diversity)·score - diversity·(similarity to the nearest one chosen before)."""
    head, tail = list(candidates[:AT_MOST]), list(candidates[AT_MOST:])
    if not head:
        return tail
    middles = np.stack([_middle(index, candidate.article) for candidate in head])
    alike = middles @ middles.T
    scores = np.array([candidate.score for candidate in head], np.float32)
    nearest = np.zeros(len(head), np.float32)
    left = list(range(len(head)))
    chosen: list[Candidate] = []
    while left:
        worth = (1 - diversity) * scores[left] - diversity * nearest[left]
        best = left.pop(int(np.argmax(worth)))
        chosen.append(replace(head[best], score=float((1 - diversity) * scores[best] - diversity * nearest[best])))
        nearest = np.maximum(nearest, alike[best])
    return chosen + tail


def _middle(index: VectorIndex, article: int) -> np.ndarray:
    vectors = index.entries([article]).vectors
    return unit(vectors.mean(axis=0)) if len(vectors) else np.zeros(index.dimension, np.float32)
