"""`Idempotency-Key`: a POST that is sent again is answered with the first answer, and acts once."""

import hashlib
import re
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from anyio import CancelScope
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.errors import invalid
from archive.archive import Archive
from archive.idempotency import Stored

Answering: TypeAlias = Callable[[Request], Coroutine[Any, Any, Response]]

_KEY = re.compile("[!-~]{1,255}")
KEPT_HEADERS = ("content-type", "location", "etag", "preference-applied", "backfile-seq")


class Redacted(Response):
    """An answer with a secret in it: `replay` is what a repetition gets instead, and all that is kept."""

    replay: bytes = b""


async def once(request: Request, answer: Answering, digest: bytes | None = None) -> Response:
    """Answer, or repeat the answer of the first request with this key. What failed is not kept: it may be tried again.

    `digest`: of the body, where that is not to be read here."""
    key = request.headers.get("idempotency-key")
    if request.method != "POST" or key is None:
        return await answer(request)
    refuse_odd_key(key)
    archive: Archive = request.app.state.archive
    owner: str = request.state.owner
    fingerprint = fingerprint_of(request, digest or await request.body())
    stored = await run_in_threadpool(archive.claim, owner, key, fingerprint)
    if stored is not None:
        return replay(stored)
    try:
        response = await answer(request)
    except BaseException:
        with CancelScope(shield=True):
            await run_in_threadpool(archive.release, owner, key)
        raise
    await run_in_threadpool(archive.keep, owner, key, kept(response))
    return response


def refuse_odd_key(key: str) -> None:
    if not _KEY.fullmatch(key):
        raise invalid("/Idempotency-Key", "must have 1 to 255 printable ASCII characters, no spaces")


def fingerprint_of(request: Request, body: bytes) -> str:
    """A digest of everything that makes it this request and no other."""
    parts = (request.method, request.url.path, request.url.query, request.headers.get("content-type", ""))
    head = "\n".join(parts).encode()
    return hashlib.sha256(hashlib.sha256(head).digest() + body).hexdigest()


def kept(response: Response) -> Stored:
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    body = response.replay if isinstance(response, Redacted) else bytes(response.body)
    return Stored(response.status_code, headers, body)


def replay(stored: Stored) -> Response:
    return Response(stored.body, stored.status, {**stored.headers, "Idempotency-Replayed": "true"})
