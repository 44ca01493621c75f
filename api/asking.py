"""Questions asked again: as long as the archive is what it was, an answer is given as it was made.

Whether it is, the database says at every question, so a repeat is as true as the first answer; it only costs less.
"""

import time
from dataclasses import dataclass
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.answering import tagged
from api.idempotency import Answering
from api.metrics import Metrics
from api.operations import Reading
from archive.archive import Archive
from archive.memory import Memory
from archive.rankings import Moment

BYTES: Final = 16_000_000


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, and the moment for which it holds."""

    moment: Moment
    response: Response


class Answers(Memory[str, Told]):
    """The answers given last, by path and query string."""

    def __init__(self, bytes: int = BYTES) -> None:
        super().__init__(bytes, lambda told: len(told.response.body))


class Asking(Reading):
    """Operations whose answer depends on the question and the archive alone. What GET answers leaves `took_ms` out: that is
    added here."""

    async def answered(self, request: Request, answer: Answering) -> Response:
        if request.method != "GET":
            return await super().answered(request, answer)
        began = time.perf_counter()
        question = f"{request.scope['path']}?{request.scope['query_string'].decode('ascii')}"
        archive: Archive = request.app.state.archive
        answers: Answers = request.app.state.answers
        moment = await run_in_threadpool(archive.moment)
        told = answers.get(question)
        if told is None or told.moment != moment:
            told = Told(moment, await answer(request))
            answers.keep(question, told)
        else:
            metrics: Metrics = request.app.state.metrics
            metrics.repeated.inc()
        return timed(request, told.response, round((time.perf_counter() - began) * 1000, 2))


def timed(request: Request, told: Response, milliseconds: float) -> Response:
    """The answer with `took_ms` as its last member; 304 where the caller has it already."""
    body = b'%b,"took_ms":%.2f}' % (bytes(told.body)[:-1], milliseconds)
    kept = {name: value for name, value in told.headers.items() if name != "content-length"}
    return tagged(request, body, told.headers["etag"], kept)
