"""The archive of a server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import client
from shell.library import Filters, Outcome, Progress, ShowJob, reason

if TYPE_CHECKING:
    from archive.requests import ImportOptions, OnConflict
    from client import answers
    from client.problems import FieldError
    from db import Draft, Moment

DOCUMENTS = ("text/plain", "text/markdown", "text/html")
"""What is sent as the bytes it came in, so that the server keeps them; everything else goes as JSON, many at a time."""

POLL_S = 0.25
FILES_AT_ONCE = 500
BYTES_AT_ONCE = 256 << 20

Page = TypeVar("Page")


class RemoteLibrary:
    def __init__(self, url: str, key: str | None) -> None:
        self.place = url
        self.server = client.Backfile(url, key)

    def add(self, draft: Draft, on_conflict: OnConflict) -> Outcome:
        if _is_document(draft):
            return self._send(draft, on_conflict)
        [item] = self.server.create_articles([as_json(draft)], on_conflict=on_conflict)["items"]
        return _outcome(item)

    def import_(
        self, paths: Sequence[Path], urls: Sequence[str], options: ImportOptions, show: ShowJob, catch_up: Callable[[], None]
    ) -> Iterator[tuple[answers.Job, Iterable[answers.JobNote]]]:
        from archive.parsing import paths_under

        given = options.model_dump(exclude={"map"})
        for files in _parts([file for path in paths for file in paths_under(path)]):
            with ExitStack() as stack:
                streams = [(str(file), stack.enter_context(file.open("rb"))) for file in files]
                job = self.server.create_import(files=streams, map=options.map, **given)
            yield self._ended(job, show)
        if urls:
            yield self._ended(self.server.create_import(urls=urls, map=options.map, **given), show)

    def _ended(self, job: answers.Job, show: ShowJob) -> tuple[answers.Job, Iterable[answers.JobNote]]:
        while job["finished_at"] is None:
            show(job)
            time.sleep(POLL_S)
            job = self.server.get_job(job["id"])
        return job, self.job_notes(job["id"], warnings=True)

    def preview(self, paths: Sequence[Path], urls: Sequence[str], options: ImportOptions) -> answers.Preview:
        from archive.imports import preview_of_paths

        if urls:
            return self.server.preview_import(urls=urls, source=options.source, map=options.map)
        return cast("answers.Preview", preview_of_paths(options, paths).model_dump(mode="json"))

    def reparse(self, filters: Filters, show: ShowJob) -> tuple[answers.Job, Iterable[answers.JobNote]]:
        return self._ended(self.server.create_reparse(**cast(Any, filters)), show)

    def jobs(self, query: Filters) -> answers.JobPage:
        return _with_cursor(self.server.list_jobs(**cast(Any, query)))

    def job(self, id: str) -> answers.Job:
        return self.server.get_job(id)

    def job_notes(self, id: str, *, warnings: bool) -> Iterable[answers.JobNote]:
        return self.server.job_errors(id, warnings=warnings)

    def cancel_job(self, id: str) -> answers.Job:
        return self.server.cancel_job(id)

    def watch(self, url: str, query: Filters) -> answers.Source:
        return self.server.create_source(url, **cast(Any, query))

    def sources(self, query: Filters) -> answers.SourcePage:
        return _with_cursor(self.server.list_sources(**cast(Any, query)))

    def source(self, id: str) -> answers.Source:
        return self.server.get_source(id)

    def change_source(self, id: str, changes: Filters) -> answers.Source:
        return self.server.change_source(id, **cast(Any, changes))

    def check_source(self, id: str) -> answers.Source:
        return self.server.check_source(id)

    def forget_source(self, id: str) -> None:
        self.server.delete_source(id)

    def _send(self, draft: Draft, on_conflict: OnConflict) -> Outcome:
        original = draft.original
        assert original is not None
        media_type = f"{original.media_type}; charset={original.charset}" if original.charset else original.media_type
        names = {"url": draft.url, "source": draft.source, "external_id": draft.external_id}
        try:
            answer = self.server.create_article(
                original.content, media_type=media_type, on_conflict=on_conflict, wait=0, **cast(Any, names)
            )
        except client.Problem as problem:
            if problem.status in (400, 409, 413, 415, 422):
                return Outcome("failed", detail=reason(problem.detail, _errors(problem.errors)))
            raise
        return Outcome(answer["status"], answer["id"], warnings=answer["warnings"])

    def catch_up(self, progress: Progress) -> None:
        """In articles: a server does not tell its passages one by one."""
        whole = 0
        while pending := self.server.index_status()["pending"]:
            whole = max(whole, pending)
            progress(whole - pending, whole)
            time.sleep(POLL_S)

    def sketch(self, progress: Progress) -> None:
        """Nothing to do: a server does it by itself, and says how far it is."""

    def find_stories(self, progress: Progress) -> None:
        """As for `sketch`."""

    def article(self, ref: str) -> answers.Article:
        return self.server.lookup_article(ref)

    def articles(self, query: Filters) -> answers.ArticlePage:
        return _with_cursor(self.server.list_articles(**cast(Any, query)))

    def export(self, filters: Filters) -> Iterator[answers.Article]:
        return self.server.export(**cast(Any, filters))

    def search(self, query: Filters) -> answers.SearchAnswer:
        return self.server.search_post(**cast(Any, query))

    def related(self, query: Filters) -> answers.RelatedAnswer:
        return self.server.related_post(**cast(Any, query))

    def duplicates(self, query: Filters) -> answers.DuplicatesPage:
        return _with_cursor(self.server.list_duplicates(**cast(Any, query)))

    def duplicates_of(self, ref: str, query: Filters) -> answers.ArticleDuplicates:
        return self.server.article_duplicates(ref, **cast(Any, query))

    def reuse(self, ref: str, limit: int) -> answers.ReuseAnswer:
        return self.server.article_reuse(ref, limit=limit)

    def stories(self, query: Filters) -> answers.StoryPage:
        return _with_cursor(self.server.list_stories(**cast(Any, query)))

    def story(self, name: str, query: Filters) -> answers.StoryTimeline:
        found = self.server.get_story if name.startswith("s_") else self.server.article_story
        return _with_cursor(found(name, **cast(Any, query)))

    def status(self) -> answers.IndexStatus:
        return self.server.index_status()

    def facets(self, fields: Sequence[str], limit: int) -> answers.FacetCounts:
        return self.server.facets(fields, limit=limit)

    def check(self) -> answers.CheckReport:
        return self.server.check_index()

    def rebuild(self) -> answers.RebuildReport:
        return self.server.rebuild_index()

    def create_key(self, name: str, scopes: Sequence[str], expires_at: str | None) -> answers.CreatedKey:
        return self.server.create_key(name, cast(Any, scopes), expires_at=expires_at)

    def keys(self) -> answers.Keys:
        return self.server.list_keys()

    def revoke_key(self, id: str) -> answers.Key:
        return self.server.revoke_key(id)

    def close(self) -> None:
        self.server.close()


def _parts(files: Sequence[Path]) -> Iterator[list[Path]]:
    """So many files, or so many bytes, go up at once."""
    part: list[Path] = []
    size = 0
    for file in files:
        bytes_ = file.stat().st_size
        if part and (len(part) >= FILES_AT_ONCE or size + bytes_ > BYTES_AT_ONCE):
            yield part
            part, size = [], 0
        part.append(file)
        size += bytes_
    if part:
        yield part


def as_json(draft: Draft) -> dict[str, Any]:
    """The draft in the names of the HTTP interface."""
    named = {
        "title": draft.title,
        "dek": draft.dek,
        "paragraphs": [{"text": item.text, "kind": item.kind, "citations": list(item.citations)} for item in draft.paragraphs],
        "authors": list(draft.authors),
        "categories": list(draft.categories),
        "tags": list(draft.tags),
        "series": draft.series,
        "language": draft.language,
        "source": draft.source,
        "external_id": draft.external_id,
        "url": draft.url,
        "canonical_url": draft.canonical_url,
        "published_at": _text(draft.published_at),
        "modified_at": _text(draft.modified_at),
        "references": [{"label": item.label, "text": item.text, "url": item.url} for item in draft.references],
        "extra": dict(draft.extra),
    }
    return {name: value for name, value in named.items() if value}


def _text(moment: Moment | None) -> str | None:
    return None if moment is None else moment.text


def _is_document(draft: Draft) -> bool:
    return draft.original is not None and draft.original.media_type in DOCUMENTS


def _outcome(item: answers.BatchItem) -> Outcome:
    problem = item["problem"]
    if problem is not None:
        return Outcome("failed", detail=reason(problem["detail"], _errors(problem["errors"])))
    return Outcome(item["outcome"] or "unchanged", item["id"], warnings=item["warnings"])


def _errors(errors: Sequence[FieldError]) -> list[tuple[str, str]]:
    return [(error["pointer"], error["detail"]) for error in errors]


def _with_cursor(page: Page) -> Page:
    following = cast(Any, page)["next"]
    return cast(Page, {**cast(Any, page), "next": client.cursor_of(following) if following else None})
