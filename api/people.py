"""What is for people: the reading room, and the pages about the interface. Loaded when the first of it is asked for: its routes
and templates take a server a sixth of its start, and programs ask for none of them."""

from functools import cache
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send


class People(BaseRoute):
    """All of it as one route, which takes what no other does. What is not there either is not found."""

    methods: frozenset[str] = frozenset()
    """Those of its routes are known when it is loaded; then they are the router's."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return Match.NONE if scope["type"] != "http" or scope["path"].startswith("/v1/") else Match.PARTIAL, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        router = await run_in_threadpool(_router) if not _router.cache_info().currsize else _router()
        scope["router"] = router
        await router.app(scope, receive, send)


@cache
def _router() -> APIRouter:
    from api.pages import router as about
    from api.room.routes import ROUTERS

    loaded = APIRouter(redirect_slashes=False)
    for router in (about, *ROUTERS):
        loaded.routes.extend(router.routes)
    return loaded


def problem_page(request: Request, problem: dict[str, Any], headers: dict[str, str]) -> Response:
    """A problem for people."""
    from api.room import pages

    return pages.problem_page(request, problem, headers)
