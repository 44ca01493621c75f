"""Questions asked again: as long as the archive is what it was, an answer is given as it was made.

Whether it is, the database says at every question, so a repeat is as true as the first answer; it only costs less.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from anyio import CapacityLimiter
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

    def threads(self, request: Request) -> CapacityLimiter:
        """As many as there are cores: answers are made in Python, of which one thread runs at a time. With forty of them eight
        clients got 179 answers a second, with two 229, because each hands over to the next again and again."""
        threads: CapacityLimiter = request.app.state.asking
        return threads


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
