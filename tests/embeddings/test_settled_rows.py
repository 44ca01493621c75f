"""The fast index once rows have settled: what stays exact, what is approximate, and that nothing is lost on the way."""

import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from embeddings import ExactIndex, FaissIndex, Hits, SnapshotDamaged, VectorIndex, Vectors
from embeddings.halves import decoded, encoded

DIMENSION = 16
MODEL = "a model"
RNG = np.random.default_rng(8)
PLACES = RNG.standard_normal((40, DIMENSION)).astype(np.float32)


def clustered(rng: np.random.Generator, count: int) -> Vectors:
    vectors = PLACES[rng.integers(len(PLACES), size=count)] + 0.4 * rng.standard_normal((count, DIMENSION)).astype(np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def change(indexes: list[VectorIndex], rng: np.random.Generator, steps: int, groups: int, first_version: int) -> None:
    """The same changes of each."""
    for version in range(first_version, first_version + steps):
        group, size = int(rng.integers(groups)), int(rng.integers(12))
        ids, vectors = 100 * group + rng.permutation(size), clustered(rng, size)
        for index in indexes:
            if version % 9:
                index.replace(group, version, ids, vectors)
            else:
                index.drop(group)


def same_content(exact: ExactIndex, fast: FaissIndex) -> None:
    assert (len(exact), exact.versions()) == (len(fast), fast.versions())
    everything = range(max(exact.versions(), default=0) + 2)
    for name in ("ids", "groups", "versions", "vectors"):
        assert_array_equal(getattr(exact.entries(everything), name), getattr(fast.entries(reversed(everything)), name))


@pytest.fixture(scope="module")
def pair() -> tuple[ExactIndex, FaissIndex]:
    """12,000 settled rows, some hundred of them replaced or dropped since, and young ones beside them."""
    rng = np.random.default_rng(3)
    exact, fast = ExactIndex(DIMENSION, MODEL), FaissIndex(DIMENSION, MODEL, settle_from=1000)
    for group in range(2000):
        vectors = clustered(rng, 6)
        for index in (exact, fast):
            index.replace(group, 1, 100 * group + np.arange(6), vectors)
    assert fast.untidy
    fast.tidy()
    assert not fast.untidy
    change([exact, fast], rng, 300, 2100, first_version=2)
    return exact, fast


def best_of(exact: ExactIndex, hits: Hits, query: Vectors) -> None:
    """Each hit is an entry as it is, its similarity is true, and the order is by similarity, then by id."""
    held = exact.entries(hits.groups.tolist())
    places = {id: place for place, id in enumerate(held.ids.tolist())}
    rows = [places[id] for id in hits.ids.tolist()]
    assert_array_equal(held.groups[rows], hits.groups)
    assert_array_equal(held.versions[rows], hits.versions)
    assert hits.similarities == pytest.approx(held.vectors[rows] @ query, abs=1e-6)
    order = np.lexsort((hits.ids, -hits.similarities))
    assert_array_equal(order, np.arange(len(hits)))


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    k=st.sampled_from([1, 10, 70, 500, 1900, 20_000]),
    share=st.sampled_from([None, 0.0, 0.005, 0.2, 0.6, 0.9, 1.0]),
    distinct=st.booleans(),
)
def test_a_search_is_full_and_true_and_never_leaves_the_groups(
    pair: tuple[ExactIndex, FaissIndex], seed: int, k: int, share: float | None, distinct: bool
) -> None:
    exact, fast = pair
    rng = np.random.default_rng(seed)
    query = clustered(rng, 1)[0]
    groups = None if share is None else np.flatnonzero(rng.random(2150) < share)
    expected, found = (index.search(query, k, groups=groups, distinct=distinct) for index in (exact, fast))
    assert len(found) == len(expected)
    assert groups is None or set(found.groups.tolist()) <= set(groups.tolist())
    assert not distinct or len(set(found.groups.tolist())) == len(found)
    best_of(exact, found, query)
    if (share is not None and share < 0.3) or k > len(exact):
        assert_array_equal(found.ids, expected.ids)
    several = fast.search_many(np.stack([query, query]), k, groups=groups, distinct=distinct)
    for hits in several:
        assert_array_equal(hits.ids, found.ids)


def test_nearly_all_of_the_nearest_are_found(pair: tuple[ExactIndex, FaissIndex]) -> None:
    queries = clustered(np.random.default_rng(17), 100)
    for groups in (None, np.arange(0, 2100, 2)):
        pairs = [[index.search(query, 10, groups=groups).ids.tolist() for index in pair] for query in queries]
        assert np.mean([len(set(one) & set(other)) / 10 for one, other in pairs]) > 0.97


def test_memory_that_was_given_back_is_read_again(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index, query = load(saved), clustered(np.random.default_rng(2), 1)[0]
    before = index.search(query, 30)
    for limit in ("_MOST_MAPPED", "_READ_AT_ONCE"):
        monkeypatch.setattr(f"embeddings.settled.{limit}", 0)
    for _ in range(3):
        assert_array_equal(index.search(query, 30).similarities, before.similarities)


def test_it_says_how_it_searches() -> None:
    index = FaissIndex(DIMENSION, MODEL, settle_from=100)
    assert index.kind == "faiss/flat"
    index.replace(1, 1, np.arange(100), clustered(RNG, 100))
    index.tidy()
    assert index.kind == "faiss/ivf40"


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_whatever_settles_in_between_the_content_is_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    exact, fast = ExactIndex(DIMENSION, MODEL), FaissIndex(DIMENSION, MODEL, settle_from=50)
    for part in range(4):
        change([exact, fast], rng, int(rng.integers(60)), 30, first_version=100 * part)
        if rng.random() < 0.7:
            fast.tidy(once(partial(change, [exact, fast], rng, int(rng.integers(3)), 30, 100 * part + 80)))
        same_content(exact, fast)
        query = clustered(rng, 1)[0]
        assert_array_equal(exact.search(query, 40).ids, fast.search(query, 40).ids)


def once(step):
    """Called the first time only."""
    steps = iter([step])
    return lambda: next(steps, lambda: None)()


def test_a_search_sees_a_group_before_or_after_its_change_while_rows_settle() -> None:
    index = FaissIndex(DIMENSION, MODEL, settle_from=10)
    rng = np.random.default_rng(4)
    mark = clustered(rng, 1)
    for group in range(2, 400):
        index.replace(group, 1, 100 * group + np.arange(4), clustered(rng, 4))
    stop = threading.Event()
    index.replace(1, 0, np.arange(20), np.repeat(mark, 20, axis=0))

    def write() -> None:
        version = 0
        while not stop.is_set():
            version += 1
            index.replace(1, version, np.arange(20), np.repeat(mark, 20, axis=0))
            index.replace(2 + version % 300, version, 100 * (2 + version % 300) + np.arange(4), clustered(rng, 4))

    def tidy() -> None:
        while not stop.is_set():
            index.tidy()

    threads = [threading.Thread(target=write), threading.Thread(target=tidy)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(150):
            hits = index.search(mark[0], 20)
            assert hits.ids.tolist() == list(range(20))
            assert len(set(hits.versions.tolist())) == 1
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_settling_that_is_stopped_changes_nothing() -> None:
    index = FaissIndex(DIMENSION, MODEL, settle_from=50)
    index.replace(1, 1, np.arange(60), clustered(RNG, 60))

    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        index.tidy(stop)
    assert (index.kind, len(index), index.untidy) == ("faiss/flat", 60, True)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    index = FaissIndex(DIMENSION, MODEL, settle_from=50)
    exact = ExactIndex(DIMENSION, MODEL)
    change([index, exact], np.random.default_rng(5), 60, 20, 0)
    index.tidy()
    change([index, exact], np.random.default_rng(6), 20, 20, 100)
    index.cursor = 71
    index.save(tmp_path / "vectors.index")
    same_content(exact, load(tmp_path / "vectors.index"))
    return tmp_path / "vectors.index"


def load(path: Path) -> FaissIndex:
    return FaissIndex.load(path, dimension=DIMENSION, model=MODEL, settle_from=50)


def files(folder: Path) -> list[str]:
    return sorted(path.suffix for path in folder.iterdir() if not path.name.startswith("."))


def test_a_snapshot_with_settled_rows_comes_back_and_goes_on(saved: Path) -> None:
    index = load(saved)
    exact = ExactIndex(DIMENSION, MODEL)
    entries = index.entries(index.versions())
    for group, version in index.versions().items():
        mine = entries.groups == group
        exact.replace(group, version, entries.ids[mine], entries.vectors[mine])
    assert (index.cursor, index.kind) == (71, "faiss/ivf" + index.kind[9:])
    change([index, exact], np.random.default_rng(9), 30, 25, 200)
    index.tidy()
    same_content(exact, index)
    index.save(saved)
    assert files(saved.parent) == [".index", ".lists", ".rows"]
    same_content(exact, load(saved))


def test_an_index_that_is_open_outlives_its_files(saved: Path) -> None:
    """Another process has put others in their place; saved again, they are all there."""
    index = load(saved)
    before = index.entries(range(30))
    for path in saved.parent.glob("vectors.*.*"):
        path.unlink()
    assert_array_equal(index.entries(range(30)).vectors, before.vectors)
    index.save(saved)
    again = load(saved)
    assert_array_equal(again.entries(range(30)).vectors, before.vectors)


@pytest.mark.parametrize("suffix", [".rows", ".lists"])
def test_torn_or_missing_files_of_settled_rows_are_noticed(saved: Path, suffix: str) -> None:
    path = next(saved.parent.glob(f"*{suffix}"))
    whole = path.read_bytes()
    for length in [0, 20, 100, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(SnapshotDamaged):
            load(saved)
    path.unlink()
    with pytest.raises(SnapshotDamaged, match="missing"):
        load(saved)


def test_a_flipped_bit_is_noticed_but_in_a_vector(saved: Path) -> None:
    for path in saved.parent.glob("vectors.*.*"):
        whole = path.read_bytes()
        count = 0 if path.suffix == ".lists" else 2 * DIMENSION * whole_rows(saved)
        for position in range(0, len(whole) - count, 31):
            altered = bytearray(whole)
            altered[position] ^= 1 << position % 8
            path.write_bytes(altered)
            try:
                load(saved)
            except SnapshotDamaged:
                continue
            assert whole[position] == 0, "only padding may be anything"
        path.write_bytes(whole)


def whole_rows(saved: Path) -> int:
    import json

    head = next(saved.parent.glob("*.rows")).read_bytes()
    start = head.index(b"\n") + 9
    return int(json.loads(head[start : start + int.from_bytes(head[start - 8 : start], "little")])["rows"])


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9), st.integers(0, 2**32 - 1), st.floats(0.2, 1))
def test_halves_come_back_as_they_were(dimension: int, seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    halves = (rng.standard_normal((200, dimension)) * (rng.random((200, dimension)) < share)).astype(np.float32)
    halves = np.divide(halves, lengths := np.linalg.norm(halves, axis=1, keepdims=True), where=lengths > 0, out=halves)
    stored = halves.astype(np.float16)
    plain = stored.astype(np.float32)
    plain = np.divide(plain, lengths := np.linalg.norm(plain, axis=1, keepdims=True), where=lengths > 0, out=plain)
    assert_array_equal(decoded(stored), plain)
    assert_array_equal(decoded(encoded(plain)), plain)
