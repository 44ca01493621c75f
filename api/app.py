"""The application: resources, middleware and the archive put together."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from api import (
    articles,
    browse,
    changes,
    duplicates,
    health,
    imports,
    index,
    keys,
    map,
    openapi,
    related,
    search,
    sources,
    stories,
    writing,
)
from api.asking import Answers, Turns
from api.errors import HANDLERS
from api.inlet import Inlet
from api.metrics import Metrics
from api.observing import Observing
from api.people import People, problem_page
from archive.archive import Archive
from archive.settings import Settings

ROUTERS = (
    search.router,  # looked through in this order: what is asked most comes first
    related.router,  # /articles/{ref}/related before /articles/{ref}
    health.router,
    health.metering,
    duplicates.router,
    stories.router,  # and /articles/{ref}/story
    articles.router,
    writing.router,
    browse.router,
    map.router,
    changes.router,
    imports.uploading,
    imports.reading,
    imports.writing,
    sources.reading,
    sources.writing,
    index.reading,
    index.administering,
    keys.router,
)


def create_app(source: Settings | Archive) -> FastAPI:
    """The ASGI application of an archive. An `Archive` stays its opener's, to be started and closed by it; with `Settings` the
    application opens the archive when it starts, and closes it when it ends."""
    settings = source.settings if isinstance(source, Archive) else source
    app = FastAPI(
        title="Backfile", lifespan=_lifespan(source), docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    app.router.redirect_slashes = False
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    app.router.routes.append(People())
    app.openapi = _documented(app)  # type: ignore[method-assign]
    for error, handler in HANDLERS.items():
        app.add_exception_handler(error, handler)
    app.state.metrics = Metrics()
    app.state.answers = Answers()
    app.state.asking = Turns(max(2, (os.cpu_count() or 1) // settings.workers))
    app.state.stopping = _never
    app.state.problem_page = problem_page
    if isinstance(source, Archive):
        _serve(app, source)
    app.add_middleware(Inlet, settings=settings)
    app.add_middleware(Observing, metrics=app.state.metrics)
    return app


def _never() -> bool:
    """A server says here that it is about to stop, so that nobody goes on waiting."""
    return False


def _serve(app: FastAPI, archive: Archive) -> None:
    app.state.archive = archive
    app.state.metrics.watch(archive)


def _lifespan(source: Settings | Archive) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if isinstance(source, Archive):
            yield
            return
        archive = await run_in_threadpool(Archive, source)
        try:
            await run_in_threadpool(archive.start)
            _serve(app, archive)
            yield
        finally:
            await run_in_threadpool(archive.close)

    return lifespan


def _documented(app: FastAPI) -> Callable[[], dict[str, Any]]:
    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = openapi.document(list(app.routes))
        return app.openapi_schema

    return document
