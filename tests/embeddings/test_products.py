"""Whole groups against several vectors: every index gives what the matrix product of its entries gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings import ExactIndex, FaissIndex, VectorIndex, product

DIMENSION = 8
writes = st.lists(st.tuples(st.integers(0, 9), st.none() | st.integers(0, 4)), max_size=25)


def filled(kind: type[VectorIndex], steps: list[tuple[int, int | None]]) -> VectorIndex:
    """By groups that come, change and go; None drops one."""
    index = kind(DIMENSION, "a model")  # type: ignore[call-arg]
    for version, (group, size) in enumerate(steps):
        if size is None:
            index.drop(group)
        else:
            ids = np.arange(size) + 100 * version
            index.replace(group, version, ids, np.random.default_rng(version).standard_normal((size, DIMENSION)))
    return index


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([ExactIndex, FaissIndex]), writes, st.none() | st.sets(st.integers(0, 12)), st.integers(1, 5), st.data())
def test_products_are_those_of_the_entries(
    kind: type[VectorIndex], steps: list[tuple[int, int | None]], wanted: set[int] | None, count: int, data: st.DataObject
) -> None:
    index = filled(kind, steps)
    queries = np.random.default_rng(1).standard_normal((count, DIMENSION)).astype(np.float32)
    found = index.products(queries, None if wanted is None else np.array(sorted(wanted), np.int64))
    full = {group for group in index.versions() if len(index.entries([group]).ids) and (wanted is None or group in wanted)}
    assert sorted(found.groups.tolist()) == sorted(full)
    chosen = np.array([data.draw(st.booleans()) for _ in found.groups], np.bool_)
    for part in (found, found.among(chosen)):
        assert part.sizes().sum() == part.values.shape[1]
        for place, group in enumerate(part.groups.tolist()):
            entries = index.entries([group])
            begin, size = part.starts[place], part.sizes()[place]
            assert part.values[:, begin : begin + size] == pytest.approx(queries @ entries.vectors.T, abs=1e-4)
            assert part.best()[:, place] == pytest.approx((queries @ entries.vectors.T).max(axis=1), abs=1e-4)
            assert part.versions[place] == index.version(group) == entries.versions[0]
    assert set(found.among(chosen).groups.tolist()) == set(found.groups[chosen].tolist())


@pytest.mark.parametrize("shape", [(0, 3), (5, 0), (1, 1), (2000, 7), (3, 900)])
def test_a_product_in_steps_is_the_product(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    vectors, queries = (rng.standard_normal((count, 384)).astype(np.float32) for count in shape)
    assert product(vectors, queries) == pytest.approx(vectors @ queries.T, abs=1e-3)
