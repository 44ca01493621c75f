from pathlib import Path

import numpy as np
import pytest

from embeddings.encoder import Vectors
from embeddings.lists import Lists

COUNT, DIMENSION, LISTS = 3_000, 16, 40


def unit_vectors(count: int, seed: int) -> Vectors:
    drawn = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@pytest.fixture
def lists() -> Lists:
    """Some of them are empty: what they were made of is not all in them."""
    sample = unit_vectors(COUNT, 0)
    made = Lists.trained(sample, LISTS, lambda: None)
    made.add(sample[sample[:, 0] > 0.2])
    return made


def answers(lists: Lists, among: np.ndarray | None = None) -> list[list[int]]:
    return [lists.search(query, 20, 8, among).tolist() for query in unit_vectors(30, 1)]


def test_in_a_file_they_find_the_same(lists: Lists, tmp_path: Path):
    lists.save(tmp_path / "lists")
    mapped = Lists.load(tmp_path / "lists")
    every_third = np.packbits(np.arange(len(lists)) % 3 == 0, bitorder="little")
    assert len(mapped) == len(lists)
    assert mapped.count == LISTS
    assert answers(mapped) == answers(lists)
    assert answers(mapped, every_third) == answers(lists, every_third)
    np.testing.assert_array_equal(mapped.nearest_lists(unit_vectors(30, 1), 3), lists.nearest_lists(unit_vectors(30, 1), 3))


def test_a_copy_of_those_in_a_file_can_be_changed(lists: Lists, tmp_path: Path):
    lists.save(tmp_path / "lists")
    mapped = Lists.load(tmp_path / "lists")
    removed = np.arange(len(lists)) % 5 == 0
    copy, expected = mapped.without(removed), lists.without(removed)
    more = unit_vectors(500, 2)
    copy.add(more)
    expected.add(more)
    assert len(copy) == len(lists) - removed.sum() + 500
    assert answers(copy) == answers(expected)
    copy.save(tmp_path / "again")
    assert answers(Lists.load(tmp_path / "again")) == answers(expected)
    assert answers(mapped) == answers(lists)


def test_what_is_mapped_outlives_its_file(lists: Lists, tmp_path: Path):
    """Another process may have put other rows in their place."""
    lists.save(tmp_path / "lists")
    mapped = Lists.load(tmp_path / "lists")
    (tmp_path / "lists").unlink()
    assert answers(mapped) == answers(lists)
    mapped.save(tmp_path / "elsewhere")
    assert answers(Lists.load(tmp_path / "elsewhere")) == answers(lists)


def test_lists_without_a_row(tmp_path: Path):
    Lists.trained(unit_vectors(COUNT, 0), LISTS, lambda: None).save(tmp_path / "lists")
    mapped = Lists.load(tmp_path / "lists")
    assert len(mapped) == 0
    assert answers(mapped) == [[]] * 30
