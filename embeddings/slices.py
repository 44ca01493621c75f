"""How many texts go through a model at once."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray


def slices(lengths: Sequence[int], *, tokens: int, texts: int = 32) -> Iterator[list[int]]:
    """Positions in slices of similar length, longest first: at most `texts`, and `tokens` after filling up, each; never none."""
    current: list[int] = []
    for position in sorted(range(len(lengths)), key=lambda position: -lengths[position]):
        longest = lengths[current[0]] if current else 0
        if current and (len(current) == texts or longest * (len(current) + 1) > tokens):
            yield current
            current = []
        current.append(position)
    if current:
        yield current


def padded(ids: Sequence[Sequence[int]], padding: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(n, longest) token ids filled up with `padding`, and the mask that says which are real."""
    mask = np.arange(max(map(len, ids))) < np.array([len(row) for row in ids])[:, None]
    filled = np.full(mask.shape, padding, np.int64)
    filled[mask] = np.concatenate([np.asarray(row, np.int64) for row in ids])
    return filled, mask.astype(np.int64)
