"""What several callers ask at once goes through a model together."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from embeddings.encoder import EncoderBusy, Vectors
from embeddings.slices import filled_to

Row = list[int]
"""The token ids of one text."""

WAITING = 64
"""Callers that wait for a model at once, if nobody says otherwise; single queries of all of them take about 0.2 s."""
FILLING = 2
"""A text joins a batch if what is filled up stays below so many times the real tokens; else it is cheaper by itself."""


@dataclass(eq=False, slots=True)
class _Asked:
    """What one caller waits for."""

    rows: Sequence[Row]
    vectors: list[Vectors | None]
    left: list[int]
    error: BaseException | None = None
    woken: threading.Event = field(default_factory=threading.Event)

    @property
    def done(self) -> bool:
        return not self.left or self.error is not None

    @property
    def served(self) -> int:
        return len(self.rows) - len(self.left)


class Together:
    """`run`s what callers ask, one batch after another; each batch takes along what is waiting by then.

    A caller who is alone runs at once, in the own thread. Whoever comes while a batch runs is part of a later one, that of the
    caller who was waiting longest. Those who got least so far come first, so that one with a hundred texts does not hold up
    one with a single text for more than a batch."""

    def __init__(self, run: Callable[[Sequence[Row]], Vectors], *, tokens: int, waiting: int) -> None:
        """`tokens`: of a batch, after filling up. `waiting`: how many callers may wait before others are sent away."""
        self._run = run
        self._tokens = tokens
        self._most = waiting
        self._state = threading.Lock()
        self._asked: list[_Asked] = []
        self._running = False
        self._seconds_a_token = 0.0

    def __call__(self, rows: Sequence[Row]) -> list[Vectors]:
        """A vector for each row, in order. Raises EncoderBusy, and what `run` raises."""
        asked = _Asked(rows, [None] * len(rows), list(range(len(rows))))
        if rows:
            if not self._lead(asked):
                asked.woken.wait()
            self._work(asked)
        if asked.error is not None:
            raise asked.error
        return [vector for vector in asked.vectors if vector is not None]

    def _lead(self, asked: _Asked) -> bool:
        """Whether this caller runs the next batch: nobody else does."""
        with self._state:
            if len(self._asked) >= self._most:
                waiting = sum(len(each.rows[at]) for each in self._asked for at in each.left)
                raise EncoderBusy(max(1.0, waiting * self._seconds_a_token))
            self._asked.append(asked)
            leads, self._running = not self._running, True
            return leads

    def _work(self, asked: _Asked) -> None:
        """Run batches until the caller's are done, then leave the rest to who waits longest."""
        if asked.done:
            return
        while not asked.done:
            self._run_batch()
        with self._state:
            self._running = bool(self._asked)
            if self._asked:
                self._asked[0].woken.set()

    def _run_batch(self) -> None:
        with self._state:
            batch = list(batch_of(self._asked, self._tokens))
        began = time.perf_counter()
        error: BaseException | None = None
        try:
            vectors = self._run([asked.rows[at] for asked, at in batch])
        except BaseException as raised:  # whatever it is, those who wait have to be told
            error = raised
        with self._state:
            for number, (asked, at) in enumerate(batch):
                if error is None:
                    asked.vectors[at] = vectors[number]
                    asked.left.remove(at)
                asked.error = asked.error or error
            self._asked = [asked for asked in self._asked if not asked.done]
            self._seconds_a_token = (time.perf_counter() - began) / sum(len(asked.rows[at]) for asked, at in batch)
        for asked, _ in batch:
            if asked.done:
                asked.woken.set()


def batch_of(asked: Iterable[_Asked], tokens: int) -> Iterable[tuple[_Asked, int]]:
    """Whose rows go next, and which: at least one, and what fits with it."""
    turns = [(each.served + turn, number, each, at) for number, each in enumerate(asked) for turn, at in enumerate(each.left)]
    count, real, longest = 0, 0, 0
    for _, _, each, at in sorted(turns, key=lambda turn: turn[:2]):
        length = len(each.rows[at])
        filled = (count + 1) * max(longest, filled_to(length))
        if count and (filled > tokens or filled > FILLING * (real + filled_to(length))):
            continue
        yield each, at
        count, real, longest = count + 1, real + filled_to(length), max(longest, filled_to(length))
