"""The entrance, and what a search finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answering import answered
from api.dependencies import OpenArchive
from api.room.calls import Call
from api.room.pages import Page, asked, render
from api.room.periods import bars
from api.room.templating import query
from archive.answers import ArticleOut, FacetValue, Match, Rejected, SearchItem
from archive.archive import Archive
from archive.requests import (
    ArticleListRequest,
    FacetField,
    FacetRequest,
    FilterRequest,
    SearchRequest,
    StoryListRequest,
    SuggestRequest,
)

router = APIRouter(route_class=Page, include_in_schema=False)

FACETS: tuple[tuple[FacetField, str], ...] = (
    ("source", "Source"), ("category", "Section"), ("author", "Author"),
    ("tag", "Tag"), ("series", "Series"), ("language", "Language"),
)  # fmt: skip
CHIPS: dict[str, str] = {**dict[str, str](FACETS), "published_after": "From", "published_before": "Before"}
LATEST = 6
MATCHES = 2
VALUES = 15
"""Of a facet, at most; the search field suggests the others, and the pages to browse list them."""
STORIES = 4
BY_MONTH_YEARS = 3
"""A range of so many years or less is drawn by month."""


@dataclass(frozen=True)
class Result:
    """An article that was found, or that passes the filters where nothing was asked for."""

    article: ArticleOut
    matches: Sequence[Match] = ()
    relevance: float | None = None
    why: str = ""
    copies: int = 0

    @classmethod
    def of(cls, item: SearchItem) -> "Result":
        return cls(item.article, item.matches, item.relevance, why(item), len(item.also_in))


@dataclass(frozen=True)
class Chip:
    """A filter that is set, and the address without it."""

    label: str
    value: str
    without: str


@dataclass(frozen=True)
class Choice:
    """A value of a facet, and the address with it, or without it where it is set."""

    value: str
    count: int
    chosen: bool
    address: str


@router.get("/")
def page(request: Request, archive: OpenArchive) -> Response:
    question = request.query_params.get("q", "").strip()
    filters = asked(request, FilterRequest)
    if question:
        return results(request, archive, question)
    return listing(request, archive, filters) if filters.filters() else entrance(request, archive)


def results(request: Request, archive: Archive, question: str) -> Response:
    counted: list[FacetField] = [*(field for field, _ in FACETS), "month" if is_short(request) else "year"]
    search = asked(request, SearchRequest, q=question, facets=counted, matches=MATCHES)
    answer = archive.search(search)
    return render(
        request, "search.html", question=question, results=[Result.of(item) for item in answer.items], count=answer.count,
        warnings=answer.warnings, rejected=() if answer.items else nearest(archive, search), next=answer.next,
        calls=[Call("search", query=search.model_dump(exclude_defaults=True, exclude={"cursor", "matches"}))],
        **around(request, answer.facets),
    )  # fmt: skip


def nearest(archive: Archive, search: SearchRequest) -> Sequence[Rejected]:
    """What came closest, where nothing is close enough."""
    return archive.search(search.model_copy(update={"explain": True, "facets": [], "cursor": None})).rejected


def listing(request: Request, archive: Archive, filters: FilterRequest) -> Response:
    """What passes the filters, in order of time."""
    counted: list[FacetField] = [*(field for field, _ in FACETS), "month" if is_short(request) else "year"]
    sort = {"sort": "-published_at"} if request.query_params.get("sort") in (None, "", "relevance") else {}
    listed = asked(request, ArticleListRequest, **sort)
    found = archive.articles(listed)
    facets = archive.facets(FacetRequest(**filters.model_dump(), field=counted, limit=50)).facets
    return render(
        request, "search.html", question="", results=[Result(article) for article in found.items],
        count={"value": found.count, "relation": "eq"}, warnings=(), rejected=(), next=found.next,
        calls=[Call("list_articles", query=listed.model_dump(exclude_defaults=True, exclude={"cursor"}))],
        **around(request, facets),
    )  # fmt: skip


def entrance(request: Request, archive: Archive) -> Response:
    latest = archive.articles(ArticleListRequest(limit=LATEST))
    years = archive.facets(FacetRequest(field=["year"], limit=50)).facets["year"]
    return render(
        request, "entrance.html", latest=latest.items, articles=latest.count, bars=bars(years, []),
        stories=archive.stories(StoryListRequest(limit=STORIES)).items,
        calls=[Call("list_articles", query={"limit": LATEST}), Call("facets", query={"field": ["year"]})],
    )  # fmt: skip


def around(request: Request, facets: Mapping[str, Sequence[FacetValue]]) -> dict[str, Any]:
    """What stands beside the results: chips, facets, the histogram."""
    pairs = request.query_params.multi_items()
    return {
        "chips": chips(request),
        "facets": [(label, field, choices(request, field, facets[field][:VALUES])) for field, label in FACETS if facets[field]],
        "bars": bars([*facets.get("year", ()), *facets.get("month", ())], pairs),
        "pairs": pairs,
        "mode": request.query_params.get("mode") or "hybrid",
        "sort": request.query_params.get("sort") or "relevance",
        "kept": [(name, value) for name, value in pairs if value and name in CHIPS],
    }


def chips(request: Request) -> list[Chip]:
    return [
        Chip(label, value, without(request, name, value))
        for name, label in CHIPS.items()
        for value in request.query_params.getlist(name)
        if value
    ]


def choices(request: Request, field: str, values: Sequence[FacetValue]) -> list[Choice]:
    chosen = request.query_params.getlist(field)
    return [
        Choice(
            each.value, each.count, each.value in chosen,
            without(request, field, each.value) if each.value in chosen else address(request, **{field: [*chosen, each.value]}),
        )
        for each in values
    ]  # fmt: skip


def address(request: Request, **changed: Any) -> str:
    """The same view with other values, from its first page."""
    return "?" + query(request.query_params.multi_items(), cursor=None, **changed)


def without(request: Request, name: str, value: str) -> str:
    return address(request, **{name: [each for each in request.query_params.getlist(name) if each != value]})


def is_short(request: Request) -> bool:
    """Whether the range that was chosen is to be drawn by month."""
    try:
        first, last = (date.fromisoformat(request.query_params.get(f"published_{side}", "")[:10]) for side in ("after", "before"))
    except ValueError:
        return False
    return (last - first).days <= 366 * BY_MONTH_YEARS


def why(item: SearchItem) -> str:
    """By what it was found."""
    meaning, words = item.signals.semantic is not None, item.signals.lexical is not None
    return "meaning and words" if meaning and words else "meaning" if meaning else "words" if words else ""


@router.get("/suggest")
def suggest(request: Request, archive: OpenArchive) -> Response:
    """For the field, as one types."""
    return answered(archive.suggest(asked(request, SuggestRequest, limit=4)), headers={"Cache-Control": "no-cache, private"})
