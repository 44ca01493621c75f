"""The pure parts: fusion, relevance, alignment, resemblance, cursors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import cursors, fusion, relevance
from archive.alignment import Passages, aligned, best_pairs
from archive.copies import resemblance, shingles
from archive.errors import CursorMismatch, MalformedCursor
from archive.yardstick import Yardstick
from embeddings import Products

NUMBERS = st.floats(-3, 60)


@given(place=NUMBERS, more=st.floats(0.01, 3), deviations=NUMBERS)
def test_more_of_either_evidence_is_a_better_score(place: float, more: float, deviations: float) -> None:
    scores = fusion.score(np.array([fusion.evidence(place, deviations), fusion.evidence(place + more, deviations)]))
    assert 0 <= scores[0] <= scores[1] <= 1
    assert fusion.evidence(place, deviations + more) > fusion.evidence(place, deviations)


@given(place=st.floats(-1, 3), share=st.floats(0, 2), more=st.floats(0, 2))
def test_relevance_grows_with_meaning_and_words_and_stays_between_nought_and_one(place: float, share: float, more: float) -> None:
    def judged(place: float | None, share: float) -> float:
        return float(relevance.judged(None if place is None else np.array([place]), np.array([share]))[0])

    assert 0 <= judged(place, share) <= judged(place + more, share) <= 1
    assert judged(place, share) <= judged(place, share + more)
    assert 0 <= judged(None, share) <= judged(None, share + more) <= 1


def test_one_near_article_among_thousands_is_chance_and_in_a_small_archive_it_is_not() -> None:
    assert (relevance.neighbours(3), relevance.neighbours(1000), relevance.neighbours(10**6)) == (1, 5, 10)
    alone = np.array([1.1, *[0.4] * 9])
    assert relevance.covered(alone) < 0.1
    assert relevance.covered(alone[: relevance.neighbours(150)]) > 0.9
    assert relevance.covered(np.full(10, 1.1)) > 0.9
    assert relevance.covered(np.empty(0)) == 0


@given(place=st.floats(-1, 3), words=st.floats(0, 1), more=st.floats(0, 1))
def test_articles_are_more_surely_related_the_more_they_mean_and_say_the_same(place: float, words: float, more: float) -> None:
    def related(place: float, words: float) -> float:
        return float(relevance.related(np.array([place]), np.array([words]))[0])

    assert 0 <= related(place, words) <= min(related(place + more, words), related(place, words + more)) <= 1


def test_the_yardstick_tells_answers_from_strangers() -> None:
    yardstick = Yardstick(0.05, 0.45)
    assert (yardstick.place(0.05), yardstick.place(0.45)) == pytest.approx((0, 1))
    assert Yardstick(0.5, 0.51).place(0.6) == pytest.approx(0.5)  # a model that tells nothing gets no steep scale for that


def test_recency_halves_what_is_above_the_floor() -> None:
    left = fusion.decay(np.array([0, 10, np.inf]), 10, floor=0.3)
    assert left.tolist() == pytest.approx([1, 0.65, 0.3])


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
    pairs = best_pairs(Passages(seed, np.ones(3, np.float32)), seed[[2, 0]], 5)
    assert {(pair.mine, pair.other) for pair in pairs} == {(2, 0), (0, 1)}


def test_what_many_articles_repeat_says_little() -> None:
    vectors = np.eye(3, dtype=np.float32)
    seed = Passages(vectors[:2], np.ones(2, np.float32), rarity=np.array([0.05, 1], np.float32))
    starts = np.array([0, 2], np.int64)
    found = Products(starts, starts, starts, seed.vectors @ np.array([vectors[0], vectors[2], vectors[1], vectors[2]]).T)
    repeats, tells = aligned(seed, found)
    assert repeats < 0.1
    assert tells > 0.5
    first = best_pairs(seed, vectors[:1] + 0.2 * vectors[1], 2)[0]
    assert first.mine == 1
    assert first.cosine == pytest.approx(0.2)


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
