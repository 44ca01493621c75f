"""Questions asked again: as long as the archive is what it was, an answer is given as it was made.

Whether it is, the database says at every question, so a repeat is as true as the first answer; it only costs less.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.answering import REVALIDATE, encoded, linked, tagged
from api.conditional import weak_tag
from api.idempotency import Answering
from api.metrics import Metrics
from api.operations import Reading
from archive.answers import RelatedAnswer, SearchAnswer
from archive.archive import Archive
from archive.memory import Memory
from archive.standing import Moment

BYTES: Final = 8_000_000
LONG_S: Final = 0.02
"""Who takes longer does most of it outside of Python, or in an archive where the others should not have to wait."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as it is sent, but for `took_ms`, which is its last member."""

    moment: Moment
    content: bytes
    tag: str
    headers: Mapping[str, str]

    def response(self, request: Request, milliseconds: float) -> Response:
        """Or 304 where the caller has it already."""
        return tagged(request, b'%b,"took_ms":%.2f}' % (self.content, milliseconds), self.tag, self.headers)


class Answers(Memory[str, Told]):
    """The answers given last, by path and query string."""

    def __init__(self, bytes: int = BYTES) -> None:
        super().__init__(bytes, lambda told: len(told.content))


class Asking(Reading):
    """Operations whose answer depends on the question and the archive alone; what GET answers, they give by `told`."""

    async def answered(self, request: Request, answer: Answering) -> Response:
        began = time.perf_counter()
        known = _answers(request).get(_question(request)) if request.method == "GET" else None
        if known is None or known.moment != await _moment(_archive(request)):
            return await super().answered(request, answer)
        metrics: Metrics = request.app.state.metrics
        metrics.repeated.inc()
        return known.response(request, (time.perf_counter() - began) * 1000)

    async def in_thread(self, request: Request, called: Callable[[], Response]) -> Response:
        return await in_turn(request, called)


class Turns:
    """Questions are answered one at a time, and beside one that takes long the next. Answers are made in Python, of which one
    thread runs at a time: two that hand over to each other again and again take longer than one after the other."""

    def __init__(self, most: int) -> None:
        """`most`: how many may be answered at once."""
        self._free = CapacityLimiter(1)
        self._threads = CapacityLimiter(most)

    async def __call__(self, called: Callable[[], Response]) -> Response:
        late = 0

        def let_another_begin() -> None:
            nonlocal late
            if self._free.total_tokens < self._threads.total_tokens:
                late = 1
                self._free.total_tokens += 1

        async with self._free:
            timer = asyncio.get_running_loop().call_later(LONG_S, let_another_begin)
            try:
                return await run_sync(called, limiter=self._threads)
            finally:
                timer.cancel()
                self._free.total_tokens -= late


async def in_turn(request: Request, called: Callable[[], Response]) -> Response:
    """What answers a question, in a thread, when it is its turn."""
    turns: Turns = request.app.state.asking
    return await turns(called)


def told(request: Request, answer: SearchAnswer | RelatedAnswer) -> Response:
    """The answer, kept for the next who asks the same."""
    shown, headers = linked(request, answer)
    content = encoded(shown, exclude={"took_ms"})[:-1]
    found = Told(answer.moment, content, weak_tag(content), {"Cache-Control": REVALIDATE, **headers})
    _answers(request).keep(_question(request), found)
    return found.response(request, answer.took_ms)


async def _moment(archive: Archive) -> Moment:
    """Read here where that is one look at a local file, 0.1 ms: to hand it to a thread and wait for it costs as much again."""
    return archive.moment() if archive.db.dialect == "sqlite" else await run_in_threadpool(archive.moment)


def _question(request: Request) -> str:
    return f"{request.scope['path']}?{request.scope['query_string'].decode('ascii')}"


def _answers(request: Request) -> Answers:
    answers: Answers = request.app.state.answers
    return answers


def _archive(request: Request) -> Archive:
    archive: Archive = request.app.state.archive
    return archive
