"""Looking around: by year, month and day, this day in all years, and by who wrote what where."""

import calendar as weeks
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import OpenArchive
from api.room.calls import Call
from api.room.pages import Page, asked, render
from api.room.periods import levels, named
from api.room.templating import today
from archive.answers import CalendarPage, FacetValue, Period
from archive.archive import Archive
from archive.requests import FacetField, FacetRequest, FilterRequest, Paged, TimelineRequest

router = APIRouter(route_class=Page, include_in_schema=False)

Year = Annotated[int, Path(ge=1, le=9999)]
Month = Annotated[int, Path(ge=1, le=12)]
Day = Annotated[int, Path(ge=1, le=31)]

FIELDS: Final[dict[str, tuple[FacetField, str]]] = {
    "author": ("author", "Authors"), "section": ("category", "Sections"), "tag": ("tag", "Tags"), "source": ("source", "Sources"),
    "series": ("series", "Series"),
}  # fmt: skip
MOST_VALUES = 200
IN_A_MONTH = 50
EVERYTHING = FilterRequest()


@dataclass(frozen=True)
class Sheet:
    """A month as a calendar: weeks of seven days, 0 where the day is of another month."""

    month: int
    weeks: Sequence[Sequence[int]]
    count: int

    @classmethod
    def of(cls, year: int, month: int, count: int) -> "Sheet":
        return cls(month, weeks.Calendar().monthdayscalendar(year, month), count)


@router.get("/archive")
def years(request: Request, archive: OpenArchive) -> Response:
    """Every month of every year at a glance."""
    months = archive.timeline(TimelineRequest(interval="month"))
    by_year = {year: sum(each.count for each in group) for year, group in groupby(months.items, lambda each: each.period[:4])}
    return render(
        request, "archive.html", years=by_year, months=levels(months.items), undated=months.undated, subnav=subnav("years"),
        calls=[Call("archive"), Call("timeline", query={"interval": "month"})],
    )  # fmt: skip


@router.get("/archive/on-this-day")
def on_this_day(request: Request, archive: OpenArchive, month: str = "", day: str = "") -> Response:
    now = today()
    chosen = (int(month), int(day)) if month.isdecimal() and day.isdecimal() else (now.month, now.day)
    found = archive.on_this_day(EVERYTHING, *chosen, limit=100)
    by_year = [(year, list(group)) for year, group in groupby(found.items, lambda each: (each.published_at or "")[:4])]
    return render(
        request, "on_this_day.html", month=found.month, day=found.day, by_year=by_year, subnav=subnav("on-this-day"),
        calls=[Call("on_this_day", query={"month": found.month, "day": found.day})],
    )  # fmt: skip


@router.get("/archive/{year}")
def year(request: Request, year: Year, archive: OpenArchive) -> Response:
    days = days_of(archive, f"{year:04}-01-01", f"{year + 1:04}-01-01")
    found = archive.calendar(EVERYTHING, year=year)
    by_month = {each.period: each.count for each in found.periods}
    sheets = [Sheet.of(year, month, by_month.get(f"{year:04}-{month:02}", 0)) for month in range(1, 13)]
    return render(
        request, "archive_year.html", year=year, sheets=sheets, days=levels(days), count=found.count,
        beside=beside(archive, "year", f"{year:04}"), subnav=subnav("years"),
        calls=[
            Call("archive_year", {"year": str(year)}),
            Call("timeline", query={"interval": "day", "published_after": f"{year:04}-01-01"}),
        ],
    )  # fmt: skip


@router.get("/archive/{year}/{month}")
def month(request: Request, year: Year, month: Month, archive: OpenArchive) -> Response:
    period = f"{year:04}-{month:02}"
    found = archive.calendar(EVERYTHING, year=year, month=month)
    articles = days_with_articles(archive, found, year, month)
    return render(
        request, "archive_month.html", year=year, month=month, sheet=Sheet.of(year, month, found.count),
        days=levels(found.periods), count=found.count, articles=articles,
        beside=beside(archive, "month", period), subnav=subnav("years"),
        calls=[Call("archive_month", {"year": str(year), "month": str(month)})],
    )  # fmt: skip


@router.get("/archive/{year}/{month}/{day}")
def day(request: Request, year: Year, month: Month, day: Day, archive: OpenArchive) -> Response:
    page = asked(request, Paged)
    found = archive.calendar(EVERYTHING, year=year, month=month, day=day, limit=page.limit, cursor=page.cursor)
    path = {"year": str(year), "month": str(month), "day": str(day)}
    return render(
        request, "archive_day.html", year=year, month=month, day=day, found=found, name=named(found.period or ""),
        beside=beside(archive, "day", found.period or ""), subnav=subnav("years"), calls=[Call("archive_day", path)],
    )  # fmt: skip


@router.get("/browse/{name}")
def values(request: Request, name: str, archive: OpenArchive) -> Response:
    if name not in FIELDS:
        raise HTTPException(404)
    field, title = FIELDS[name]
    found = archive.facets(FacetRequest(field=[field], limit=MOST_VALUES)).facets[field]
    ordered = request.query_params.get("by") or "name"
    return render(
        request, "values.html", field=field, title=title, by=ordered,
        groups=grouped(found) if ordered == "name" else [("", found)],
        whole=len(found) < MOST_VALUES, most=MOST_VALUES, subnav=subnav(name),
        calls=[Call("facets", query={"field": [field], "limit": MOST_VALUES})],
    )  # fmt: skip


def days_of(archive: Archive, after: str, before: str) -> Sequence[Period]:
    asked = TimelineRequest(interval="day", published_after=after, published_before=before if len(before) == 10 else None)
    return archive.timeline(asked).items


def days_with_articles(archive: Archive, found: CalendarPage, year: int, month: int) -> list[tuple[str, Any]]:
    """The articles of a month, day by day, as many as a page can hold; a longer month is looked at day by day."""
    if found.count > IN_A_MONTH:
        return []
    numbers = [int(each.period[-2:]) for each in found.periods]
    return [
        (
            named(f"{year:04}-{month:02}-{each:02}"),
            archive.calendar(EVERYTHING, year=year, month=month, day=each, limit=200).items,
        )
        for each in numbers
    ]


def beside(archive: Archive, interval: Any, period: str) -> dict[str, tuple[str, str] | None]:
    """The periods before and after that have articles, each with its address."""
    periods = [each.period for each in archive.timeline(TimelineRequest(interval=interval)).items if each.count]
    earlier = [each for each in periods if each < period]
    later = [each for each in periods if each > period]
    return {
        "earlier": _linked(max(earlier)) if earlier else None,
        "later": _linked(min(later)) if later else None,
    }


def _linked(period: str) -> tuple[str, str]:
    return named(period), "/archive/" + "/".join(
        str(int(part)) if place else part for place, part in enumerate(period.split("-"))
    )


def grouped(values: Sequence[FacetValue]) -> list[tuple[str, list[FacetValue]]]:
    """By the first letter, in the order of the alphabet."""

    def letter(value: FacetValue) -> str:
        first = value.value.strip()[:1].upper()
        return first if first.isalpha() else "#"

    ordered = sorted(values, key=lambda each: (letter(each), each.value.casefold()))
    return [(name, list(group)) for name, group in groupby(ordered, letter)]


def subnav(current: str) -> list[tuple[str, str, bool]]:
    rooms = [("years", "/archive", "Years"), ("on-this-day", "/archive/on-this-day", "On this day")]
    rooms += [(name, f"/browse/{name}", title) for name, (_, title) in FIELDS.items()]
    return [(path, title, name == current) for name, path, title in rooms]
