"""A thread that takes one step after another, of low priority, and never dies of one that fails."""

import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import Final

log = logging.getLogger("backfile.background")

RETRY_S: Final = 5.0


class Background:
    """`step` says whether it has found something to do; where it has not, it is taken again when woken, or after `every`
    seconds."""

    def __init__(self, name: str, step: Callable[[], bool], every: float) -> None:
        self._step = step
        self._every = every
        self._stop = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There may be something to do."""
        self._woken.set()

    def stopping(self) -> bool:
        """Whether a step should leave off."""
        return self._stop.is_set()

    def pause(self, seconds: float) -> None:
        """Returns early where it is to stop."""
        self._stop.wait(seconds)

    def close(self) -> None:
        """Returns when the step that is being taken has left off."""
        self._stop.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        while not self._stop.is_set():
            try:
                worked = self._step()
            except Exception:
                log.exception("%s failed, trying again in %s s", self._thread.name, RETRY_S)
                self.pause(RETRY_S)
                continue
            if not worked:
                self._woken.wait(self._every)
                self._woken.clear()
