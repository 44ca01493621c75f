"""What an answer is worth: how likely people judge it relevant, 0 to 1.

It never looks at the list of results: the best of nothing is nothing. The coefficients and what they were fitted on are in
docs/decisions/0012-relevance.md.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from archive.fusion import logistic

FLOOR: Final = 0.02
"""Less relevant than this is not shown, if nobody says otherwise."""

BY_MEANING: Final = 2.2
BY_WORDS: Final = 2.8
BY_BOTH: Final = -5.2
BY_WORDS_ALONE: Final = (6.1, -3.4)
"""Coefficients of logistic regression: how likely people judge an article relevant, from its similarity's place on the yardstick
and its share of the words; and from the words alone."""

ALIGNED: Final = 2.6
SHARED: Final = 50.0
NEITHER: Final = -4.6
"""As above, of two articles."""

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


def related(place: NDArray[np.float64], words: NDArray[np.float64]) -> NDArray[np.float64]:
    """How likely people find two articles related. `place`: of their alignment on the model's yardstick; `words`: how much of
    each other's words they have."""
    return logistic(ALIGNED * place + SHARED * words + NEITHER)
