"""Every vector index does what the exact one does."""

import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from embeddings import ExactIndex, FaissIndex, SnapshotDamaged, VectorIndex

DIMENSION = 4
MODEL = "a model"
ENGINES = [ExactIndex, FaissIndex]

# Few different vectors, so that ties and identical vectors are the rule.
corners = st.tuples(*[st.sampled_from([-1.0, 0.0, 1.0])] * DIMENSION).filter(any)
groups = st.integers(0, 7)
group_sizes = st.lists(corners, max_size=5)
writes = st.lists(st.tuples(groups, st.none() | group_sizes), max_size=20)


def unit(rows):
    vectors = np.array(rows, np.float32).reshape(-1, DIMENSION)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def apply(index: VectorIndex, steps) -> None:
    for version, (group, rows) in enumerate(steps):
        if rows is None:
            index.drop(group)
        else:
            ids = group + 8 * np.random.default_rng(version).permutation(len(rows))
            index.replace(group, version, ids.astype(np.int64), unit(rows))


def same(left, right) -> None:
    assert_array_equal(left.ids, right.ids)
    assert_array_equal(left.groups, right.groups)
    assert_array_equal(left.versions, right.versions)


def expected_ids(held, query, k, wanted, distinct):
    """The definition, in plain Python."""
    found, seen = [], set()
    rows = zip((held.vectors.astype(float) @ query).round(5), held.ids, held.groups, strict=True)
    for _, row_id, group in sorted((-similarity, row_id, group) for similarity, row_id, group in rows):
        if (wanted is None or group in wanted) and not (distinct and group in seen):
            seen.add(group)
            found.append(row_id)
    return found[:k]


@settings(max_examples=150, deadline=None)
@given(writes, corners, st.integers(-1, 45), st.none() | st.sets(st.integers(0, 9)), st.booleans())
def test_search_is_the_definition(steps, query, k, wanted, distinct):
    exact, fast = ExactIndex(DIMENSION, MODEL), FaissIndex(DIMENSION, MODEL)
    for index in (exact, fast):
        apply(index, steps)
    assert exact.versions() == fast.versions()
    held = exact.entries(range(10))
    same(held, fast.entries(reversed(range(10))))
    assert_array_equal(held.vectors, fast.entries(range(10)).vectors)
    assert len(exact) == len(fast) == len(held.ids)
    narrowed = None if wanted is None else np.array(sorted(wanted), np.int64)
    query = unit([query])[0]
    hits = [index.search(query, k, groups=narrowed, distinct=distinct) for index in (exact, fast)]
    same(*hits)
    assert_array_equal(hits[0].similarities, hits[1].similarities)
    assert hits[0].ids.tolist() == expected_ids(held, query, max(k, 0), wanted, distinct)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 120), st.booleans(), st.sampled_from([None, 0.0, 0.02, 0.5, 1.0]))
def test_search_agrees_over_many_rows(seed, k, distinct, share):
    rng = np.random.default_rng(seed)
    indexes = [ExactIndex(24, MODEL), FaissIndex(24, MODEL)]
    places = rng.standard_normal((60, 24)).astype(np.float32)
    for version in range(400):
        group = int(rng.integers(150))
        vectors = places[rng.integers(60, size=rng.integers(12))] + rng.choice([0, 0.1]) * rng.standard_normal(24)
        vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        ids = 1000 * group + np.arange(len(vectors))
        for index in indexes:
            index.replace(group, version, ids, vectors)
    wanted = None if share is None else np.flatnonzero(rng.random(150) < share)
    exact, fast = (index.search(places[0], k, groups=wanted, distinct=distinct) for index in indexes)
    same(exact, fast)
    assert_array_equal(exact.similarities, fast.similarities)
    for index in indexes:
        several = index.search_many(places[:3], k, groups=wanted, distinct=distinct)
        assert len(several) == 3
        same(several[0], exact)
        same(several[2], indexes[0].search(places[2], k, groups=wanted, distinct=distinct))


@pytest.mark.parametrize("engine", ENGINES)
def test_identical_vectors_are_all_there_in_the_order_of_their_ids(engine):
    index = engine(DIMENSION, MODEL)
    for group in range(300):
        index.replace(group, 1, np.array([10_000 - group]), unit([[1, 1, 0, 1]]))
    hits = index.search(unit([[1, 0, 0, 0]])[0], 250)
    assert hits.ids.tolist() == list(range(9_701, 9_951))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_far_group_is_found_behind_many_near_entries_of_one_group(engine):
    index = engine(DIMENSION, MODEL)
    index.replace(1, 1, np.arange(5_000), unit([[1, 0, 0, 0]] * 5_000))
    index.replace(2, 1, np.array([9_999]), unit([[0, 1, 0, 0]]))
    assert index.search(unit([[1, 0, 0, 0]])[0], 2, distinct=True).ids.tolist() == [0, 9_999]


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_that_moved_keep_their_ids(engine):
    """Enough is replaced and dropped for the fast index to leave its removed rows behind, several times."""
    index = engine(DIMENSION, MODEL)
    rng = np.random.default_rng(5)
    for version in range(6):
        for group in range(200):
            vectors = unit(rng.standard_normal((40, DIMENSION)))
            index.replace(group, version, 1_000 * group + np.arange(40), vectors)
    index.replace(3, 7, np.array([], np.int64), np.empty((0, DIMENSION), np.float32))
    for group in range(50, 200):
        index.drop(group)
    assert len(index) == 49 * 40
    assert index.versions() == {group: 7 if group == 3 else 5 for group in range(50)}
    entries = index.entries([41])
    assert index.search(entries.vectors[17], 1).ids.tolist() == [41_017]


@pytest.mark.parametrize("engine", ENGINES)
def test_wrong_shapes_are_refused_and_change_nothing(engine):
    index = engine(DIMENSION, MODEL)
    index.replace(1, 1, np.array([5]), unit([[1, 0, 0, 0]]))
    with pytest.raises(ValueError, match="ids"):
        index.replace(1, 2, np.array([5, 6]), unit([[1, 0, 0, 0]]))
    assert index.versions() == {1: 1}
    with pytest.raises(ValueError, match="dimensions"):
        index.search(np.ones(DIMENSION + 1, np.float32), 3)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_search_sees_a_group_before_or_after_its_change(engine):
    index = engine(DIMENSION, MODEL)
    query = unit([[1, 0, 0, 0]])[0]
    index.replace(1, 0, np.arange(20), unit([[1, 0, 0, 0]] * 20))
    stop = threading.Event()

    def write() -> None:
        version = 0
        while not stop.is_set():
            version += 1
            index.replace(1, version, np.arange(20), unit([[1, 0, 0, 0]] * 20))
            index.replace(2, version, np.arange(100, 110 + version % 300), unit([[0, 1, 0, 0]] * (10 + version % 300)))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(300):
            hits = index.search(query, 20)
            assert hits.ids.tolist() == list(range(20))
            assert len(set(hits.versions.tolist())) == 1
    finally:
        stop.set()
        writer.join()


@pytest.fixture
def saved(tmp_path) -> Path:
    index = FaissIndex(DIMENSION, MODEL)
    apply(index, [(3, [(1, 0, 0, 0), (0, 1, 0, 0)]), (1, [(0, 0, 1, 1)]), (5, []), (2, [(1, 1, 1, 1)] * 3), (1, None)])
    index.cursor = 71
    index.save(tmp_path / "vectors")
    return tmp_path / "vectors"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_snapshot_comes_back_the_same_and_goes_on(engine, saved):
    index = engine.load(saved, dimension=DIMENSION, model=MODEL)
    assert (index.cursor, len(index), index.versions()) == (71, 5, {3: 0, 5: 2, 2: 3})
    best = index.search(index.entries([3]).vectors[1], 3)
    assert best.ids[0] == 11
    assert best.groups[1:].tolist() == [2, 2]
    index.replace(9, 8, np.array([900]), unit([[0, 0, 0, 1]]))
    index.drop(2)
    index.save(saved)
    again = engine.load(saved, dimension=DIMENSION, model=MODEL)
    assert again.versions() == {3: 0, 5: 2, 9: 8}
    same(again.entries(range(10)), index.entries(range(10)))
    assert [path.name for path in saved.parent.iterdir() if path.suffix == ".new"] == []


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_index_can_be_saved(engine, tmp_path):
    engine(DIMENSION, MODEL).save(tmp_path / "vectors")
    assert len(engine.load(tmp_path / "vectors", dimension=DIMENSION, model=MODEL)) == 0


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("dimension", "model"), [(DIMENSION, "another"), (8, MODEL)])
def test_a_snapshot_of_another_model_is_refused(engine, saved, dimension, model):
    with pytest.raises(SnapshotDamaged, match="is of model"):
        engine.load(saved, dimension=dimension, model=model)


def test_a_missing_snapshot_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        FaissIndex.load(tmp_path / "nothing", dimension=DIMENSION, model=MODEL)


def test_a_torn_snapshot_is_noticed_wherever_it_ends(saved):
    whole = saved.read_bytes()
    for length in range(len(whole)):
        saved.write_bytes(whole[:length])
        with pytest.raises(SnapshotDamaged):
            FaissIndex.load(saved, dimension=DIMENSION, model=MODEL)


def test_a_flipped_bit_is_noticed_wherever_it_is(saved):
    whole = saved.read_bytes()
    for position in range(len(whole)):
        altered = bytearray(whole)
        altered[position] ^= 1 << position % 8
        saved.write_bytes(altered)
        with pytest.raises(SnapshotDamaged):
            FaissIndex.load(saved, dimension=DIMENSION, model=MODEL)


def test_what_an_interrupted_save_left_behind_is_overwritten(saved):
    leftover = saved.with_name(".vectors.new")
    leftover.write_bytes(b"half of a snapshot" * 1_000)
    FaissIndex.load(saved, dimension=DIMENSION, model=MODEL).save(saved)
    assert not leftover.exists()
    assert len(FaissIndex.load(saved, dimension=DIMENSION, model=MODEL)) == 5
