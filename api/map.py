"""The archive as a map of meaning."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answering import cached
from api.dependencies import OpenArchive
from api.openapi import problems
from api.operations import Reading
from archive.answers import MapOut
from archive.requests import MapRequest

router = APIRouter(prefix="/v1", tags=["browse"], route_class=Reading)


@router.get("/map", operation_id="get_map", summary="A map of meaning", response_model=MapOut, responses=problems(304))
def get_map(request: Request, query: Annotated[MapRequest, Query()], archive: OpenArchive) -> Response:
    """Where each article lies on a plane on which those that say similar things lie near each other. It is drawn in the
    background, a while after articles came in; `computed_at` is null as long as there is none."""
    return cached(request, archive.map(query))
