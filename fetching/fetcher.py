"""From an address to bytes."""

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from threading import Event
from types import TracebackType
from typing import Self

import httpcore

from fetching import exchange, statuses
from fetching.connecting import Connect, begin_to_connect
from fetching.decoding import ACCEPTED
from fetching.errors import FetchFailed
from fetching.exchange import REDIRECTS, WITH_CONTENT, Answer, Reading
from fetching.page import Page, charset, media_type
from fetching.resolving import Resolve, checked_addresses
from fetching.robots import LONGEST_DELAY_S, MOST_REDIRECTS, READ_BYTES, Robots
from fetching.targets import AllowedHosts, Target, parse
from fetching.timing import Clock, Stopping, TimeLimit
from fetching.turns import Turns

TIMEOUT_S = 30.0
MAX_BYTES = 20 << 20
DELAY_S = 1.0
REDIRECT_LIMIT = 10

_PERMANENT = frozenset([301, 308])
_ASKS_FOR_A_PAUSE = frozenset([429, 503])
_ACCEPT = "text/html, application/xhtml+xml, application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.8"
_NOT_IN_HEADERS = re.compile(r"[^\t\x20-\x7e\x80-\xff]")

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Way:
    """The targets that were asked one after another, the statuses of their redirects, and the answer of the last."""

    targets: Sequence[Target]
    statuses: Sequence[int]
    answer: Answer


class Fetcher:
    """Fetches what is on the public internet, one request at a time of each host. Safe for use from several threads.

    Every address that a host resolves to is checked, at each redirect anew, and the one that was checked is connected to. Private
    networks and this machine are reached only at `allowed_hosts` (`intranet.example`, or `127.0.0.1:8080`), metadata services
    never. No proxy is used, no setting of the environment read, no cookie or password sent.

    `timeout_s` is for one fetch with its redirects; waiting for the host's turn is not counted. `max_bytes` counts content as it
    is sent and as it is unpacked. `delay_s` lies between the end of one request and the start of the next to the same host, more
    where its robots.txt asks for it, robots.txt files and redirects among the requests.
    """

    def __init__(
        self,
        user_agent: str,
        *,
        timeout_s: float = TIMEOUT_S,
        max_bytes: int = MAX_BYTES,
        delay_s: float = DELAY_S,
        allowed_hosts: Iterable[str] = (),
        respect_robots: bool = True,
        stopping: Stopping = lambda: False,
        resolve: Resolve = socket.getaddrinfo,
        connect: Connect = begin_to_connect,
        tls: ssl.SSLContext | None = None,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        """Raises ValueError for a user agent that cannot be sent, and for an allowed host that is none."""
        self._user_agent = _sendable(user_agent)
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._delay_s = delay_s
        self._allowed = AllowedHosts(allowed_hosts)
        self._closed = Event()
        self._stopping = stopping
        self._resolve = resolve
        self._connect = connect
        self._given_tls = tls
        self._clock = clock
        pause = sleep or self._pause
        self._turns = Turns(clock, pause)
        self._robots = Robots(user_agent, self._read_robots, Turns(clock, pause), clock) if respect_robots else None

    def fetch(
        self, url: str, *, etag: str | None = None, last_modified: str | None = None, stopping: Stopping = lambda: False
    ) -> Page:
        """Blocks until the host may be asked and has answered. With `etag` or `last_modified` of an earlier page the answer may
        be that nothing changed. Raises FetchFailed, also soon after `stopping` gives True or `close` was called, and ValueError
        for an `etag` or `last_modified` that is none."""
        start = parse(url)
        conditions = _conditions(etag, last_modified)
        limit = TimeLimit(self._timeout_s, lambda: self._closed.is_set() or self._stopping() or stopping(), self._clock)
        way = self._follow(start, conditions, Reading(self._max_bytes), limit, REDIRECT_LIMIT, self._robots)
        if way.answer.status in WITH_CONTENT or (way.answer.status == 304 and conditions):
            return _page(url, way, etag, last_modified)
        raise _failed(way)

    def free_in(self, url: str) -> float:
        """Seconds until the host of this address may be asked, as far as is known; 0 if it may be now. Raises FetchFailed for an
        address that cannot be."""
        target = parse(url)
        return self._turns.free_in(target.host, self._delay(target))

    def close(self) -> None:
        """Whoever is fetching gets FetchFailed with the code `stopped`, within a fraction of a second."""
        self._closed.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _follow(
        self, start: Target, headers: Headers, reading: Reading, limit: TimeLimit, most: int, robots: Robots | None
    ) -> _Way:
        """Asks one target after another, each checked anew; a failure names the one at which it came up."""
        targets, passed = [start], list[int]()
        while True:
            target = targets[-1]
            try:
                if robots:
                    robots.check(target, limit)
                answer = self._ask(target, headers, reading, limit)
                if answer.location is None:
                    return _Way(targets, passed, answer)
                targets.append(_next(targets, answer.location, most))
            except FetchFailed as failure:
                failure.url = failure.url or target.url
                raise
            passed.append(answer.status)

    def _ask(self, target: Target, headers: Headers, reading: Reading, limit: TimeLimit) -> Answer:
        with self._turns.turn(target.host, lambda: self._delay(target), limit):
            private = target in self._allowed
            addresses = checked_addresses(target, private, self._resolve, limit)
            tls = self._tls if target.scheme == "https" else None
            answer = exchange.ask(target, addresses, [*self._headers, *headers], reading, limit, tls, self._connect)
            self._heed(target, answer)
            return answer

    def _heed(self, target: Target, answer: Answer) -> None:
        """A host that asks for a pause gets it, up to a minute; beyond that it is for the caller to come back later."""
        if answer.status in _ASKS_FOR_A_PAUSE:
            wanted = statuses.seconds_until(answer.header("retry-after"), datetime.now(UTC))
            self._turns.hold(target.host, min(wanted or 0.0, LONGEST_DELAY_S))

    def _read_robots(self, target: Target, limit: TimeLimit) -> bytes:
        way = self._follow(target, (), Reading(READ_BYTES, cut=True), limit, MOST_REDIRECTS, None)
        if way.answer.status in WITH_CONTENT:
            return way.answer.content
        raise _failed(way)

    def _delay(self, target: Target) -> float:
        return max(self._delay_s, self._robots.delay_s(target) if self._robots else 0.0)

    @property
    def _headers(self) -> Headers:
        return [("User-Agent", self._user_agent), ("Accept", _ACCEPT), ("Accept-Encoding", ACCEPTED)]

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Late, as it reads all certificates of the machine."""
        return self._given_tls or httpcore.default_ssl_context()

    def _pause(self, seconds: float) -> None:
        self._closed.wait(seconds)


def _next(targets: Sequence[Target], location: str, most: int) -> Target:
    host = targets[-1].host
    target = targets[-1].join(location)
    if target in targets:
        raise FetchFailed("too_many_redirects", f"{host} sends in a circle; it may want cookies, which are not kept")
    if len(targets) > most:
        raise FetchFailed("too_many_redirects", f"{targets[0].host} sends on more than {most} times")
    return target


def _failed(way: _Way) -> FetchFailed:
    target, answer = way.targets[-1], way.answer
    if answer.status in REDIRECTS:
        failure = FetchFailed("bad_response", f"{target.host} sends on without saying where to", status=answer.status)
    else:
        failure = statuses.failure(target.host, answer)
    failure.url = target.url
    return failure


def _page(requested_url: str, way: _Way, etag: str | None, last_modified: str | None) -> Page:
    answer, url = way.answer, way.targets[-1].url
    is_same = answer.status == 304
    kind = answer.header("content-type")
    return Page(
        url=url,
        requested_url=requested_url,
        status=304 if is_same else 200,
        content=answer.content,
        media_type=media_type(kind),
        charset=charset(kind),
        etag=answer.header("etag") or (etag if is_same else None),
        last_modified=answer.header("last-modified") or (last_modified if is_same else None),
        redirects=tuple(target.url for target in way.targets[1:]),
        moved_permanently_to=url if way.statuses and _PERMANENT.issuperset(way.statuses) else None,
        retrieved_at=datetime.now(UTC),
    )


def _conditions(etag: str | None, last_modified: str | None) -> Headers:
    given = [("If-None-Match", etag), ("If-Modified-Since", last_modified)]
    return [(name, _sendable(value)) for name, value in given if value]


def _sendable(value: str) -> str:
    if not value.strip() or _NOT_IN_HEADERS.search(value):
        raise ValueError(f"{value!r} cannot be sent in a header")
    return value
