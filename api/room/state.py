"""How the archive is doing: what is in it, what still waits, what the last checks found."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.dependencies import OpenArchive
from api.room.calls import Call
from api.room.jobs import STATES, duration
from api.room.pages import AdministeringPage, Page, render
from api.room.periods import named
from archive.answers import IndexStatus, Period
from archive.chores import Chore
from archive.requests import JobListRequest, Paged, TimelineRequest

router = APIRouter(route_class=Page, include_in_schema=False)
administering = APIRouter(route_class=AdministeringPage, include_in_schema=False)

WIDTH, HEIGHT = 600, 120
BY_DAY = 62
"""Days of growth are drawn one by one up to so many; months from then on."""


@dataclass(frozen=True)
class Growth:
    """How many articles there were at the end of each period. `line` and `area`: points of the picture."""

    totals: Sequence[tuple[str, int]]
    line: str
    area: str


@router.get("/state")
def state(request: Request, archive: OpenArchive) -> Response:
    status = archive.status()
    days = archive.timeline(TimelineRequest(interval="day", by="ingested")).items
    periods = days if len(days) <= BY_DAY else archive.timeline(TimelineRequest(interval="month", by="ingested")).items
    return render(
        request, "state.html", status=status, standing=standing(status), growth=growth(periods), last=archive.last_chores(),
        running=archive.chores.running, jobs=archive.jobs(JobListRequest(limit=5)).items, states=STATES,
        failing=[source for source in archive.sources(Paged(limit=200)).items if source.state == "failing"],
        calls=[Call("index_status"), Call("check_index"), Call("timeline", query={"by": "ingested"})],
    )  # fmt: skip


@administering.post("/state/{chore}")
def begin(chore: Chore, archive: OpenArchive) -> Response:
    archive.begin_chore(chore)
    return RedirectResponse("/state", 303)


def standing(status: IndexStatus) -> str:
    """Whether all can be found, in words."""
    if not status.articles:
        return "The archive is empty."
    if not status.encoder_ready:
        return "The model is being loaded; words can be searched already."
    if not status.pending:
        return "Everything in the archive can be found."
    wait = f"; the oldest has waited {duration(status.lag_s)}" if status.lag_s >= 2 else ""
    return f"{status.pending:,} {'change waits' if status.pending == 1 else 'changes wait'} to be made searchable{wait}."


def growth(periods: Sequence[Period]) -> Growth | None:
    """None where there is nothing to draw a line of."""
    totals: list[tuple[str, int]] = []
    for each in periods:
        totals.append((named(each.period), each.count + (totals[-1][1] if totals else 0)))
    if len(totals) < 2:
        return None
    most = totals[-1][1]
    step = WIDTH / (len(totals) - 1)
    points = [(round(at * step, 1), round(HEIGHT - count / most * (HEIGHT - 4), 1)) for at, (_, count) in enumerate(totals)]
    line = " ".join(f"{x},{y}" for x, y in points)
    return Growth(totals, line, f"0,{HEIGHT} {line} {WIDTH},{HEIGHT}")
