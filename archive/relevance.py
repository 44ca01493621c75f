"""What a similarity is worth: 0 to 1, against the archive's own background.

The background is how similar passages of two different articles are that were drawn at random. The mean and the deviation of
that belong to the archive and the model, so a relevance means the same for every query, and under another model. A similarity
becomes the distance from the background's mean in its deviations, and that a number from 0 to 1 through the logistic function.
It never looks at the list of results: the best of nothing is nothing.
"""

from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from archive.fusion import logistic
from embeddings import Vectors

PRIOR_MEAN: Final = 0.10
PRIOR_DEVIATION: Final = 0.12
PRIOR_WEIGHT: Final = 50
"""As many passages' worth of a usual background: a small archive has none of its own yet."""

MIDDLE: Final = 2.5
"""Deviations above the background at which a similarity is as good as not."""
SLOPE: Final = 1.5

LEXICAL_SHARE: Final = 0.5
"""How sure words alone make: an article that holds every word of the query as densely as BM25 can reward."""


Number = TypeVar("Number", float, NDArray[np.float64])
"""One, or many at once."""


FLOOR: Final = 0.02
"""Less relevant than this is not shown, if nobody says otherwise."""

BY_MEANING: Final = 2.2
BY_WORDS: Final = 2.8
BY_BOTH: Final = -5.2
BY_WORDS_ALONE: Final = (6.1, -3.4)
"""Coefficients of logistic regression: how likely people judge an article relevant, from its similarity's place on the yardstick
and its share of the words; and from the words alone."""

MOST: Final = 0.5
"""Of the words' share: none of 525 questions on other subjects reached it in digitalgov but one, with 0.503."""

COVERED: Final = 0.93
COVERED_WITHIN: Final = 0.04
NEAREST_SHARE: Final = 0.4
NEIGHBOURS: Final = 10
ONE_IN: Final = 200
"""An archive that covers a subject has several articles near a question about it, and not only one by chance."""


def judged(place: NDArray[np.float64] | None, share: NDArray[np.float64]) -> NDArray[np.float64]:
    """How likely people find an article relevant, if its archive covers the subject at all. `place`: of the similarity on the
    model's yardstick, None if meaning was not searched; `share`: BM25 as a share of what there is to reach."""
    share = np.clip(share, 0.0, 1.0)
    if place is None:
        return logistic(BY_WORDS_ALONE[0] * share + BY_WORDS_ALONE[1])
    return logistic(BY_MEANING * place + BY_WORDS * share + BY_BOTH)


def neighbours(articles: int) -> int:
    """How many of the nearest articles tell whether an archive of that size covers a subject."""
    return min(NEIGHBOURS, -(-articles // ONE_IN))


def covered(places: NDArray[np.float64]) -> float:
    """How sure an archive covers a subject, by the places of its nearest articles, best first; an empty one does not."""
    if not len(places):
        return 0.0
    nearest = NEAREST_SHARE * places[0] + (1 - NEAREST_SHARE) * places.mean()
    return float(logistic(np.asarray((nearest - COVERED) / COVERED_WITHIN)))


@dataclass(frozen=True, slots=True)
class Background:
    """Cosines of random pairs of passages of different articles."""

    mean: float = PRIOR_MEAN
    deviation: float = PRIOR_DEVIATION

    @classmethod
    def of(cls, groups: NDArray[np.int64], vectors: Vectors) -> "Background":
        """From a sample of passages: `groups` (n,) says of which article, `vectors` (n, dimension)."""
        rows, columns = np.triu_indices(len(groups), 1)
        apart = groups[rows] != groups[columns]
        if not apart.any():
            return cls()
        cosines = (vectors @ vectors.T)[rows[apart], columns[apart]]
        own = len(groups) / (len(groups) + PRIOR_WEIGHT)
        return cls(
            own * float(cosines.mean()) + (1 - own) * PRIOR_MEAN,
            own * float(cosines.std()) + (1 - own) * PRIOR_DEVIATION,
        )

    def of_similarity(self, similarity: Number) -> Number:
        """Relevance of a cosine."""
        deviations = (similarity - self.mean) / self.deviation
        worth: Number = 1 / (1 + np.exp(np.minimum(50.0, -SLOPE * (deviations - MIDDLE))))
        return worth


def of_words(bm25: Number, ceiling: float) -> Number:
    """Relevance of a BM25 score: the share of what any document could reach for this query at all."""
    share: Number = np.minimum(1.0, bm25 / ceiling) if ceiling > 0 else 0.0 * bm25
    return LEXICAL_SHARE * share


def together(semantic: Number, lexical: Number) -> Number:
    """Two kinds of evidence, each able to speak for itself: noisy or."""
    return 1 - (1 - semantic) * (1 - lexical)
