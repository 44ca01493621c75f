"""Feeds, sitemaps and lists that are looked at again and again."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.dependencies import OpenArchive
from api.room.calls import Call
from api.room.pages import Page, WritingPage, asked, filled, render
from archive.archive import Archive
from archive.requests import Paged, SourceChange, SourceRequest

router = APIRouter(route_class=Page, include_in_schema=False)
writing = APIRouter(route_class=WritingPage, include_in_schema=False)

Id = Annotated[str, Path(max_length=200)]
INTERVALS = (
    (900, "every quarter of an hour"), (3600, "every hour"), (21600, "every six hours"), (86400, "every day"),
    (604800, "every week"),
)  # fmt: skip


@router.get("/sources")
def sources(request: Request, archive: OpenArchive) -> Response:
    found = archive.sources(asked(request, Paged))
    calls = [Call("list_sources"), Call("create_source", body={"url": "https://…", "interval_s": 3600})]
    return render(request, "sources.html", found=found, intervals=INTERVALS, every=dict(INTERVALS), calls=calls)


@writing.post("/sources")
async def watch(request: Request, archive: OpenArchive) -> Response:
    form = ImmutableMultiDict([(name, str(value)) for name, value in (await request.form()).multi_items()])
    archive.watch(filled(form, SourceRequest))
    return RedirectResponse("/sources", 303)


@writing.post("/sources/{id}/{act}")
def change(id: Id, act: str, archive: OpenArchive) -> Response:
    _act(archive, id, act)
    return RedirectResponse("/sources", 303)


def _act(archive: Archive, id: str, act: str) -> None:
    match act:
        case "pause" | "resume":
            archive.change_source(id, SourceChange(paused=act == "pause"))
        case "check":
            archive.check_source(id)
        case "forget":
            archive.forget_source(id)
