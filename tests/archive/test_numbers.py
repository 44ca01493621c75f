"""The pure parts: fusion, relevance, alignment, resemblance, cursors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from archive import cursors, fusion, relevance
from archive.alignment import Passages, aligned, best_pairs
from archive.copies import resemblance, shingles
from archive.errors import CursorMismatch, MalformedCursor
from archive.relevance import Background
from embeddings import Products

RANKING = st.lists(st.integers(0, 30), unique=True, max_size=20).map(lambda items: np.array(items, np.int64))


@given(rankings=st.lists(RANKING, min_size=1, max_size=3))
def test_fusion_ranks_what_is_ahead_everywhere_ahead(rankings: list[NDArray[np.int64]]) -> None:
    items, values = fusion.reciprocal_rank(rankings)
    scores = dict(zip(items.tolist(), values.tolist(), strict=True))
    ranks = [{item: rank for rank, item in enumerate(ranking.tolist())} for ranking in rankings]
    assert items.tolist() == sorted(set().union(*ranks))
    assert all(0 < score <= 1 + 1e-9 for score in scores.values())
    for one in scores:
        for other in scores:
            if all(ranking.get(one, 99) < ranking.get(other, 99) for ranking in ranks):
                assert scores[one] > scores[other]


def test_the_first_of_all_rankings_scores_one() -> None:
    items, scores = fusion.reciprocal_rank([np.array([7, 3]), np.array([7])])
    assert items.tolist() == [3, 7]
    assert scores[1] == pytest.approx(1)


def test_recency_halves_what_is_above_the_floor() -> None:
    left = fusion.decay(np.array([0, 10, np.inf]), 10, floor=0.3)
    assert left.tolist() == pytest.approx([1, 0.65, 0.3])


@given(low=st.floats(-1, 1), high=st.floats(-1, 1))
def test_relevance_grows_with_similarity_and_stays_between_nought_and_one(low: float, high: float) -> None:
    background = Background(0.1, 0.12)
    low, high = sorted((low, high))
    assert 0 <= background.of_similarity(low) <= background.of_similarity(high) <= 1


def test_relevance_is_measured_against_the_archives_own_background() -> None:
    rng = np.random.default_rng(0)

    def archive_of(common: float) -> Background:
        vectors = rng.normal(size=(400, 64)) + common
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return Background.of(np.arange(400), vectors.astype(np.float32))

    assert archive_of(1.0).of_similarity(0.5) < archive_of(0.0).of_similarity(0.5)


def test_passages_of_one_article_are_no_background() -> None:
    vectors = np.ones((5, 4), np.float32) / 2
    assert Background.of(np.zeros(5, np.int64), vectors) == Background()


@given(semantic=st.floats(0, 1), lexical=st.floats(0, 1))
def test_two_kinds_of_evidence_are_at_least_as_good_as_each(semantic: float, lexical: float) -> None:
    both = relevance.together(semantic, lexical)
    assert max(semantic, lexical) - 1e-9 <= both <= 1


@settings(deadline=None)
@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=6), seed=st.integers(0, 100))
def test_alignment_is_the_mean_of_best_matches_both_ways(sizes: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(sum(sizes), 8)).astype(np.float32)
    ends = np.cumsum(sizes)
    mine = Passages(rng.normal(size=(3, 8)).astype(np.float32), np.array([1, 2, 3], np.float32))
    numbers = np.arange(len(sizes))
    found = aligned(mine, Products(numbers, numbers, ends - sizes, mine.vectors @ vectors.T))
    for group, (end, size) in enumerate(zip(ends, sizes, strict=True)):
        cosines = mine.vectors @ vectors[end - size : end].T
        expected = (np.average(cosines.max(axis=1), weights=mine.tokens) + cosines.max(axis=0).mean()) / 2
        assert found[group] == pytest.approx(float(expected), abs=1e-4)


def test_best_pairs_use_each_passage_once() -> None:
    seed = np.eye(3, dtype=np.float32)
    pairs = best_pairs(seed, seed[[2, 0]], 5)
    assert {(row, column) for row, column, _ in pairs} == {(2, 0), (0, 1)}


def test_resemblance_tells_a_rewrite_from_another_subject() -> None:
    one = "The council voted on Monday to close the old swing bridge for repairs until the spring."
    rewrite = "The council voted on Monday to close the old swing bridge for repairs until April."
    other = "A record catch of herring was landed at the north quay on Saturday morning."
    assert resemblance(shingles(one), shingles(one)) == 1
    assert resemblance(shingles(one), shingles(rewrite)) > 0.5
    assert resemblance(shingles(one), shingles(other)) == 0


@given(position=st.lists(st.one_of(st.integers(-(2**53), 2**53), st.text(), st.none())))
def test_cursors_come_back_as_they_were(position: list[object]) -> None:
    query = cursors.fingerprint({"q": "ferry"})
    assert cursors.read(cursors.write(query, position), query) == position


@given(garbage=st.text())
def test_garbage_is_no_cursor(garbage: str) -> None:
    with pytest.raises((MalformedCursor, CursorMismatch)):
        cursors.read(garbage, cursors.fingerprint({"q": "ferry"}))


def test_a_cursor_belongs_to_its_query() -> None:
    cursor = cursors.write(cursors.fingerprint({"q": "ferry"}), [1])
    with pytest.raises(CursorMismatch):
        cursors.read(cursor, cursors.fingerprint({"q": "bridge"}))
