"""Who may ask a host now: one at a time, and not sooner than a while after the last."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from threading import Lock

from fetching.timing import SLICE_S, Clock, TimeLimit

REMEMBERED = 10_000
"""Hosts; beyond that, those whose turn could be had at once are forgotten."""


@dataclass(slots=True)
class _Host:
    busy: bool = False
    ended_at: float = -inf
    not_before: float = -inf

    def seconds_until_free(self, now: float, delay_s: float) -> float:
        return max(self.ended_at + delay_s, self.not_before) - now


class Turns:
    """Safe for use from several threads."""

    def __init__(self, clock: Clock, sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock()
        self._hosts: dict[str, _Host] = {}

    @contextmanager
    def turn(self, host: str, delay_s: Callable[[], float], limit: TimeLimit) -> Iterator[None]:
        """Waits until nobody asks the host and `delay_s` seconds have gone by since the last turn ended; the limit does not run
        meanwhile. Raises FetchFailed when the limit's caller wants to stop."""
        self._wait(host, delay_s, limit)
        try:
            yield
        finally:
            self._end(host)

    def free_in(self, host: str, delay_s: float) -> float:
        """Seconds until the host may be asked; while it is being asked, at least the delay, as nobody knows when that ends."""
        with self._lock:
            state = self._hosts.get(host, _Host())
            if state.busy:
                return max(delay_s, SLICE_S)
            return max(0.0, state.seconds_until_free(self._clock(), delay_s))

    def hold(self, host: str, seconds: float) -> None:
        """The host is left alone for so long, as it asked for."""
        with self._lock:
            state = self._hosts.setdefault(host, _Host())
            state.not_before = max(state.not_before, self._clock() + seconds)

    def _wait(self, host: str, delay_s: Callable[[], float], limit: TimeLimit) -> None:
        began = self._clock()
        while (seconds := self._try(host, delay_s())) > 0:
            limit.check_wanted(host)
            self._sleep(min(seconds, SLICE_S))
        limit.extend(self._clock() - began)

    def _try(self, host: str, delay_s: float) -> float:
        """Takes the turn and returns 0, or how long it is worth waiting."""
        with self._lock:
            self._forget_some()
            state = self._hosts.setdefault(host, _Host())
            seconds = SLICE_S if state.busy else state.seconds_until_free(self._clock(), delay_s)
            if seconds <= 0:
                state.busy = True
            return max(0.0, seconds)

    def _end(self, host: str) -> None:
        with self._lock:
            state = self._hosts[host]
            state.busy = False
            state.ended_at = self._clock()

    def _forget_some(self) -> None:
        if len(self._hosts) <= REMEMBERED:
            return
        now = self._clock()
        idle = [host for host, state in self._hosts.items() if not state.busy and state.seconds_until_free(now, _LONG_S) <= 0]
        for host in idle:
            del self._hosts[host]


_LONG_S = 60.0
"""Longer than any delay, so that nothing is forgotten that still matters."""
