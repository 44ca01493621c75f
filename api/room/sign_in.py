"""Signing in, with an API key, and out."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.auth import needs_keys
from api.dependencies import OpenArchive
from api.room import session
from api.room.pages import render
from archive.errors import KeyExpired, KeyRequired

router = APIRouter(include_in_schema=False)


@router.get("/sign-in", name="sign_in")
def page(request: Request, archive: OpenArchive, to: str = "/") -> Response:
    if not needs_keys(archive.settings):
        return RedirectResponse(own(to), 303)
    return render(request, "sign_in.html", to=own(to), refused="")


@router.post("/sign-in")
def sign_in(
    request: Request, archive: OpenArchive, key: Annotated[str, Form()] = "", to: Annotated[str, Form()] = "/"
) -> Response:
    session.refuse_foreign(request)
    try:
        archive.authorize(key.strip() or None, "read")
    except (KeyRequired, KeyExpired) as error:
        return render(request, "sign_in.html", code=401, to=own(to), refused=error.detail)
    response = RedirectResponse(own(to), 303)
    session.remember(request, response, key.strip())
    return response


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    session.refuse_foreign(request)
    response = RedirectResponse("/sign-in", 303)
    session.forget(response)
    return response


def own(to: str) -> str:
    """An address of this archive to go on to: a link to sign in never leads elsewhere."""
    parts = urlsplit(to)
    is_own = to.startswith("/") and not to.startswith(("//", "/\\")) and not parts.netloc and "\\" not in to
    return to if is_own else "/"
