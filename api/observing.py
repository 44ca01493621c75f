"""Around every request: its id, its line in the log, its metrics, and a problem document where something broke."""

import logging
import re
import secrets
import time
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import Refusal, respond
from api.metrics import Metrics

access_log = logging.getLogger("backfile.access")
error_log = logging.getLogger("backfile.errors")

NOBODY_THERE = 499
"""Counted and logged where the caller went away before the request was read; nobody gets it."""
OUR_FAULT = Refusal("internal_error", "The request failed for a reason of our own; the log has it under the request id.")
_SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class Observing:
    """ASGI middleware, the outermost. A failure is logged with its traceback and leaves the server as a problem without it."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["request_id"] = request_id(Headers(scope=scope))
        exchange = Exchange(scope, send)
        try:
            await self._answer(exchange, receive)
        finally:
            exchange.log()
            self.metrics.count(exchange.route, exchange.method, exchange.status, exchange.seconds)

    async def _answer(self, exchange: "Exchange", receive: Receive) -> None:
        scope = exchange.scope
        try:
            await self.app(scope, receive, exchange.send)
        except Refusal as refusal:
            await respond(Request(scope), refusal)(scope, receive, exchange.send)
        except ClientDisconnect:
            exchange.status = NOBODY_THERE
        except Exception:
            error_log.exception("request failed", extra={"request_id": scope["request_id"], "path": scope["path"]})
            if exchange.status:
                raise  # the answer has begun: break the connection, so that nobody takes a part for the whole
            await respond(Request(scope), OUR_FAULT)(scope, receive, exchange.send)


class Exchange:
    """One request and what is sent for it."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.status = 0
        self.bytes = 0
        self._send = send
        self._began = time.perf_counter()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._began

    @property
    def route(self) -> str:
        """The template of the route, so that metrics have few labels."""
        return getattr(self.scope.get("route"), "path_format", "unmatched")

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self.scope["request_id"]
            headers["X-Content-Type-Options"] = "nosniff"
        elif message["type"] == "http.response.body":
            self.bytes += len(message.get("body", b""))
        await self._send(message)

    def log(self) -> None:
        """The query string stays out of the log: people's searches are in it."""
        client = self.scope.get("client")
        line: dict[str, Any] = {
            "request_id": self.scope["request_id"],
            "method": self.method,
            "path": self.path,
            "route": self.route,
            "status": self.status,
            "ms": round(self.seconds * 1000, 2),
            "bytes": self.bytes,
            "client": client[0] if client else None,
            "owner": self.scope.get("state", {}).get("owner"),
        }
        access_log.info("%s %s %s", self.method, self.path, self.status, extra=line)


def request_id(headers: Headers) -> str:
    """The caller's own `X-Request-Id` where it is sane, and a new one otherwise."""
    given = headers.get("x-request-id", "")
    return given if _SANE_ID.fullmatch(given) else new_request_id()


def new_request_id() -> str:
    return f"req_{secrets.token_hex(8)}"
