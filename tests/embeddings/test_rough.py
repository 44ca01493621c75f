"""What is nearly right about halves leaves out nothing that is right."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from embeddings import Vectors
from embeddings.halves import decoded
from embeddings.rough import promising
from embeddings.similarity import ranked, similarities


def unit(rng: np.random.Generator, count: int, dimension: int) -> Vectors:
    vectors = rng.standard_normal((count, dimension)).astype(np.float32)
    found: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return found


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(0, 700),
    k=st.integers(0, 300),
    distinct=st.booleans(),
    dimension=st.sampled_from([3, 16, 384]),
    length=st.sampled_from([1.0, 30.0]),
)
def test_the_best_are_among_the_promising(seed: int, count: int, k: int, distinct: bool, dimension: int, length: float) -> None:
    rng = np.random.default_rng(seed)
    vectors = unit(rng, 800, dimension)
    too_long = 1 + rng.uniform(-1, 1, (800, 1)).astype(np.float32) * np.float32(2.0**-11)
    halves = (vectors * too_long).astype(np.float16)
    halves[rng.integers(800, size=200)] = halves[rng.integers(800, size=200)]
    halves[1::4] = halves[::4]  # equal rows in different groups, and in one
    query = unit(rng, 1, dimension)[0] * np.float32(length)
    ids, groups = rng.permutation(800), rng.permutation(200).repeat(4)
    rows = np.sort(rng.permutation(800)[:count])

    chosen = promising(halves, rows, groups[rows], query, k, distinct)
    assert set(chosen.tolist()) <= set(rows.tolist())
    every, few = (
        ranked(ids[at], groups[at], groups[at], similarities(decoded(halves[at]), query), k, distinct) for at in (rows, chosen)
    )
    assert_array_equal(few.ids, every.ids)
    assert_array_equal(few.similarities, every.similarities)


@pytest.mark.parametrize("distinct", [False, True])
def test_few_are_promising(distinct: bool) -> None:
    rng = np.random.default_rng(5)
    halves, query = unit(rng, 3000, 384).astype(np.float16), unit(rng, 1, 384)[0]
    chosen = promising(halves, np.arange(3000), np.arange(3000) // 10, query, 10, distinct)
    assert 10 <= len(chosen) <= 20
