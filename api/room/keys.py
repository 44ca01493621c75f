"""Keys are made and revoked here, by who may administer the archive."""

from datetime import date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Path
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.dependencies import OpenArchive
from api.errors import invalid
from api.room.calls import Call
from api.room.pages import AdministeringPage, render
from archive.answers import NewKey
from archive.archive import Archive
from archive.keys import SCOPES

router = APIRouter(route_class=AdministeringPage, include_in_schema=False)

UTC = ZoneInfo("UTC")
UNCACHED = {"Cache-Control": "no-store"}


@router.get("/keys")
def keys(request: Request, archive: OpenArchive) -> Response:
    return _page(request, archive, None)


@router.post("/keys")
def create(
    request: Request,
    archive: OpenArchive,
    name: Annotated[str, Form()] = "",
    scope: Annotated[str, Form()] = "read",
    expires: Annotated[str, Form()] = "",
) -> Response:
    """The secret is on this page and on no other: it is stored as a digest only."""
    return _page(request, archive, archive.create_key(name, [scope], _end_of(expires) if expires else None))


def _end_of(day: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), time(23, 59, 59), UTC)
    except ValueError as error:
        raise invalid("/expires", "is a date, such as 2030-01-31") from error


def _page(request: Request, archive: Archive, made: NewKey | None) -> Response:
    return render(
        request, "keys.html", keys=archive.keys().items, made=made, scopes=SCOPES, headers=UNCACHED,
        calls=[Call("list_keys"), Call("create_key", body={"name": "a name", "scopes": ["read"]})],
    )  # fmt: skip


@router.post("/keys/{id}/revoke")
def revoke(id: Annotated[str, Path(max_length=200)], archive: OpenArchive) -> Response:
    archive.revoke_key(id)
    return RedirectResponse("/keys", 303)
