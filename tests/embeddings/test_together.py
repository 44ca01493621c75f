import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.encoder import EncoderBusy
from embeddings.slices import filled_to
from embeddings.together import Together

ROWS = st.lists(st.integers(1, 300), max_size=12)


class Model:
    """Makes of each row its length and its sum; keeps the batches, and can be held up. One batch at a time."""

    def __init__(self) -> None:
        self.batches = []
        self.going = threading.Event()
        self.going.set()
        self.at_work = threading.Semaphore(0)
        self.busy = threading.Lock()

    def __call__(self, rows):
        assert self.busy.acquire(blocking=False)
        self.batches.append([len(row) for row in rows])
        self.at_work.release()
        return lambda: self.done(rows)

    def done(self, rows):
        self.going.wait()
        self.busy.release()
        if any(-1 in row for row in rows):
            raise RuntimeError("not a token")
        return np.array([[len(row), sum(row)] for row in rows], np.float32)


def rows(lengths, mark=1):
    return [[mark] * length for length in lengths]


@given(st.lists(ROWS, min_size=1, max_size=8), st.integers(1, 600), st.integers(1, 8))
def test_everyone_gets_the_own_vectors_and_no_batch_is_too_large(callers, tokens, texts):
    model = Model()
    together = Together(model, tokens=tokens, texts=texts, waiting=64)
    with ThreadPoolExecutor(len(callers)) as pool:
        asked = [pool.submit(together, rows(lengths, mark)) for mark, lengths in enumerate(callers)]
    for mark, (lengths, found) in enumerate(zip(callers, asked, strict=True)):
        assert [vector.tolist() for vector in found.result()] == [[length, length * mark] for length in lengths]
    for batch in model.batches:
        assert len(batch) * max(map(filled_to, batch)) <= tokens or len(batch) == 1
        assert len(batch) <= texts


def waiting(together, pool, callers):
    """The callers' futures, once all of them wait."""
    before, asked = len(together._asked), []
    for number, each in enumerate(callers, 1):
        asked.append(pool.submit(together, each))
        while len(together._asked) < before + number:
            pass
    return asked


def test_what_waits_goes_together_and_long_texts_apart_from_short_ones():
    model = Model()
    together = Together(model, tokens=256, texts=8, waiting=64)
    model.going.clear()
    with ThreadPoolExecutor(8) as pool:
        first = waiting(together, pool, [rows([5])])
        model.at_work.acquire()
        others = waiting(together, pool, [rows([6]), rows([200, 210]), rows([7]), rows([8])])
        model.going.set()
    assert model.batches == [[5], [6, 7, 8], [200], [210]]
    assert all(future.result() is not None for future in first + others)


def test_one_with_many_texts_does_not_hold_up_one_with_a_single_text():
    model = Model()
    together = Together(model, tokens=64, texts=8, waiting=64)
    model.going.clear()
    with ThreadPoolExecutor(8) as pool:
        waiting(together, pool, [rows([60] * 5)])
        model.at_work.acquire()
        waiting(together, pool, [rows([50])])
        model.going.set()
    assert model.batches == [[60], [50], [60], [60], [60], [60]]


def test_too_many_are_sent_away_at_once_and_told_when_to_come_again():
    model = Model()
    together = Together(model, tokens=64, texts=8, waiting=3)
    together(rows([3]))
    model.going.clear()
    with ThreadPoolExecutor(8) as pool:
        model.at_work.acquire()
        asked = waiting(together, pool, [rows([4])] * 3)
        with pytest.raises(EncoderBusy) as busy:
            together(rows([5]))
        model.going.set()
    assert busy.value.retry_after_s >= 1
    assert all(future.result()[0].tolist() == [4, 4] for future in asked)
    assert together(rows([5]))[0].tolist() == [5, 5]


def test_a_failure_reaches_those_in_the_batch_and_nobody_else():
    model = Model()
    together = Together(model, tokens=64, texts=8, waiting=64)
    model.going.clear()
    with ThreadPoolExecutor(8) as pool:
        fine = waiting(together, pool, [rows([3])])
        model.at_work.acquire()
        failing = waiting(together, pool, [[[-1]], rows([4])])
        apart = waiting(together, pool, [rows([60])])
        model.going.set()
    for future in failing:
        with pytest.raises(RuntimeError, match="not a token"):
            future.result()
    assert fine[0].result()[0].tolist() == [3, 3]
    assert apart[0].result()[0].tolist() == [60, 60]
    assert together(rows([5]))[0].tolist() == [5, 5]


def test_what_is_begun_goes_on_while_the_caller_does_something_else():
    model = Model()
    together = Together(model, tokens=64, texts=8, waiting=64)
    first = together.begin(rows([3]))
    assert model.batches == [[3]]
    second = together.begin(rows([4]))
    assert model.batches == [[3]]
    assert second()[0].tolist() == [4, 4]
    assert first()[0].tolist() == [3, 3]


def test_who_begins_and_goes_away_holds_up_nobody():
    model = Model()
    together = Together(model, tokens=64, texts=8, waiting=3)
    for number in range(1, 10):
        together.begin(rows([number]))
        assert together(rows([60]))[0].tolist() == [60, 60]
    assert sorted(model.batches) == [*([number] for number in range(1, 10)), *[[60]] * 9]


def test_what_cannot_be_begun_fails_when_it_is_asked_for():
    def broken(rows):
        raise RuntimeError("no model")

    together = Together(broken, tokens=64, texts=8, waiting=64)
    for vectors in (together.begin(rows([3])), together.begin(rows([4]))):
        with pytest.raises(RuntimeError, match="no model"):
            vectors()


@pytest.mark.parametrize("seed", range(5))
def test_nobody_waits_for_ever_whoever_comes_first(seed):
    model = Model()
    together = Together(model, tokens=64, texts=8, waiting=64)

    def asking(number):
        chance = random.Random(1000 * seed + number)
        for mark in range(60):
            lengths = [chance.randint(1, 40) for _ in range(chance.randint(1, 3))]
            vectors = together.begin(rows(lengths, mark))
            if chance.random() < 0.3:
                time.sleep(chance.random() / 1000)
            if chance.random() < 0.8:
                assert [vector.tolist() for vector in vectors()] == [[length, length * mark] for length in lengths]

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(asking, number) for number in range(8)]
        for future in asked:
            future.result(timeout=60)
