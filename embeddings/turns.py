"""A lock that is handed on in the order it was asked for."""

import threading
from collections import deque
from types import TracebackType


class Turns:
    """`with turns:` waits for those who came before, and for nobody else.

    A plain Lock goes to whoever is quickest: a thread that encodes ten thousand texts slice by slice takes it back before a
    waiting query has woken up."""

    def __init__(self) -> None:
        self._state = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._state:
            if not self._taken:
                self._taken = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._state:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
