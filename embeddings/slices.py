"""How many texts go through a model at once, and how they are filled up to one length."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

STEP = 16
"""Texts are filled up to multiples of so many tokens: a model on the CPU prepares anew for each shape that it has not just had.

Queries of 5 to 14 tokens, each filled up to its own length: 4.0 ms; to 16: 3.4 ms. Bulk is as fast either way, in half the
memory (41 and 81 MB), because there are fewer shapes to keep plans for."""

SHORT = (16, 32)
"""Tokens, filled up, of texts that go one by one through a model for that very length: 3.2 and 4.9 ms. A model for any length
takes 3.9 and 5.9, and 2 more whenever the length is another than the last one's."""

TOGETHER = 4
"""Texts that somebody waits for, in one call of the model, at most: four short ones take half to three quarters of the time of
four calls, eight no less for each, and the first would wait for the last."""

FEW = 2
"""Short texts that take no longer one by one than as four, filled up."""


def filled_to(length: int) -> int:
    return -(-length // STEP) * STEP


def slices(lengths: Sequence[int], *, tokens: int, texts: int = 32) -> Iterator[list[int]]:
    """Positions in slices of similar length, longest first: at most `texts`, and `tokens` after filling up, each; never none."""
    current: list[int] = []
    for position in sorted(range(len(lengths)), key=lambda position: -lengths[position]):
        longest = filled_to(lengths[current[0]]) if current else 0
        if current and (len(current) == texts or longest * (len(current) + 1) > tokens):
            yield current
            current = []
        current.append(position)
    if current:
        yield current


def padded(ids: Sequence[Sequence[int]], padding: int, most: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(n, length) token ids filled up with `padding` to one length of at most `most`, and the mask that says which are real."""
    lengths = [len(row) for row in ids]
    mask = np.zeros((len(ids), min(filled_to(max(lengths)), most)), np.int64)
    filled = np.full(mask.shape, padding, np.int64)
    for row, (tokens, length) in enumerate(zip(ids, lengths, strict=True)):
        filled[row, :length] = tokens
        mask[row, :length] = 1
    return filled, mask
