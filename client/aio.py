"""The client for programs that do other things while they wait."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Concatenate, ParamSpec, Self, TypeVar

import httpx

from client import operations
from client.calls import Call, Lines, PagedCall, StreamCall, as_method, options
from client.problems import problem_of, reaching

P = ParamSpec("P")
T = TypeVar("T")
Item = TypeVar("Item")


def _answer(build: Callable[P, Call[T]]) -> Callable[Concatenate["AsyncBackfile", P], Awaitable[T]]:
    def method(self: "AsyncBackfile", /, *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        return self.send(build(*args, **kwargs))

    as_method(method, build)
    return method


def _each(build: Callable[P, PagedCall[T, Item]]) -> Callable[Concatenate["AsyncBackfile", P], AsyncIterator[Item]]:
    def method(self: "AsyncBackfile", /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[Item]:
        return self.items(build(*args, **kwargs))

    as_method(method, build)
    return method


def _lines(build: Callable[P, StreamCall[Item]]) -> Callable[Concatenate["AsyncBackfile", P], AsyncIterator[Item]]:
    def method(self: "AsyncBackfile", /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[Item]:
        return self.stream(build(*args, **kwargs))

    as_method(method, build)
    return method


class AsyncBackfile:
    """A server of Backfile, with the methods of `Backfile` to be awaited, and iterators to be gone through with `async for`."""

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        key: str | None = None,
        *,
        timeout: float = 30.0,
        retries: int = 3,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`timeout` in seconds. `retries`: how often a call is repeated when the server says 503 and when to come back."""
        self.retries = retries
        self._http = httpx.AsyncClient(transport=transport, **options(url, key, timeout))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, call: Call[T]) -> T:
        response = await self._settled(call)
        with reaching(response.request.url):
            await response.aread()
        return call.read(response)

    async def items(self, call: PagedCall[T, Item]) -> AsyncIterator[Item]:
        page: PagedCall[T, Item] | None = call
        while page is not None:
            answer = await self.send(page)
            for item in page.items(answer):
                yield item
            page = page.after(answer)

    async def stream(self, call: StreamCall[Item]) -> AsyncIterator[Item]:
        response = await self._settled(call)
        lines = Lines()
        try:
            with reaching(response.request.url):
                async for chunk in response.aiter_bytes():
                    for line in lines.feed(chunk):
                        yield call.item(line)
            for line in lines.end():
                yield call.item(line)
        finally:
            await response.aclose()

    async def _settled(self, call: Call[T]) -> httpx.Response:
        """The answer, its body unread, after as many repetitions as are allowed."""
        for left in range(self.retries, -1, -1):
            response = await self._once(call)
            pause = call.pause(response)
            if pause is None or not left:
                break
            await response.aclose()
            await asyncio.sleep(pause)
        if response.is_error:
            with reaching(response.request.url):
                await response.aread()
            raise problem_of(response)
        return response

    async def _once(self, call: Call[T]) -> httpx.Response:
        with reaching(self._http.base_url):
            return await self._http.send(call.request(self._http), stream=True)

    create_article = _answer(operations.create_article)
    create_articles = _answer(operations.create_articles)
    list_articles = _answer(operations.list_articles)
    list_articles_all = _each(operations.list_articles)
    get_article = _answer(operations.get_article)
    get_article_as = _answer(operations.get_article_as)
    replace_article = _answer(operations.replace_article)
    patch_article = _answer(operations.patch_article)
    delete_article = _answer(operations.delete_article)
    lookup_article = _answer(operations.lookup_article)
    get_original = _answer(operations.get_original)
    list_paragraphs = _answer(operations.list_paragraphs)
    get_paragraph = _answer(operations.get_paragraph)
    list_revisions = _answer(operations.list_revisions)
    get_revision = _answer(operations.get_revision)

    article_related = _answer(operations.article_related)
    article_related_all = _each(operations.article_related)
    search = _answer(operations.search)
    search_all = _each(operations.search)
    search_post = _answer(operations.search_post)
    search_post_all = _each(operations.search_post)
    related = _answer(operations.related)
    related_all = _each(operations.related)
    related_post = _answer(operations.related_post)
    related_post_all = _each(operations.related_post)
    related_batch = _lines(operations.related_batch)

    list_duplicates = _answer(operations.list_duplicates)
    list_duplicates_all = _each(operations.list_duplicates)
    article_duplicates = _answer(operations.article_duplicates)
    article_reuse = _answer(operations.article_reuse)
    get_map = _answer(operations.get_map)
    list_stories = _answer(operations.list_stories)
    list_stories_all = _each(operations.list_stories)
    get_story = _answer(operations.get_story)
    get_story_all = _each(operations.get_story)
    article_story = _answer(operations.article_story)
    article_story_all = _each(operations.article_story)

    archive = _answer(operations.archive)
    archive_year = _answer(operations.archive_year)
    archive_month = _answer(operations.archive_month)
    archive_day = _answer(operations.archive_day)
    archive_day_all = _each(operations.archive_day)
    on_this_day = _answer(operations.on_this_day)
    facets = _answer(operations.facets)
    timeline = _answer(operations.timeline)
    suggest = _answer(operations.suggest)
    changes = _answer(operations.changes)
    changes_all = _each(operations.changes)
    export = _lines(operations.export)

    create_import = _answer(operations.create_import)
    preview_import = _answer(operations.preview_import)
    create_reparse = _answer(operations.create_reparse)
    list_jobs = _answer(operations.list_jobs)
    list_jobs_all = _each(operations.list_jobs)
    get_job = _answer(operations.get_job)
    job_errors = _lines(operations.job_errors)
    job_events = _lines(operations.job_events)
    cancel_job = _answer(operations.cancel_job)
    create_source = _answer(operations.create_source)
    list_sources = _answer(operations.list_sources)
    list_sources_all = _each(operations.list_sources)
    get_source = _answer(operations.get_source)
    change_source = _answer(operations.change_source)
    check_source = _answer(operations.check_source)
    delete_source = _answer(operations.delete_source)

    index_status = _answer(operations.index_status)
    check_index = _answer(operations.check_index)
    rebuild_index = _answer(operations.rebuild_index)
    create_key = _answer(operations.create_key)
    list_keys = _answer(operations.list_keys)
    revoke_key = _answer(operations.revoke_key)
    livez = _answer(operations.livez)
    readyz = _answer(operations.readyz)
    healthz = _answer(operations.healthz)
    metrics = _answer(operations.metrics)
