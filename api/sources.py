"""Watched sources: feeds, sitemaps and lists of addresses that are looked at again and again."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api import examples
from api.answering import answered, cached, paged
from api.dependencies import OpenArchive
from api.openapi import problems
from api.operations import Reading, Writing
from archive.answers import SourceOut, SourcePage
from archive.requests import Paged, SourceChange, SourceRequest

reading = APIRouter(prefix="/v1", tags=["imports"], route_class=Reading)
writing = APIRouter(prefix="/v1", tags=["imports"], route_class=Writing)

SourceId = Annotated[str, Path(max_length=200, examples=["w_0123456789abcdef"])]


@writing.post(
    "/sources",
    operation_id="create_source",
    summary="Watch a source",
    status_code=201,
    response_model=SourceOut,
    responses={200: {"model": SourceOut, "description": "It is watched already, and stays as it is."}, **problems(409)},
)
def create_source(body: Annotated[SourceRequest, Body(openapi_examples=examples.SOURCES)], archive: OpenArchive) -> Response:
    """A feed, a sitemap, or a plain text with one address a line; of a page that names a feed, that feed. It is looked at soon,
    and then every `interval_s` seconds; what is new becomes a job. Feeds that only sum up are followed to their pages."""
    source, is_new = archive.watch(body)
    return answered(source, 201 if is_new else 200, {"Location": f"/v1/sources/{source.id}"})


@reading.get(
    "/sources", operation_id="list_sources", summary="List watched sources", response_model=SourcePage, responses=problems(304)
)
def list_sources(request: Request, query: Annotated[Paged, Query()], archive: OpenArchive) -> Response:
    """Oldest first, each with how it is doing."""
    return paged(request, archive.sources(query))


@reading.get(
    "/sources/{id}", operation_id="get_source", summary="A watched source", response_model=SourceOut, responses=problems(304, 404)
)
def get_source(request: Request, id: SourceId, archive: OpenArchive) -> Response:
    """When it was looked at, what came of it, and what is wrong with it."""
    return cached(request, archive.source(id))


@writing.patch(
    "/sources/{id}",
    operation_id="change_source",
    summary="Change a watched source",
    response_model=SourceOut,
    responses=problems(404),
)
def change_source(
    id: SourceId, body: Annotated[SourceChange, Body(openapi_examples=examples.SOURCE_CHANGES)], archive: OpenArchive
) -> Response:
    """How often it is looked at, whether it is paused, and what its articles are said to come from."""
    return answered(archive.change_source(id, body))


@writing.post(
    "/sources/{id}/checks",
    operation_id="check_source",
    summary="Look at a source now",
    status_code=202,
    response_model=SourceOut,
    responses=problems(404, 409),
)
def check_source(id: SourceId, archive: OpenArchive) -> Response:
    """Whenever it would be due, and also if it was paused."""
    return answered(archive.check_source(id), 202, {"Location": f"/v1/sources/{id}"})


@writing.delete(
    "/sources/{id}", operation_id="delete_source", summary="Watch a source no more", status_code=204, responses=problems(404)
)
def delete_source(id: SourceId, archive: OpenArchive) -> Response:
    """What came from it stays."""
    archive.forget_source(id)
    return Response(status_code=204)
