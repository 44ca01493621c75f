"""How long a fetch may take, and whether anybody still wants it."""

import time
from collections.abc import Callable

from fetching.errors import FetchFailed

SLICE_S = 0.1
"""What waits, waits this long at most before it looks again whether it should stop."""

Clock = Callable[[], float]
Stopping = Callable[[], bool]


class TimeLimit:
    """The time that is left to one fetch, all its redirects and robots.txt files together. Waiting for a turn is not counted."""

    def __init__(self, seconds: float, stopping: Stopping = lambda: False, clock: Clock = time.monotonic) -> None:
        self.seconds = seconds
        self.clock = clock
        self._stopping = stopping
        self._deadline = clock() + seconds

    def left(self, host: str) -> float:
        """Seconds, more than 0. Raises FetchFailed when there are none, or nobody wants the answer."""
        self.check_wanted(host)
        left = self._deadline - self.clock()
        if left <= 0:
            raise FetchFailed("timeout", f"{host} took longer than the {self.seconds:g} seconds that a fetch may take; try later")
        return left

    def check_wanted(self, host: str) -> None:
        if self._stopping():
            raise FetchFailed("stopped", f"{host} was not asked to the end: the program is closing")

    def extend(self, seconds: float) -> None:
        self._deadline += seconds
