"""What every request passes before it is routed: its path, its query string, its sender and the size of its body."""

from string import printable
from urllib.parse import parse_qsl, quote_from_bytes, unquote_to_bytes, urlencode

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import guard_open_server, needs_keys
from api.errors import Refusal, invalid
from archive.settings import Settings

ENCODED_PATHS = b"/v1/articles/"
UPLOADS = frozenset({"/v1/imports", "/put-in"})
PROBES = frozenset({"/livez", "/readyz", "/healthz", "/metrics"})
"""Are answered however much is asked: a server that is busy is no dead one."""
LISTS = frozenset({"include", "facets", "field", "has", "missing", "kinds", "state"})
"""Parameters that are lists of known words: they may be repeated or separated by commas."""


class Inlet:
    """ASGI middleware that refuses what no route should see."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.max_body_bytes = settings.max_body_bytes
        self.max_import_bytes = settings.max_import_bytes
        self.max_requests = settings.max_requests
        self.under_way = 0
        self.open = not needs_keys(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.under_way >= self.max_requests and scope["path"] not in PROBES:
            raise Refusal("overloaded", f"{self.under_way} requests are under way, which is as many as may be.")
        self.under_way += 1
        try:
            await self._let_in(scope, receive, send)
        finally:
            self.under_way -= 1

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["path"] = checked_path(scope)
        scope["query_string"] = checked_query(scope["query_string"])
        if self.open:
            guard_open_server(Request(scope))
        headers = Headers(scope=scope)
        refuse_packed_body(headers)
        most = self.max_import_bytes if scope["path"] in UPLOADS else self.max_body_bytes
        refuse_announced_size(headers, most)
        if scope["method"] == "HEAD":
            scope["method"], send = "GET", without_body(scope, send)
        await self.app(scope, limited(receive, most), send)


def refuse_announced_size(headers: Headers, most: int) -> None:
    announced = headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > most:
        raise too_large(most)


def limited(receive: Receive, most: int) -> Receive:
    """Refuses a body when it gets too long, whatever was announced."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise too_large(most)
        return message

    return counted


def too_large(most: int) -> Refusal:
    return Refusal("body_too_large", f"A body may have up to {most} bytes.")


def refuse_packed_body(headers: Headers) -> None:
    """What is packed would be read as if it were the text."""
    packed = headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("", "identity"):
        detail = f"Bodies are read as they are, not as {packed}: send it without Content-Encoding."
        raise Refusal("unsupported_media_type", detail, headers={"Accept-Encoding": "identity"})


def checked_path(scope: Scope) -> str:
    """The path to route by. Under `/v1/articles/` it stays percent-encoded, so that a ref may contain encoded slashes."""
    raw: bytes = scope.get("raw_path") or quote_from_bytes(scope["path"].encode()).encode()
    plain = unquote_to_bytes(raw)
    try:
        path = plain.decode()
    except UnicodeDecodeError as error:
        raise Refusal("bad_request", "The path is not UTF-8.") from error
    if "\x00" in path:
        raise Refusal("bad_request", "The path has a NUL byte.")
    return raw.decode("ascii") if raw.startswith(ENCODED_PATHS) and raw.isascii() else path


def checked_query(query: bytes) -> bytes:
    """The query string with its lists of words one by one. Raises Refusal on NUL bytes and on what is not UTF-8."""
    if not query:
        return query
    try:
        pairs = parse_qsl(quote_from_bytes(query, printable), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as error:
        raise Refusal("bad_request", "The query string is not UTF-8.") from error
    for name, value in pairs:
        if "\x00" in name or "\x00" in value:
            raise invalid(f"/{name}", "must not contain NUL characters")
    single = [(name, part) for name, value in pairs for part in (value.split(",") if name in LISTS else (value,))]
    return urlencode(single).encode()


def without_body(scope: Scope, send: Send) -> Send:
    """For HEAD: everything that GET would answer, but its body. The server below has to know that none comes, or it would end
    the body on the connection."""

    async def headers_only(message: Message) -> None:
        scope["method"] = "HEAD"
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return headers_only
