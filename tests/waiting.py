"""Waiting for what happens elsewhere: in another thread, in another process."""

import time
from collections.abc import Callable

PATIENCE_S = 30


def until(happened: Callable[[], bool]) -> bool:
    """Whether it has happened, after waiting for it."""
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
