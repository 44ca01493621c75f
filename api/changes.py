"""What changed, and everything there is: for those who keep a copy in step."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.answering import answered, encoded, next_url
from api.dependencies import OpenArchive
from api.openapi import ndjson, problems
from api.operations import Reading
from api.waiting import until
from archive.answers import ArticleOut, Changes
from archive.requests import ChangesRequest, FilterRequest

router = APIRouter(prefix="/v1", tags=["changes"], route_class=Reading)

POLL_S = 0.2
CHUNK_BYTES = 1 << 18
"""Lines are sent in chunks of about this size: each costs a change of threads."""


@router.get("/changes", operation_id="changes", summary="What changed", response_model=Changes, responses=problems(410))
async def changes(request: Request, query: Annotated[ChangesRequest, Query()], archive: OpenArchive) -> Response:
    """Changes after `since`, oldest first, deletes included: one for each article, its latest. With `wait` the answer comes with
    the first change, or empty after so many seconds. Ask on with the answer's `seq`."""
    at_once = query.model_copy(update={"wait": 0})
    answer = await run_in_threadpool(archive.changes, at_once)

    async def changed() -> bool:
        nonlocal answer
        answer = answer if answer.items else await run_in_threadpool(archive.changes, at_once)
        return bool(answer.items)

    if query.wait and not answer.items:
        await until(request, changed, query.wait, every=POLL_S)
    headers = {"Cache-Control": "no-store"}
    if answer.more:
        headers["Link"] = f'<{next_url(request, str(answer.seq), "since")}>; rel="next"'
    return answered(answer, headers=headers)


@router.get(
    "/export",
    operation_id="export",
    summary="Every article, whole",
    response_class=StreamingResponse,
    responses=ndjson("ArticleOut"),
)
def export(query: Annotated[FilterRequest, Query()], archive: OpenArchive) -> StreamingResponse:
    """NDJSON, an article a line with paragraphs, references and extra fields, as of the moment of the request. The lines can be
    sent back to `POST /v1/articles/batch` or imported from the shell."""
    articles = iter(archive.export(query))
    first = next(articles, None)  # what fails, fails before the answer has begun
    whole = chain(() if first is None else (first,), articles)
    return StreamingResponse(chunks(whole), media_type="application/x-ndjson", headers={"Cache-Control": "no-store"})


def chunks(articles: Iterable[ArticleOut]) -> Iterator[bytes]:
    """Their lines, many at a time."""
    chunk = bytearray()
    for article in articles:
        chunk += encoded(article) + b"\n"
        if len(chunk) >= CHUNK_BYTES:
            yield bytes(chunk)
            chunk.clear()
    if chunk:
        yield bytes(chunk)
