"""The state of the indexes: how far they have read, the proof that they are right, building them anew."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answering import answered, cached
from api.dependencies import OpenArchive
from api.openapi import problems
from api.operations import Administering, Reading
from archive.answers import CheckReport, IndexStatus, RebuildReport

reading = APIRouter(prefix="/v1", tags=["index"], route_class=Reading)
administering = APIRouter(prefix="/v1", tags=["index"], route_class=Administering)


@reading.get(
    "/index", operation_id="index_status", summary="State of the index", response_model=IndexStatus, responses=problems(304)
)
def index_status(request: Request, archive: OpenArchive) -> Response:
    """Counts, what is pending, how old the oldest write is that the indexes lack, the model."""
    return cached(request, archive.status())


@administering.post(
    "/index/check",
    operation_id="check_index",
    summary="Prove that the indexes equal the database",
    response_model=CheckReport,
    responses=problems(409, 503),
)
def check_index(archive: OpenArchive) -> Response:
    """Compares every vector and every document with the database; does not change anything."""
    return answered(archive.check())


@administering.post(
    "/index/rebuilds",
    operation_id="rebuild_index",
    summary="Build the indexes anew",
    response_model=RebuildReport,
    responses=problems(409, 503),
)
def rebuild_index(archive: OpenArchive) -> Response:
    """From what is stored, and in place of the old ones at once; searches go on meanwhile. Stored vectors are not made
    again."""
    return answered(archive.rebuild())
