"""Stories: articles that report the same developing event."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answering import paged
from api.dependencies import OpenArchive, PathRef
from api.openapi import problems, refs
from api.operations import Reading
from archive.answers import StoryPage, StoryTimeline
from archive.requests import StoryListRequest, StoryRequest

router = APIRouter(prefix="/v1", tags=["stories"], route_class=Reading)

StoryId = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[^\x00]*$", examples=["s_01f2k9v3m8q4x7c0d5ra"])]


@router.get(
    "/stories", operation_id="list_stories", summary="List stories", response_model=StoryPage, responses=problems(304, 400)
)
def list_stories(request: Request, query: Annotated[StoryListRequest, Query()], archive: OpenArchive) -> Response:
    """Those with the latest articles first. With filters, a story is made of those of its articles that pass: they are counted,
    dated, and one of them stands for it. Deleted articles never count; changed ones stay until they have been judged again."""
    return paged(request, archive.stories(query))


@router.get(
    "/stories/{id}",
    operation_id="get_story",
    summary="A story with its articles in order of time",
    response_model=StoryTimeline,
    responses=problems(304, 400, 404),
)
def get_story(request: Request, id: StoryId, query: Annotated[StoryRequest, Query()], archive: OpenArchive) -> Response:
    """Articles without a date stand where they were ingested. When two stories become one, the id of the one with more articles
    stays, and that of the other leads to it: the `id` of the answer says which it is."""
    return paged(request, archive.story(id, query))


@router.get(
    "/articles/{ref:ref}/story",
    operation_id="article_story",
    summary="The story that an article is in",
    response_model=StoryTimeline,
    responses={**refs(), **problems(304, 400)},
)
def article_story(request: Request, ref: PathRef, query: Annotated[StoryRequest, Query()], archive: OpenArchive) -> Response:
    """404 `story_not_found` where it is in none, or has not been judged yet."""
    return paged(request, archive.story_of(ref, query))
