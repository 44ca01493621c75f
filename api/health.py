"""For those who run the server: is it alive, is it ready, what does it count."""

from fastapi import APIRouter
from starlette.responses import Response

from api.answering import answered
from api.dependencies import OpenArchive, OwnMetrics
from api.errors import Refusal
from api.metrics import CONTENT_TYPE
from api.openapi import problems
from api.operations import Public, Reading
from api.shapes import Liveness, Readiness

router = APIRouter(tags=["health"], route_class=Public)
metering = APIRouter(tags=["health"], route_class=Reading)

UNCACHED = {"Cache-Control": "no-store"}


@router.get("/livez", operation_id="livez", summary="Is the process alive", response_model=Liveness)
async def livez() -> Response:
    """Answers as long as the process does; waits for nothing."""
    return answered(Liveness(status="ok"), headers=UNCACHED)


@router.get(
    "/readyz", operation_id="readyz", summary="Can it answer everything", response_model=Readiness, responses=problems(503)
)
def readyz(archive: OpenArchive) -> Response:
    """503 while the model loads; articles can be read and words can be searched by then."""
    if reasons := archive.unready():
        raise Refusal("not_ready", " ".join(reasons), reasons=reasons)
    return answered(Readiness(status="ready", reasons=[]), headers=UNCACHED)


@router.get("/healthz", operation_id="healthz", summary="How is it", response_model=Readiness)
def healthz(archive: OpenArchive) -> Response:
    """As `readyz`, and always 200."""
    reasons = archive.unready()
    return answered(Readiness(status="starting" if reasons else "ready", reasons=reasons), headers=UNCACHED)


@metering.get(
    "/metrics",
    operation_id="metrics",
    summary="Counters and gauges",
    response_class=Response,
    responses={200: {"description": "The text format of Prometheus.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(metrics: OwnMetrics) -> Response:
    """Requests by route, searches by mode, the archive's size, what is pending, how far the indexes are behind."""
    return Response(metrics.page(), headers={**UNCACHED, "Content-Type": CONTENT_TYPE})
