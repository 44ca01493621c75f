"""Stories: articles that report the same event, on a line of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.dependencies import OpenArchive
from api.room.article import span
from api.room.calls import Call
from api.room.pages import Page, asked, render
from archive.answers import ArticleOut, StoryOut, StoryTimeline
from archive.requests import StoryListRequest, StoryRequest

router = APIRouter(route_class=Page, include_in_schema=False)

WIDTH = 1000
"""Of the strip, in units of its picture."""


@dataclass(frozen=True)
class Stop:
    """The articles of a day; `gap`: how long after the ones before, where that is worth saying."""

    day: str
    articles: Sequence[ArticleOut]
    gap: str
    x: float


@router.get("/stories")
def page(request: Request, archive: OpenArchive) -> Response:
    listed = asked(request, StoryListRequest)
    found = archive.stories(listed)
    return render(
        request, "stories.html", found=found, stories=[(story, lasted(story)) for story in found.items], sort=listed.sort,
        pairs=request.query_params.multi_items(),
        calls=[Call("list_stories", query=listed.model_dump(exclude_defaults=True, exclude={"cursor"}))],
    )  # fmt: skip


@router.get("/stories/{id}")
def story(request: Request, id: str, archive: OpenArchive) -> Response:
    """A story that another has taken in leads there."""
    found = archive.story(id, asked(request, StoryRequest))
    if found.id != id:
        return RedirectResponse(f"/stories/{quote(found.id, safe='')}", 303)
    return render(
        request, "story.html", story=found, stops=stops(found), lasted=lasted(found), calls=[Call("get_story", {"id": found.id})]
    )


def lasted(story: StoryOut) -> str:
    """From its first to its last article: `over 3 weeks`."""
    first, last = _day(story.first_published_at), _day(story.last_published_at)
    if first is None or last is None:
        return ""
    return f"over {span((last - first).days + 1)}" if last > first else "on one day"


def stops(story: StoryTimeline) -> list[Stop]:
    days = [(day, list(group)) for day, group in groupby(story.items, lambda each: (each.published_at or "")[:10])]
    dates = [known for day, _ in days if (known := _day(day))]
    first, length = (min(dates), max(1, (max(dates) - min(dates)).days)) if dates else (date.min, 1)
    found: list[Stop] = []
    before: date | None = None
    for day, articles in days:
        at = _day(day)
        gap = f"{span((at - before).days)} later" if at and before and at > before else ""
        x = round(((at - first).days if at else 0) / length * (WIDTH - 40) + 20, 1)
        found.append(Stop(day, articles, gap, x))
        before = at or before
    return found


def _day(written: str | None) -> date | None:
    try:
        return date.fromisoformat((written or "")[:10])
    except ValueError:
        return None
