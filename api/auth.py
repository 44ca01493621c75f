"""Who may ask: API keys, and what protects a server that listens on loopback without them."""

from functools import lru_cache
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.errors import Refusal
from archive.archive import Archive
from archive.settings import Settings

Scope = Literal["read", "write", "admin"]

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


@lru_cache(256)
def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host` (an address or a name)."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def needs_keys(settings: Settings) -> bool:
    """Whether callers must show an API key: always, except on loopback as long as nobody asked for keys there."""
    return settings.require_keys or not is_loopback(settings.host)


async def authorize(request: Request, scope: Scope) -> None:
    """Put the caller's name (the id of its key, or `open`) into `request.state.owner`, or raise why it may not do this."""
    archive: Archive = request.app.state.archive
    request.state.owner = "open"
    if needs_keys(archive.settings):
        request.state.owner = await run_in_threadpool(archive.authorize, bearer(request), scope)


def bearer(request: Request) -> str | None:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" and secret.strip() else None


def guard_open_server(request: Request) -> None:
    """Refuse what only another site's page, open in a browser on this machine, would send to a server without keys.

    A page can point a name of its own at 127.0.0.1 (then the Host header has that name), and can send a form across origins."""
    host = request.headers.get("host", "")
    if not is_loopback(_name(host)):
        raise Refusal("misdirected_request", f"This server answers on loopback only, not as {host!r}.")
    origin = request.headers.get("origin")
    if request.method not in SAFE_METHODS and origin is not None and urlsplit(origin).netloc != host:
        raise Refusal("cross_origin", f"A page of {origin!r} may not write here.")


def _name(host: str) -> str:
    """A Host header without its port."""
    return host.partition("]")[0] if host.startswith("[") else host.partition(":")[0]
