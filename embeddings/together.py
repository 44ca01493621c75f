"""What several callers ask at once goes through a model together."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, TypeAlias

from embeddings.encoder import EncoderBusy, Vectors
from embeddings.slices import filled_to

Row = list[int]
"""The token ids of one text."""

Running: TypeAlias = Callable[[], Vectors]
"""Waits for what a model has begun, and gives its vectors."""

WAITING = 64
"""Callers that wait for a model at once, if nobody says otherwise; single queries of all of them take about 0.2 s."""
FILLING = 2
"""A text joins a batch if what is filled up stays below so many times the real tokens; else it is cheaper by itself."""


@dataclass(eq=False, slots=True)
class _Asked:
    """What one caller wants. `waiting`: and does nothing else meanwhile."""

    rows: Sequence[Row]
    vectors: list[Vectors | None]
    left: list[int]
    error: BaseException | None = None
    waiting: bool = False
    woken: threading.Event = field(default_factory=threading.Event)

    @property
    def done(self) -> bool:
        return not self.left or self.error is not None

    @property
    def served(self) -> int:
        return len(self.rows) - len(self.left)


class _Batch(NamedTuple):
    """What is being run: whose rows, which of them, since when, and how to get their vectors."""

    rows: list[tuple[_Asked, int]]
    since: float
    running: Running


class Together:
    """`run`s what callers ask, one batch after another; each batch takes along what is waiting by then.

    A caller who is alone begins at once, and nobody is needed to run batches: of the callers who wait one does it for all, until
    its own are done. Those who got least so far come first, so that one with a hundred texts does not hold up one with a single
    text for more than a batch."""

    def __init__(self, run: Callable[[Sequence[Row]], Running], *, tokens: int, texts: int, waiting: int) -> None:
        """`run` begins a batch, of so many `texts` at most, and so many `tokens` after filling up. `waiting`: how many callers
        there may be before others are sent away."""
        self._run = run
        self._tokens = tokens
        self._texts = texts
        self._most = waiting
        self._state = threading.Lock()
        self._asked: list[_Asked] = []
        self._begun: _Batch | None = None
        self._driven = False
        """Somebody begins or ends a batch."""
        self._seconds_a_token = 0.0

    def __call__(self, rows: Sequence[Row]) -> list[Vectors]:
        """A vector for each row, in order. Raises EncoderBusy, and what `run` raises."""
        return self.begin(rows)()

    def begin(self, rows: Sequence[Row]) -> Callable[[], list[Vectors]]:
        """As calling it, but that what is returned waits for the vectors: the caller may do something else until then. Raises
        EncoderBusy."""
        asked = _Asked(rows, [None] * len(rows), list(range(len(rows))))
        if rows and self._enter(asked):
            self._begun = self._batch()
            self._leave()
        return partial(self._vectors, asked)

    def _enter(self, asked: _Asked) -> bool:
        """Whether this caller is to begin a batch: there is none, and nobody else does."""
        with self._state:
            if len(self._asked) >= self._most:
                waiting = sum(len(each.rows[at]) for each in self._asked for at in each.left)
                raise EncoderBusy(max(1.0, waiting * self._seconds_a_token))
            self._asked.append(asked)
            begins = not self._driven and self._begun is None
            self._driven = self._driven or begins
            return begins

    def _leave(self) -> None:
        """Let the first of those who wait go on."""
        with self._state:
            self._driven = False
            for asked in self._asked:
                if asked.waiting:
                    asked.woken.set()
                    return

    def _vectors(self, asked: _Asked) -> list[Vectors]:
        while self._waits(asked):
            asked.woken.wait()
            asked.woken.clear()
        self._drive(asked)
        if asked.error is not None:
            raise asked.error
        return [vector for vector in asked.vectors if vector is not None]

    def _waits(self, asked: _Asked) -> bool:
        """Whether another caller runs batches; if none does, this one is to do it from now on."""
        with self._state:
            asked.waiting = self._driven and not asked.done
            self._driven = self._driven or not asked.done
            return asked.waiting

    def _drive(self, asked: _Asked) -> None:
        """Run batches until the caller's are done; the next is begun for those who are left."""
        if asked.done:
            return
        try:
            while not asked.done:
                batch, self._begun = self._begun or self._batch(), None
                self._end(batch)
            if self._asked:
                self._begun = self._batch()
        finally:
            self._leave()

    def _batch(self) -> _Batch:
        with self._state:
            rows = list(batch_of(self._asked, self._tokens, self._texts))
        since = time.perf_counter()
        try:
            return _Batch(rows, since, self._run([asked.rows[at] for asked, at in rows]))
        except BaseException as error:  # whatever it is, those who wait have to be told
            return _Batch(rows, since, partial(_raise, error))

    def _end(self, batch: _Batch) -> None:
        error: BaseException | None = None
        try:
            vectors = batch.running()
        except BaseException as raised:
            error = raised
        with self._state:
            for number, (asked, at) in enumerate(batch.rows):
                if error is None:
                    asked.vectors[at] = vectors[number]
                    asked.left.remove(at)
                asked.error = asked.error or error
            self._asked = [asked for asked in self._asked if not asked.done]
            self._seconds_a_token = (time.perf_counter() - batch.since) / sum(len(asked.rows[at]) for asked, at in batch.rows)
            done = [asked for asked, _ in batch.rows if asked.done and asked.waiting]
        for asked in done:
            asked.woken.set()


def _raise(error: BaseException) -> Vectors:
    raise error


def batch_of(asked: Iterable[_Asked], tokens: int, texts: int) -> Iterable[tuple[_Asked, int]]:
    """Whose rows go next, and which: at least one, and what fits with it."""
    turns = [(each.served + turn, number, each, at) for number, each in enumerate(asked) for turn, at in enumerate(each.left)]
    count, real, longest = 0, 0, 0
    for _, _, each, at in sorted(turns, key=lambda turn: turn[:2]):
        length = len(each.rows[at])
        filled = (count + 1) * max(longest, filled_to(length))
        if count and (count == texts or filled > tokens or filled > FILLING * (real + filled_to(length))):
            continue
        yield each, at
        count, real, longest = count + 1, real + filled_to(length), max(longest, filled_to(length))
