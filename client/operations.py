"""Every operation of the HTTP interface, once: a function that builds its call. Both clients have them as methods."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO, Literal, TypeVar, Unpack
from urllib.parse import parse_qsl, quote, urlsplit
from uuid import uuid4

from client import answers
from client.calls import Call, PagedCall, StreamCall, json_of
from client.requests import (
    BatchSeed,
    DuplicatesQuery,
    Filters,
    ListQuery,
    NewArticle,
    OnConflict,
    RelatedQuery,
    Scope,
    SearchQuery,
    Seed,
    SourceChanges,
    StoryListQuery,
    Values,
)

T = TypeVar("T")

LONG_WORK_S = 3600
"""How much longer than usual the server may take to compare or rebuild its indexes."""

UPLOAD_S = 600
"""How much longer than usual the server may take to write an upload to disk."""

LISTS = frozenset(
    name for query in (ListQuery, SearchQuery, RelatedQuery) for name, kind in query.__annotations__.items() if kind == Values
) | {"field", "kinds", "state", "map"}
"""Parameters that may have several values."""


def version(article: answers.Article) -> str:
    """What `if_match` takes: this very state of the article."""
    return f'"{article["sha256"][:16]}-{article["revision"]}"'


def cursor_of(following: str) -> str:
    """The cursor in an answer's `next`: that is the address of the next page where the query was one, else the cursor itself."""
    return dict(parse_qsl(urlsplit(following).query)).get("cursor", following)


# Articles


def create_article(
    article: NewArticle | bytes,
    *,
    media_type: str = "text/plain",
    url: str | None = None,
    source: str | None = None,
    external_id: str | None = None,
    on_conflict: OnConflict = "update",
    wait: int | None = None,
    idempotency_key: str | None = None,
) -> Call[answers.WrittenArticle]:
    """Store an article: its fields, or the bytes of one in `media_type` (text/plain, text/markdown, text/html).

    `url`, `source` and `external_id` are taken where the article does not say them itself. Waits up to `wait` seconds (the
    server's default if None) until it is searchable; the answer's `indexing` says whether it is.
    """
    body = article if isinstance(article, bytes) else json.dumps(article).encode()
    named = media_type if isinstance(article, bytes) else "application/json"
    return Call(
        method="POST",
        path="/v1/articles",
        read=json_of(answers.WrittenArticle),
        query=_flat({"on_conflict": on_conflict, "url": url, "source": source, "external_id": external_id}),
        headers={**_once(idempotency_key), **_prefer(wait), "Content-Type": named},
        content=body,
        patience=wait or 0,
    )


def create_articles(
    articles: Iterable[NewArticle | Mapping[str, Any]],
    *,
    on_conflict: OnConflict = "update",
    wait: int | None = None,
    idempotency_key: str | None = None,
) -> Call[answers.BatchAnswer]:
    """Store up to 500 articles. Each stands by itself: the answer has a status for every one, and a problem for those refused."""
    return Call(
        method="POST",
        path="/v1/articles/batch",
        read=json_of(answers.BatchAnswer),
        query={"on_conflict": on_conflict},
        headers={**_once(idempotency_key), **_prefer(wait)},
        json={"items": list(articles)},
        patience=wait or 0,
    )


def list_articles(**query: Unpack[ListQuery]) -> PagedCall[answers.ArticlePage, answers.Article]:
    """Articles by filters, sorted; without their text unless `include` asks for it."""
    return _listed("/v1/articles", answers.ArticlePage, query)


def get_article(ref: str, *, include: Values | None = None) -> Call[answers.Article]:
    """One article, whole. `include` shows `revisions` and `original` too."""
    return _get(_article(ref), answers.Article, include=include)


def get_article_as(ref: str, media_type: Literal["text/markdown", "text/plain"]) -> Call[str]:
    """One article for reading."""
    return Call(method="GET", path=_article(ref), read=lambda response: response.text, headers={"Accept": media_type})


def lookup_article(ref: str, *, include: Values | None = None) -> Call[answers.Article]:
    """As `get_article`, with the ref in the query string."""
    return _get("/v1/articles/lookup", answers.Article, ref=ref, include=include)


def replace_article(
    ref: str, article: NewArticle, *, if_match: str | None = None, wait: int | None = None
) -> Call[answers.WrittenArticle]:
    """Put `article` in the place of the stored one. With `if_match` (see `version`) only if that has not changed."""
    return _changed("PUT", ref, article, if_match, wait, "application/json")


def patch_article(
    ref: str, changes: NewArticle, *, if_match: str | None = None, wait: int | None = None
) -> Call[answers.WrittenArticle]:
    """Change some fields (JSON merge patch: null takes a field away). `if_match` as in `replace_article`."""
    return _changed("PATCH", ref, changes, if_match, wait, "application/merge-patch+json")


def delete_article(ref: str, *, if_match: str | None = None) -> Call[None]:
    """Take the article, its history and its original bytes away for good."""
    return Call(method="DELETE", path=_article(ref), read=lambda _: None, headers=_match(if_match))


def get_original(ref: str, *, revision: int | None = None) -> Call[bytes]:
    """The bytes the article came from."""
    return Call(
        method="GET",
        path=f"{_article(ref)}/original",
        read=lambda response: response.content,
        query=_flat({"revision": revision}),
    )


def list_paragraphs(ref: str) -> Call[answers.ArticleParagraphs]:
    return _get(f"{_article(ref)}/paragraphs", answers.ArticleParagraphs)


def get_paragraph(id: str, *, around: int = 2) -> Call[answers.ParagraphInContext]:
    """A paragraph with up to `around` neighbours on each side."""
    return _get(f"/v1/paragraphs/{quote(id, safe='')}", answers.ParagraphInContext, around=around)


def list_revisions(ref: str) -> Call[answers.Revisions]:
    """Newest first."""
    return _get(f"{_article(ref)}/revisions", answers.Revisions)


def get_revision(ref: str, number: int) -> Call[answers.Revision]:
    """The article as it was."""
    return _get(f"{_article(ref)}/revisions/{number}", answers.Revision)


# Asking


def search(q: str = "", **query: Unpack[SearchQuery]) -> PagedCall[answers.SearchAnswer, answers.SearchItem]:
    """Search by meaning and by words. "Quoted words" must occur."""
    return _listed("/v1/search", answers.SearchAnswer, {"q": q, **query})


def search_post(q: str = "", **query: Unpack[SearchQuery]) -> PagedCall[answers.SearchAnswer, answers.SearchItem]:
    """As `search`, with the query in the body: for long texts, and for what should not be in logs."""
    return _posted("/v1/search", answers.SearchAnswer, {"q": q, **query})


def article_related(ref: str, **query: Unpack[RelatedQuery]) -> PagedCall[answers.RelatedAnswer, answers.RelatedItem]:
    """Articles related to one of the archive."""
    return _listed(f"{_article(ref)}/related", answers.RelatedAnswer, query)


def related(
    ref: Values | None = None, text: str | None = None, **query: Unpack[RelatedQuery]
) -> PagedCall[answers.RelatedAnswer, answers.RelatedItem]:
    """Articles related to some of the archive, or to a text that is not in it."""
    return _listed("/v1/related", answers.RelatedAnswer, {"ref": ref, "text": text, **query})


def related_post(seeds: Iterable[Seed], **query: Unpack[RelatedQuery]) -> PagedCall[answers.RelatedAnswer, answers.RelatedItem]:
    """As `related`, from several seeds with weights."""
    return _posted("/v1/related", answers.RelatedAnswer, {"seeds": list(seeds), **query})


def related_batch(seeds: Iterable[BatchSeed], **query: Unpack[RelatedQuery]) -> StreamCall[answers.RelatedBatchLine]:
    """The related articles of many seeds, a line for each, in order."""
    return StreamCall(
        method="POST",
        path="/v1/related/batch",
        read=lambda response: response.text,
        query=_flat(query),
        headers={"Content-Type": "application/x-ndjson"},
        content="".join(json.dumps(seed) + "\n" for seed in seeds).encode(),
        item=json.loads,
    )


# Stories


def list_stories(**query: Unpack[StoryListQuery]) -> PagedCall[answers.StoryPage, answers.Story]:
    """Articles that report the same event, story by story; the one with the latest article first."""
    return _listed("/v1/stories", answers.StoryPage, query)


def get_story(id: str, *, limit: int = 100, cursor: str | None = None) -> PagedCall[answers.StoryTimeline, answers.Article]:
    """A story with its articles in order of time. The id of a story that another has taken in leads to that one."""
    return _listed(f"/v1/stories/{quote(id, safe='')}", answers.StoryTimeline, {"limit": limit, "cursor": cursor})


def article_story(ref: str, *, limit: int = 100, cursor: str | None = None) -> PagedCall[answers.StoryTimeline, answers.Article]:
    """The story that an article is in; raises NotFound where it is in none."""
    return _listed(f"{_article(ref)}/story", answers.StoryTimeline, {"limit": limit, "cursor": cursor})


# Duplicates


def list_duplicates(**query: Unpack[DuplicatesQuery]) -> PagedCall[answers.DuplicatesPage, answers.DuplicateGroup]:
    """Groups of articles that are the same text, or nearly so."""
    return _listed("/v1/duplicates", answers.DuplicatesPage, query)


def article_duplicates(
    ref: str, *, kind: Literal["exact", "near"] | None = None, limit: int = 20
) -> Call[answers.ArticleDuplicates]:
    """The articles that are the same text as one, or nearly so."""
    return _get(f"{_article(ref)}/duplicates", answers.ArticleDuplicates, kind=kind, limit=limit)


def article_reuse(ref: str, *, limit: int = 5) -> Call[answers.ReuseAnswer]:
    """Which of its paragraphs other articles have too, or nearly so; `limit` uses of each are shown."""
    return _get(f"{_article(ref)}/reuse", answers.ReuseAnswer, limit=limit)


# Browsing


def archive(**filters: Unpack[Filters]) -> Call[answers.CalendarPage]:
    """How many articles each year has."""
    return _get("/v1/archive", answers.CalendarPage, **filters)


def archive_year(year: int, **filters: Unpack[Filters]) -> Call[answers.CalendarPage]:
    return _get(f"/v1/archive/{year:04}", answers.CalendarPage, **filters)


def archive_month(year: int, month: int, **filters: Unpack[Filters]) -> Call[answers.CalendarPage]:
    return _get(f"/v1/archive/{year:04}/{month:02}", answers.CalendarPage, **filters)


def archive_day(year: int, month: int, day: int, **query: Unpack[ListQuery]) -> PagedCall[answers.CalendarPage, answers.Article]:
    """The articles of a day."""
    return _listed(f"/v1/archive/{year:04}/{month:02}/{day:02}", answers.CalendarPage, query)


def on_this_day(month: int | None = None, day: int | None = None, **filters: Unpack[Filters]) -> Call[answers.OnThisDay]:
    """The articles of this day (today's, if none is named) in all years."""
    return _get("/v1/archive/on-this-day", answers.OnThisDay, month=month, day=day, **filters)


def facets(field: Values | None = None, *, limit: int = 20, **filters: Unpack[Filters]) -> Call[answers.FacetCounts]:
    """How many articles each author, tag, year, … has; of all fields if none is named."""
    return _get("/v1/facets", answers.FacetCounts, field=field, limit=limit, **filters)


def timeline(
    *,
    interval: Literal["year", "month", "day"] = "month",
    by: Literal["published", "ingested"] = "published",
    **filters: Unpack[Filters],
) -> Call[answers.Timeline]:
    """How many articles each period has, by when they were published or came in."""
    return _get("/v1/timeline", answers.Timeline, interval=interval, by=by, **filters)


def get_map(**filters: Unpack[Filters]) -> Call[answers.Map]:
    """Where articles lie on the map of meaning."""
    return _get("/v1/map", answers.Map, **filters)


def suggest(prefix: str, *, kinds: Values | None = None, limit: int = 10) -> Call[answers.Suggestions]:
    """Titles, authors, tags and categories that begin like this."""
    return _get("/v1/suggest", answers.Suggestions, prefix=prefix, kinds=kinds, limit=limit)


def changes(*, since: int = 0, limit: int = 200, wait: float = 0) -> PagedCall[answers.Changes, answers.Change]:
    """What changed after `since`, deletes included; waits up to `wait` seconds for a first change."""
    return PagedCall(
        method="GET",
        path="/v1/changes",
        read=json_of(answers.Changes),
        query={"since": since, "limit": limit, "wait": wait},
        patience=wait,
        items=lambda page: page["items"],
        following=lambda page: {"since": page["seq"]} if page["more"] else None,
    )


def export(**filters: Unpack[Filters]) -> StreamCall[answers.Article]:
    """Every matching article, whole, as of the moment of the call."""
    return StreamCall(method="GET", path="/v1/export", read=lambda response: response.text, query=_flat(filters), item=json.loads)


# The index, keys, health


def index_status() -> Call[answers.IndexStatus]:
    return _get("/v1/index", answers.IndexStatus)


def check_index() -> Call[answers.CheckReport]:
    """Proof that the indexes equal the database."""
    return _run("/v1/index/check", answers.CheckReport)


def rebuild_index() -> Call[answers.RebuildReport]:
    """Build the indexes anew from what is stored."""
    return _run("/v1/index/rebuilds", answers.RebuildReport)


def create_key(name: str, scopes: Iterable[Scope], *, expires_at: str | None = None) -> Call[answers.CreatedKey]:
    """The answer's `secret` is shown this once."""
    body = {"name": name, "scopes": list(scopes), "expires_at": expires_at}
    return Call(method="POST", path="/v1/keys", read=json_of(answers.CreatedKey), json=body, repeatable=False)


def list_keys() -> Call[answers.Keys]:
    return _get("/v1/keys", answers.Keys)


def revoke_key(id: str) -> Call[answers.Key]:
    return Call(method="DELETE", path=f"/v1/keys/{quote(id, safe='')}", read=json_of(answers.Key))


# Imports


def create_import(
    content: bytes | Iterable[bytes] | None = None,
    *,
    media_type: str = "application/octet-stream",
    name: str | None = None,
    files: Sequence[tuple[str, BinaryIO]] = (),
    urls: Sequence[str] = (),
    source: str | None = None,
    on_conflict: OnConflict = "update",
    follow: bool | None = None,
    map: Sequence[str] = (),
    idempotency_key: str | None = None,
) -> Call[answers.Job]:
    """Import the bytes of a file of any format that is read, or several `files` (names and what to read from), or what is at
    `urls`. Returns the job, which goes on by itself; see `get_job`."""
    given = {"source": source, "on_conflict": on_conflict, "follow": follow, "map": list(map) or None}
    once = _once(idempotency_key)
    if urls:
        body = {"urls": list(urls), **{option: value for option, value in given.items() if value is not None}}
        return Call(method="POST", path="/v1/imports", read=json_of(answers.Job), headers=once, json=body)
    query = _flat({**given, "name": name})
    headers = once if files else {**once, "Content-Type": media_type}
    return Call(
        method="POST",
        path="/v1/imports",
        read=json_of(answers.Job),
        query=query,
        headers=headers,
        content=None if files else content,
        files=files,
        patience=UPLOAD_S,
        repeatable=not files and (content is None or isinstance(content, bytes)),
    )


def preview_import(
    content: bytes | None = None,
    *,
    media_type: str = "application/octet-stream",
    name: str | None = None,
    urls: Sequence[str] = (),
    source: str | None = None,
    map: Sequence[str] = (),
) -> Call[answers.Preview]:
    """What the first articles in the bytes of a file, or at the addresses, would be. Nothing is stored."""
    query = _flat({"dry_run": True, "name": name, "source": source, "map": list(map) or None})
    if urls:
        return Call(method="POST", path="/v1/imports", read=json_of(answers.Preview), query=query, json={"urls": list(urls)})
    headers = {"Content-Type": media_type}
    return Call(method="POST", path="/v1/imports", read=json_of(answers.Preview), query=query, headers=headers, content=content)


def create_reparse(*, idempotency_key: str | None = None, **filters: Unpack[Filters]) -> Call[answers.Job]:
    """Have the original bytes of matching articles read again."""
    body = {name: [value] if name in LISTS and isinstance(value, str) else value for name, value in filters.items()}
    return Call(method="POST", path="/v1/reparses", read=json_of(answers.Job), headers=_once(idempotency_key), json=body)


def list_jobs(
    *, state: Values | None = None, source: str | None = None, limit: int | None = None, cursor: str | None = None
) -> PagedCall[answers.JobPage, answers.Job]:
    """Newest first."""
    return _listed("/v1/jobs", answers.JobPage, {"state": state, "source": source, "limit": limit, "cursor": cursor})


def get_job(id: str) -> Call[answers.Job]:
    """How far it is."""
    return _get(_job(id), answers.Job)


def job_errors(id: str, *, warnings: bool | None = None) -> StreamCall[answers.JobNote]:
    """What was not stored, and why, one by one."""
    return StreamCall(
        method="GET",
        path=f"{_job(id)}/errors",
        read=json_of(answers.JobNote),
        query=_flat({"warnings": warnings}),
        item=json.loads,
    )


def job_events(id: str) -> StreamCall[answers.Job | None]:
    """The job whenever it has moved, until it has ended; None for lines that say nothing of it."""
    return StreamCall(method="GET", path=f"{_job(id)}/events", read=json_of(answers.Job), item=_event, patience=LONG_WORK_S)


def cancel_job(id: str) -> Call[answers.Job]:
    """What it has stored stays."""
    return Call(method="POST", path=f"{_job(id)}/cancel", read=json_of(answers.Job))


def create_source(
    url: str,
    *,
    interval_s: int | None = None,
    source: str | None = None,
    on_conflict: OnConflict | None = None,
    idempotency_key: str | None = None,
) -> Call[answers.Source]:
    """Watch a feed, a sitemap, or a list of addresses."""
    given = {"url": url, "interval_s": interval_s, "source": source, "on_conflict": on_conflict}
    body = {name: value for name, value in given.items() if value is not None}
    return Call(method="POST", path="/v1/sources", read=json_of(answers.Source), headers=_once(idempotency_key), json=body)


def list_sources(*, limit: int | None = None, cursor: str | None = None) -> PagedCall[answers.SourcePage, answers.Source]:
    """Oldest first, each with how it is doing."""
    return _listed("/v1/sources", answers.SourcePage, {"limit": limit, "cursor": cursor})


def get_source(id: str) -> Call[answers.Source]:
    return _get(_source(id), answers.Source)


def change_source(id: str, **changes: Unpack[SourceChanges]) -> Call[answers.Source]:
    """Only what is named."""
    return Call(method="PATCH", path=_source(id), read=json_of(answers.Source), json=changes)


def check_source(id: str) -> Call[answers.Source]:
    """Have it looked at now."""
    return Call(method="POST", path=f"{_source(id)}/checks", read=json_of(answers.Source))


def delete_source(id: str) -> Call[None]:
    """Watch it no more; what came from it stays."""
    return Call(method="DELETE", path=_source(id), read=lambda _: None)


def livez() -> Call[answers.Liveness]:
    """Whether the process answers."""
    return _get("/livez", answers.Liveness)


def readyz() -> Call[answers.Readiness]:
    """Whether the archive can answer everything; raises Unavailable while it cannot."""
    return Call(method="GET", path="/readyz", read=json_of(answers.Readiness), repeatable=False)


def healthz() -> Call[answers.Readiness]:
    """As `readyz`."""
    return Call(method="GET", path="/healthz", read=json_of(answers.Readiness), repeatable=False)


def metrics() -> Call[str]:
    """Counters and gauges in the text format of Prometheus."""
    return Call(method="GET", path="/metrics", read=lambda response: response.text)


# How the calls above are put together


def _article(ref: str) -> str:
    return f"/v1/articles/{quote(ref, safe='')}"


def _job(id: str) -> str:
    return f"/v1/jobs/{quote(id, safe='')}"


def _source(id: str) -> str:
    return f"/v1/sources/{quote(id, safe='')}"


def _event(line: bytes) -> answers.Job | None:
    found: answers.Job | None = json.loads(line[5:]) if line.startswith(b"data:") else None
    return found


def _get(path: str, kind: type[T], /, **query: Any) -> Call[T]:
    return Call(method="GET", path=path, read=json_of(kind), query=_flat(query))


def _run(path: str, kind: type[T]) -> Call[T]:
    return Call(method="POST", path=path, read=json_of(kind), patience=LONG_WORK_S)


def _listed(path: str, kind: type[T], query: Mapping[str, Any]) -> PagedCall[T, Any]:
    return PagedCall(method="GET", path=path, read=json_of(kind), query=_flat(query), items=_items, following=_cursor)


def _posted(path: str, kind: type[T], query: Mapping[str, Any]) -> PagedCall[T, Any]:
    body = {name: [value] if name in LISTS and isinstance(value, str) else value for name, value in query.items()}
    return PagedCall(method="POST", path=path, read=json_of(kind), json=body, items=_items, following=_cursor)


def _changed(
    method: str, ref: str, article: NewArticle, if_match: str | None, wait: int | None, media_type: str
) -> Call[answers.WrittenArticle]:
    headers = {**_match(if_match), **_prefer(wait), "Content-Type": media_type}
    return Call(
        method=method, path=_article(ref), read=json_of(answers.WrittenArticle), headers=headers, json=article, patience=wait or 0
    )


def _items(page: Any) -> list[Any]:
    items: list[Any] = page["items"]
    return items


def _cursor(page: Any) -> Mapping[str, Any] | None:
    return {"cursor": cursor_of(page["next"])} if page["next"] else None


def _flat(query: Mapping[str, Any]) -> dict[str, Any]:
    """A query string's parameters, without what is None; a list's values are repeated there."""
    given = {name: value for name, value in query.items() if value is not None}
    return {name: [value] if isinstance(value, str) and name in LISTS else value for name, value in given.items()}


def _match(version: str | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": version}


def _prefer(wait: int | None) -> dict[str, str]:
    if wait is None:
        return {}
    return {"Prefer": f"wait={wait}" if wait else "respond-async"}


def _once(idempotency_key: str | None) -> dict[str, str]:
    return {"Idempotency-Key": idempotency_key or uuid4().hex}
