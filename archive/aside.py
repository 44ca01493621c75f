"""Work that may come after everything else: in a thread of its own, of low priority, and stepping aside while something else is
more urgent."""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Final

from archive import heaps

log = logging.getLogger("backfile.aside")

RETRY_S: Final = 5.0
LOOKING_S: Final = 0.1
PATIENCE_S: Final = 30.0
"""So long nothing is done while there is something more urgent; then some, so that an import of days does not leave it all."""
STEPPING_ASIDE: Final = 30
"""While there is something more urgent, a pause takes so many times as long as the step before it."""


class Aside:
    """Takes one step after another until there is none left to take, and looks again after a while. A step that fails is logged
    and taken again."""

    def __init__(
        self, name: str, step: Callable[[], int], *, urgent: Callable[[], bool], loading: Callable[[], bool], every: float
    ) -> None:
        """`step` says how much it has done. `urgent`: whether something else should come first; nothing at all is done while the
        model is being loaded, for which somebody may be waiting."""
        self._step = step
        self._urgent = urgent
        self._loading = loading
        self._every = every
        self._urgent_since: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"backfile-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Returns when the step that is being taken has ended."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        while self._loading() and not self._stop.wait(LOOKING_S):
            pass
        pause = 0.0
        while not self._stop.wait(pause):
            try:
                pause = self._paused_after_step()
            except Exception:
                log.exception("%s failed, trying again in %s s", self._thread.name, RETRY_S)
                pause = RETRY_S

    def _paused_after_step(self) -> float:
        started = time.monotonic()
        self._urgent_since = (self._urgent_since or started) if self._urgent() else None
        if self._urgent_since is not None and started - self._urgent_since < PATIENCE_S:
            return LOOKING_S
        if not self._step():
            return self._every
        heaps.give_back()
        return STEPPING_ASIDE * (time.monotonic() - started) if self._urgent_since is not None else 0.0
