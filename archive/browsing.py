"""Looking around: by date, by field, by what one is typing."""

import calendar as months
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from archive import cursors
from archive.answers import CalendarPage, FacetCounts, FacetValue, OnThisDay, Period, Suggestion, Suggestions
from archive.answers import Timeline as TimelineAnswer
from archive.errors import FieldError, InvalidRequest
from archive.reading import keyset, present
from archive.requests import FacetField, FacetRequest, FilterRequest, SuggestRequest, TimelineRequest
from db import articles, browse

if TYPE_CHECKING:
    from archive.archive import Archive

FACETS: tuple[FacetField, ...] = ("source", "author", "category", "tag", "series", "language", "year")


def facets(archive: "Archive", request: FacetRequest) -> FacetCounts:
    filters = request.filters()
    with archive.db.read() as conn:
        counts = browse.facets(conn, filters, request.field or FACETS, request.limit)
        return FacetCounts(facets=facet_values(counts), articles=articles.count(conn, filters))


def facet_values(counts: Mapping[str, Sequence[tuple[str, int]]]) -> dict[str, list[FacetValue]]:
    return {field: [FacetValue(value=value, count=count) for value, count in values] for field, values in counts.items()}


def timeline(archive: "Archive", request: TimelineRequest) -> TimelineAnswer:
    filters = request.filters()
    with archive.db.read() as conn:
        counted = browse.timeline if request.by == "published" else browse.ingested
        periods = counted(conn, filters, request.interval)
        total = articles.count(conn, filters)
    return TimelineAnswer(
        interval=request.interval,
        items=[Period(period=period, count=count) for period, count in periods],
        undated=total - sum(count for _, count in periods),
    )


def suggest(archive: "Archive", request: SuggestRequest) -> Suggestions:
    with archive.db.read() as conn:
        found = browse.suggest(conn, request.prefix, request.kinds or ("title", "author", "tag", "category"), request.limit)
    return Suggestions(
        items=[Suggestion(kind=item.kind, value=item.value, count=item.count, article_id=item.article) for item in found]
    )


def on_this_day(archive: "Archive", request: FilterRequest, month: int, day: int, limit: int) -> OnThisDay:
    _require_date(2000, month, day)  # a leap year
    with archive.db.read() as conn:
        items = browse.on_this_day(conn, month, day, request.filters(), limit)
    return OnThisDay(month=month, day=day, items=[present(item) for item in items])


def calendar(
    archive: "Archive",
    request: FilterRequest,
    year: int | None,
    month: int | None,
    day: int | None,
    limit: int,
    cursor: str | None,
) -> CalendarPage:
    closed = year is not None and _last_day(year, month, day) < datetime.now(UTC).date()
    period = "-".join(f"{part:0{width}}" for part, width in ((year, 4), (month, 2), (day, 2)) if part is not None) or None
    query = cursors.fingerprint(request.model_dump() | {"period": period})
    after = keyset(cursors.read(cursor, query)) if cursor else None
    filters = replace(request.filters(), published_on=period)
    with archive.db.read() as conn:
        periods = [] if day else browse.calendar(conn, filters, year, month)
        page = articles.page(conn, filters, sort="published_at", limit=limit, after=after) if day else None
        found = articles.many(conn, page.keys) if page else {}
        count = sum(number for _, number in periods) if not day else articles.count(conn, filters)
    return CalendarPage(
        period=period,
        periods=[Period(period=name, count=number) for name, number in periods],
        items=[present(found[key]) for key in page.keys] if page else [],
        count=count,
        closed=closed,
        next=cursors.write(query, list(page.after)) if page and page.after else None,
    )


def _last_day(year: int, month: int | None, day: int | None) -> date:
    """Of the period. Raises InvalidRequest where there is no such date."""
    _require_date(year, month or 12, day or 1)
    return date(year, month or 12, day or months.monthrange(year, month or 12)[1])


def _require_date(year: int, month: int, day: int) -> None:
    """Raises InvalidRequest where there is no such day."""
    try:
        date(year, month, day)
    except (ValueError, OverflowError) as error:
        raise InvalidRequest(f"There is no such date: {error}.", [FieldError("/date", str(error))]) from error
