"""Work that may come later gives way to questions.

One thread runs Python at a time, whatever its priority: a search beside a thread that works through texts takes three times as
long, because it waits for its turn whenever it comes back from an index or the database.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from typing import Final, Self, TypeVar

LULL_S: Final = 0.05
"""So long nobody has asked before work goes on: those who ask one question after another leave shorter gaps."""
PATIENCE_S: Final = 0.1
"""So long a piece of work waits at most, so that it comes to its end however much is asked."""
_LOOKING_S: Final = 0.01

Item = TypeVar("Item")


class Courtesy:
    """Entered for as long as a question is being answered. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answering = 0
        self._last = -LULL_S

    def __enter__(self) -> Self:
        with self._lock:
            self._answering += 1
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._answering -= 1
            self._last = time.monotonic()

    def between(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items, each once nobody asks, or after PATIENCE_S."""
        for item in items:
            self._give_way()
            yield item

    def _give_way(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while self._asked_lately() and time.monotonic() < until:
            time.sleep(_LOOKING_S)

    def _asked_lately(self) -> bool:
        return bool(self._answering) or time.monotonic() - self._last < LULL_S
