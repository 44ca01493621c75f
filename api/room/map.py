"""The map of meaning, as a picture that one can point at."""

import re
from collections import Counter
from html import escape

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answering import answered, cached
from api.dependencies import OpenArchive
from api.room.calls import Call
from api.room.pages import HEADERS, Page, asked, render
from archive.answers import MapFound, MapOut
from archive.requests import MapRequest, SearchRequest

router = APIRouter(route_class=Page, include_in_schema=False)

SERIES = 8
"""Sections that have a colour of their own."""
COLOURS = ("#8d8676", "#8c1d18", "#1f5f8b", "#4d6b1f", "#8a5a00", "#6b3a86", "#00696b", "#a34a6b", "#4a4f9c")
"""Those of the stylesheet, which an image does not see: of no section, and of the eight."""
SCALE = 500
MOST_DRAWN = 2_000
"""Points of the picture without scripts."""
FOUND = 200
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@router.get("/map")
def page(request: Request, archive: OpenArchive) -> Response:
    found = archive.map(MapRequest())
    titles = dict(zip(found.ids, found.titles, strict=True))
    return render(request, "map.html", found=found, titles=titles, calls=[Call("get_map")])


@router.get("/map.json")
def data(request: Request, archive: OpenArchive) -> Response:
    return cached(request, archive.map(MapRequest()), headers={"Cache-Control": "no-cache, private"})


@router.get("/map/found")
def found(request: Request, archive: OpenArchive) -> Response:
    """Which articles a search finds."""
    answer = archive.search(asked(request, SearchRequest, limit=FOUND, matches=0, collapse=False))
    return answered(MapFound(ids=[item.article.id for item in answer.items]), headers={"Cache-Control": "no-cache, private"})


@router.get("/map.svg")
def picture(archive: OpenArchive) -> Response:
    """For where no script draws it."""
    return Response(drawn(archive.map(MapRequest())), headers=HEADERS, media_type="image/svg+xml")


def drawn(found: MapOut) -> str:
    step = max(1, -(-len(found.ids) // MOST_DRAWN))
    colours = colours_of(found)
    dots = [
        f'<circle fill="{COLOURS[colours.get(found.categories[at] or "", 0)]}" cx="{x * SCALE:.1f}" cy="{-y * SCALE:.1f}" r="4"/>'
        for at, (x, y) in enumerate(zip(found.x, found.y, strict=True))
        if at % step == 0
    ]
    names = [
        f'<text x="{region.x * SCALE:.0f}" y="{-region.y * SCALE:.0f}">{escape(plain(region.text))}</text>'
        for region in found.regions
    ]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-560 -560 1120 1120">'
        f"<g>{''.join(dots)}</g>"
        f'<g font-family="serif" font-style="italic" font-size="24" text-anchor="middle">{"".join(names)}</g></svg>'
    )


def colours_of(found: MapOut) -> dict[str, int]:
    """A number from 1 for each of the sections that most articles are in."""
    counts = Counter(name for name in found.categories if name)
    return {name: number for number, (name, _) in enumerate(counts.most_common(SERIES), start=1)}


def plain(text: str) -> str:
    """Without what no XML document may have."""
    return _NO_XML.sub("", text)
