"""MinHash: of each of many permutations of all numbers, the least that a set has. Two sets have as many in common as they
resemble each other (Broder, "On the resemblance and containment of documents", 1997).

A permutation is `factor * x + term` modulo 2³², with odd factors; before it, numbers are mixed as MurmurHash3 does in the end,
since such permutations keep something of an order that was there. These are the values of the scheme "affine32" of the library
datasketch, which would load SciPy, 27 MB and 0.3 s, for what is ten lines (docs/decisions/0013-duplicates.md). They are
stored, so they have to stay what they are.
"""

from functools import cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.uint32]

_AT_ONCE: Final = 2_048


def least(numbers: Numbers, permutations: int) -> Numbers:
    """(permutations,) of a set that is not empty."""
    factors, terms = _permutations(permutations)
    mixed = _mixed(numbers)
    found = np.full(permutations, 0xFFFFFFFF, np.uint32)
    for start in range(0, len(mixed), _AT_ONCE):
        permuted = mixed[start : start + _AT_ONCE, None] * factors + terms
        np.minimum(found, permuted.min(axis=0), out=found)
    return found


@cache
def _permutations(count: int) -> tuple[Numbers, Numbers]:
    drawn = np.random.RandomState(1)  # whose numbers stay the same in every version of NumPy (NEP 19)
    factors = drawn.randint(0, 1 << 31, count, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return factors, drawn.randint(0, 1 << 32, count, dtype=np.uint32)


def _mixed(numbers: Numbers) -> Numbers:
    mixed: Numbers = numbers ^ (numbers >> np.uint32(16))
    mixed = mixed * np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2AE35)
    mixed ^= mixed >> np.uint32(16)
    return mixed
