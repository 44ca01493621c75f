"""Search: the same request from a query string and from a JSON body."""

from typing import Annotated

from fastapi import APIRouter, Body, Query
from starlette.requests import Request
from starlette.responses import Response

from api import examples
from api.answering import answered
from api.asking import Asking, in_turn, told
from api.dependencies import OpenArchive, OwnMetrics
from api.metrics import Metrics
from api.openapi import problems
from archive.answers import SearchAnswer
from archive.archive import Archive
from archive.requests import SearchRequest

router = APIRouter(prefix="/v1", tags=["search"], route_class=Asking)

POSSIBLE = problems(400, 404, 409, 410, 503)


@router.get(
    "/search",
    operation_id="search",
    summary="Search by meaning and by words",
    response_model=SearchAnswer,
    responses={**POSSIBLE, **problems(304)},
)
async def search(
    request: Request, query: Annotated[SearchRequest, Query()], archive: OpenArchive, metrics: OwnMetrics
) -> Response:
    """Each item has the passages that matched. `relevance` is comparable between queries, `score` is the order of this answer
    only, `signals` has the raw numbers of both searches. An empty answer is a valid answer.

    While the encoder is not there, `mode=hybrid` answers by words alone and says so in `degraded`."""
    with archive.expecting(query):
        return await in_turn(request, lambda: told(request, found(archive, query, metrics)))


@router.post(
    "/search", operation_id="search_post", summary="Search with a JSON body", response_model=SearchAnswer, responses=POSSIBLE
)
async def search_post(
    request: Request,
    query: Annotated[SearchRequest, Body(openapi_examples=examples.SEARCHES)],
    archive: OpenArchive,
    metrics: OwnMetrics,
) -> Response:
    """As `search`, for long texts in `like` and `unlike`, and for what should not be in logs. `next` is the cursor itself."""
    with archive.expecting(query):
        return await in_turn(request, lambda: answered(found(archive, query, metrics)))


def found(archive: Archive, query: SearchRequest, metrics: Metrics) -> SearchAnswer:
    answer = archive.search(query)
    metrics.searched(answer.mode_used, answer.took_ms, answer.degraded)
    return answer
