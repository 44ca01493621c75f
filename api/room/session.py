"""Who looks at a page: an API key, kept in a cookie; and that what writes comes from one of our own pages."""

from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Scope, needs_keys
from api.errors import Refusal
from archive.archive import Archive
from archive.errors import ScopeMissing

COOKIE = "backfile_key"
KEPT_S = 30 * 86400
SCOPES: tuple[Scope, ...] = ("read", "write", "admin")


async def admit(request: Request, scope: Scope) -> None:
    """As `api.auth.authorize`, by the cookie. `request.state.may` is told what else the visitor may do.

    Raises KeyRequired, KeyExpired, ScopeMissing."""
    archive: Archive = request.app.state.archive
    request.state.owner, request.state.may = "open", SCOPES
    request.state.signed_in = needs_keys(archive.settings)
    if request.state.signed_in:
        await run_in_threadpool(_admit, request, archive, scope)


def _admit(request: Request, archive: Archive, scope: Scope) -> None:
    secret = request.cookies.get(COOKIE)
    request.state.may = ()
    request.state.owner = archive.authorize(secret, scope)
    request.state.may = tuple(scope for scope in SCOPES if _may(archive, secret, scope))


def _may(archive: Archive, secret: str | None, scope: Scope) -> bool:
    try:
        archive.authorize(secret, scope)
    except ScopeMissing:
        return False
    return True


def refuse_foreign(request: Request) -> None:
    """Writes are taken from our own pages alone. Every browser says where a form comes from: newer ones in `Sec-Fetch-Site`,
    which a page cannot forge, older ones in `Origin`; what says neither is no browser, and has the HTTP interface.

    The cookie is not sent along with other sites' forms either (`SameSite`). Raises Refusal."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    own = (
        site == "same-origin"
        if site is not None
        else origin is not None and urlsplit(origin).netloc == request.headers.get("host")
    )
    if not own:
        raise Refusal("cross_origin", "This form was not sent by a page of this archive.")


def remember(request: Request, response: Response, secret: str) -> None:
    response.set_cookie(
        COOKIE, secret, max_age=KEPT_S, path="/", httponly=True, samesite="lax", secure=request.url.scheme == "https"
    )


def forget(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
