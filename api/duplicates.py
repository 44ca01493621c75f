"""Duplicates among the articles, and paragraphs that several of them have."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answering import cached, paged
from api.dependencies import OpenArchive, PathRef
from api.openapi import problems, refs
from api.operations import Reading
from archive.answers import ArticleDuplicates, DuplicatesPage, ReuseAnswer
from archive.requests import ArticleDuplicatesRequest, DuplicatesRequest, ReuseRequest

router = APIRouter(prefix="/v1", tags=["duplicates"], route_class=Reading)


@router.get(
    "/duplicates",
    operation_id="list_duplicates",
    summary="Groups of duplicates",
    response_model=DuplicatesPage,
    responses=problems(304, 400),
)
def list_duplicates(request: Request, query: Annotated[DuplicatesRequest, Query()], archive: OpenArchive) -> Response:
    """Articles that are the very same text (`exact`), or nearly so (`near`), those whose first one was stored last at the top.
    Filters say which articles are looked at: a group has only such, and `first` is the first of them. Pages that share
    a form, and the parts of a series, are no duplicates. Near duplicates are looked up in the background: `pending` says of how
    many articles they have not been yet."""
    return paged(request, archive.duplicates(query))


@router.get(
    "/articles/{ref:ref}/duplicates",
    operation_id="article_duplicates",
    summary="The duplicates of an article",
    response_model=ArticleDuplicates,
    responses={**refs(), **problems(304)},
)
def article_duplicates(
    request: Request, ref: PathRef, query: Annotated[ArticleDuplicatesRequest, Query()], archive: OpenArchive
) -> Response:
    """The earliest first. What duplicates of this one resemble besides is not among them."""
    return cached(request, archive.duplicates_of(ref, query))


@router.get(
    "/articles/{ref:ref}/reuse",
    operation_id="article_reuse",
    summary="Paragraphs that other articles have too",
    response_model=ReuseAnswer,
    responses={**refs(), **problems(304)},
)
def article_reuse(request: Request, ref: PathRef, query: Annotated[ReuseRequest, Query()], archive: OpenArchive) -> Response:
    """Paragraph by paragraph: where else it is, word for word or nearly so, and who had it first. `articles` counts the others:
    what very many have is boilerplate. Paragraphs of fewer than eight words do not count."""
    return cached(request, archive.reuse(ref, query))
