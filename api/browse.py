"""Looking around: by date, by field, by what one is typing."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from api import errors
from api.answering import REVALIDATE, cached, paged
from api.auth import needs_keys
from api.dependencies import OpenArchive
from api.openapi import problems
from api.operations import Reading
from archive.answers import CalendarPage, FacetCounts, OnThisDay, Suggestions, Timeline
from archive.archive import Archive
from archive.requests import Cursor, FacetRequest, FilterRequest, Limit, SuggestRequest, TimelineRequest

router = APIRouter(prefix="/v1", tags=["browse"], route_class=Reading)

CLOSED_FOR_S = 3600
"""How long a period of the past may be cached: it changes only when an old article is added or changed."""

Year = Annotated[int, Path(ge=1, le=9999, examples=[2021])]
Month = Annotated[int, Path(ge=1, le=12, examples=[3])]
Day = Annotated[int, Path(ge=1, le=31, examples=[14])]


class DayQuery(FilterRequest):
    limit: Limit = Field(20, description="How many items a page has.")
    cursor: Cursor | None = Field(None, description="`next` of the page before; bound to the other parameters.")


class OnThisDayQuery(FilterRequest):
    month: int | None = Field(None, ge=1, le=12, description="Today's (UTC), if neither month nor day is given.")
    day: int | None = Field(None, ge=1, le=31, description="Today's (UTC), if neither month nor day is given.")
    limit: Limit = Field(20, description="How many items at most.")


@router.get("/archive", operation_id="archive", summary="Articles by year", response_model=CalendarPage, responses=problems(304))
def archive(request: Request, query: Annotated[FilterRequest, Query()], archive: OpenArchive) -> Response:
    """How many articles each year has, by the day each was published on in its own time zone."""
    return page(request, archive, archive.calendar(query))


@router.get(
    "/archive/on-this-day",
    operation_id="on_this_day",
    summary="This day in all years",
    response_model=OnThisDay,
    responses=problems(304),
)
def on_this_day(request: Request, query: Annotated[OnThisDayQuery, Query()], archive: OpenArchive) -> Response:
    """Articles of this day of the year, newest first."""
    if (query.month is None) != (query.day is None):
        raise errors.invalid("/day" if query.day is None else "/month", "give both month and day, or neither")
    today = datetime.now(UTC)
    return cached(request, archive.on_this_day(query, query.month or today.month, query.day or today.day, query.limit))


@router.get(
    "/archive/{year}",
    operation_id="archive_year",
    summary="A year by month",
    response_model=CalendarPage,
    responses=problems(304),
)
def archive_year(request: Request, year: Year, query: Annotated[FilterRequest, Query()], archive: OpenArchive) -> Response:
    """How many articles each month of the year has."""
    return page(request, archive, archive.calendar(query, year=year))


@router.get(
    "/archive/{year}/{month}",
    operation_id="archive_month",
    summary="A month by day",
    response_model=CalendarPage,
    responses=problems(304),
)
def archive_month(
    request: Request, year: Year, month: Month, query: Annotated[FilterRequest, Query()], archive: OpenArchive
) -> Response:
    """How many articles each day of the month has. A month of the past may be cached for an hour."""
    return page(request, archive, archive.calendar(query, year=year, month=month))


@router.get(
    "/archive/{year}/{month}/{day}",
    operation_id="archive_day",
    summary="The articles of a day",
    response_model=CalendarPage,
    responses=problems(304, 400),
)
def archive_day(
    request: Request, year: Year, month: Month, day: Day, query: Annotated[DayQuery, Query()], archive: OpenArchive
) -> Response:
    """In the order of their publication, page by page."""
    filters = FilterRequest(**query.model_dump(include=set(FilterRequest.model_fields)))
    found = archive.calendar(filters, year=year, month=month, day=day, limit=query.limit, cursor=query.cursor)
    return page(request, archive, found)


def page(request: Request, archive: Archive, found: CalendarPage) -> Response:
    shared = "private" if needs_keys(archive.settings) else "public"
    return paged(request, found, cache_control=f"{shared}, max-age={CLOSED_FOR_S}" if found.closed else REVALIDATE)


@router.get("/facets", operation_id="facets", summary="Counts by field", response_model=FacetCounts, responses=problems(304))
def facets(request: Request, query: Annotated[FacetRequest, Query()], archive: OpenArchive) -> Response:
    """How many of the articles that pass the filters each author, tag, year and so on has, the most frequent first."""
    return cached(request, archive.facets(query))


@router.get("/timeline", operation_id="timeline", summary="Counts over time", response_model=Timeline, responses=problems(304))
def timeline(request: Request, query: Annotated[TimelineRequest, Query()], archive: OpenArchive) -> Response:
    """How many of the articles that pass the filters were published in each period."""
    return cached(request, archive.timeline(query))


@router.get("/suggest", operation_id="suggest", summary="As one types", response_model=Suggestions, responses=problems(304))
def suggest(request: Request, query: Annotated[SuggestRequest, Query()], archive: OpenArchive) -> Response:
    """Titles, authors, tags and categories with a word that begins like this."""
    return cached(request, archive.suggest(query))
