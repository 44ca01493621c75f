"""Waiting without holding a thread: `Prefer: wait=SECONDS` (RFC 7240) until a write is searchable, and for a first change."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from archive.archive import Archive

LONGEST_S = 60
_WAIT = re.compile(r'wait\s*=\s*"?(\d{1,9})"?', re.IGNORECASE)

PreferHeader = Annotated[
    str | None,
    Header(
        alias="Prefer",
        description="`wait=SECONDS`: answer when the write is searchable, or after so long (at most 60); "
        "`respond-async`: answer as soon as it is stored.",
        examples=["wait=10"],
    ),
]


@dataclass(frozen=True, slots=True)
class Preference:
    """How long to wait, and what to say about it in `Preference-Applied` (nothing, if the caller did not ask)."""

    seconds: float
    applied: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {"Preference-Applied": self.applied} if self.applied else {}


async def preference(request: Request, _: PreferHeader = None) -> Preference:
    """The caller's wish, or `write_wait_s` where there is none."""
    archive: Archive = request.app.state.archive
    return asked(request, archive.settings.write_wait_s)


async def batch_preference(request: Request, _: PreferHeader = None) -> Preference:
    """The caller's wish, or not to wait: a batch takes longer than one would expect of an answer."""
    return asked(request, 0)


def asked(request: Request, default: float) -> Preference:
    """What the `Prefer` headers ask for; what cannot be understood is ignored, as RFC 7240 wants."""
    for wish in ",".join(request.headers.getlist("prefer")).split(","):
        if wish.strip().lower() == "respond-async":
            return Preference(0, "respond-async")
        if match := _WAIT.fullmatch(wish.strip()):
            seconds = min(int(match[1]), LONGEST_S)
            return Preference(seconds, f"wait={seconds}")
    return Preference(default)


async def searchable(request: Request, seq: int, seconds: float) -> bool:
    """Whether everything up to `seq` is searchable, after waiting so long for it at most."""
    archive: Archive = request.app.state.archive

    async def reached() -> bool:
        return await run_in_threadpool(archive.wait, seq, 0)

    return seconds > 0 and await until(request, reached, seconds, every=0.01)


async def until(request: Request, happened: Callable[[], Awaitable[bool]], seconds: float, *, every: float) -> bool:
    """Ask until it has happened, the time is up, the caller has gone or the server stops."""
    deadline = time.monotonic() + seconds
    while not await happened():
        left = deadline - time.monotonic()
        if left <= 0 or request.app.state.stopping() or await request.is_disconnected():
            return False
        await asyncio.sleep(min(every, left))
    return True
