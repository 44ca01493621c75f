"""What the owners of hosts ask of programs, by robots.txt (RFC 9309)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from cachetools import TLRUCache
from protego import Protego

from fetching.errors import FetchFailed
from fetching.targets import Target
from fetching.timing import Clock, TimeLimit
from fetching.turns import Turns

READ_BYTES = 500 * 1024
"""RFC 9309, 2.5: at least so much has to be read; what follows is ignored."""
MOST_REDIRECTS = 5
LASTS_S = 24 * 3600.0
FAILURE_LASTS_S = 60.0
LONGEST_DELAY_S = 60.0
REMEMBERED_BYTES = 16 << 20
"""Of robots.txt files, so that at least 32 of the largest are remembered, and thousands of the usual ones."""

_SIZE_OF_NOTHING = 1024


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one origin: its rules, or the failure that stands for them. Without either everything is allowed."""

    rules: Protego | None
    failure: FetchFailed | None
    lasts_s: float
    size: int = _SIZE_OF_NOTHING


class Robots:
    """The rules of origins, each read when it is first needed and kept for a day. Safe for use from several threads."""

    def __init__(self, user_agent: str, read: Callable[[Target, TimeLimit], bytes], turns: Turns, clock: Clock) -> None:
        self._product = product_token(user_agent)
        self._read = read
        self._readers = turns  # so that threads that need the same file have it read once
        self._lock = Lock()
        self._known: TLRUCache[str, _Known] = TLRUCache(
            REMEMBERED_BYTES, ttu=lambda _, known, now: now + known.lasts_s, timer=clock, getsizeof=lambda known: known.size
        )

    def check(self, target: Target, limit: TimeLimit) -> None:
        """Raises FetchFailed: `robots_refused` where the file forbids it, `robots_unreachable` where nobody knows, and the
        failure itself where it is the host that fails, as it would for the page."""
        known = self._look_up(target) or self._find_out(target, limit)
        if known.failure:
            raise known.failure.again()
        if known.rules and not known.rules.can_fetch(target.url, self._product):
            raise FetchFailed("robots_refused", _refusal(target.host))

    def delay_s(self, target: Target) -> float:
        """The Crawl-delay, as far as it is known already; 0 without one."""
        known = self._look_up(target)
        wanted = known.rules.crawl_delay(self._product) if known and known.rules else None
        return min(wanted or 0.0, LONGEST_DELAY_S)

    def _look_up(self, target: Target) -> _Known | None:
        with self._lock:
            return self._known.get(target.origin)

    def _find_out(self, target: Target, limit: TimeLimit) -> _Known:
        with self._readers.turn(target.origin, lambda: 0.0, limit):
            known = self._look_up(target) or self._known_by_reading(target.robots(), limit)
            with self._lock:
                self._known[target.origin] = known
            return known

    def _known_by_reading(self, target: Target, limit: TimeLimit) -> _Known:
        try:
            content = self._read(target, limit)
        except FetchFailed as failure:
            if failure.code == "stopped":
                raise
            return _known_by_failure(target, failure)
        return _Known(Protego.parse(content.decode("utf-8-sig", "replace")), None, LASTS_S, _SIZE_OF_NOTHING + len(content))


def _refusal(host: str) -> str:
    return f"the robots.txt of {host} asks programs not to fetch this page; save it in a browser and add the file"


def product_token(user_agent: str) -> str:
    """What robots.txt calls the program: `Backfile` of `Backfile/1.0 (+https://…)`."""
    found = re.match(r"[A-Za-z_-]+", user_agent)
    return found[0] if found else user_agent


def _known_by_failure(target: Target, failure: FetchFailed) -> _Known:
    """RFC 9309, 2.3.1: no file (4xx, too many redirects) allows everything; one that cannot be had allows nothing."""
    if failure.code == "too_many_redirects" or (failure.status is not None and 400 <= failure.status < 500):
        return _Known(None, None, LASTS_S)
    if failure.url == target.url and failure.status is None and failure.code not in ("truncated", "unsupported_encoding"):
        failure.url = None  # it is the page's failure as much, and at the page's address
        return _Known(None, failure, FAILURE_LASTS_S)
    return _Known(None, _unreachable(target.host, failure), FAILURE_LASTS_S)


def _unreachable(host: str, failure: FetchFailed) -> FetchFailed:
    return FetchFailed(
        "robots_unreachable",
        f"the robots.txt of {host} cannot be had, so nothing may be fetched there: {failure.reason}",
        status=failure.status,
        retry_after_s=failure.retry_after_s,
        temporary=failure.temporary or failure.status is not None,
        url=failure.url,
    )
