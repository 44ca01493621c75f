"""An archive in a folder of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import BaseModel

from archive.answers import Added
from archive.archive import Archive
from archive.errors import ArchiveError, FieldError, InvalidRequest
from archive.requests import (
    ArticleDuplicatesRequest,
    ArticleListRequest,
    DuplicatesRequest,
    FacetRequest,
    FilterRequest,
    ImportOptions,
    JobListRequest,
    JobNotesRequest,
    Paged,
    RelatedRequest,
    ReuseRequest,
    SearchRequest,
    SourceChange,
    SourceRequest,
    StoryListRequest,
    StoryRequest,
    UrlImport,
)
from archive.settings import Settings
from client import answers
from shell.failures import Exit, Stop
from shell.library import Filters, Outcome, Progress, ShowJob, reason

if TYPE_CHECKING:
    from archive.requests import OnConflict
    from db import Draft

T = TypeVar("T")


class LocalLibrary:
    def __init__(self, settings: Settings, *, making: bool) -> None:
        """`making`: an archive that is not there is made. Otherwise that is a wrong name, and raises Stop."""
        folder = settings.data_dir
        if not making and settings.database_url is None and not folder.is_dir():
            raise Stop(
                f"There is no archive in {str(folder)!r}: name one with --data, or make it with `backfile import`.",
                Exit.UNAVAILABLE,
            )
        self.place = str(folder)
        self.archive = Archive(settings)

    def add(self, draft: Draft, on_conflict: OnConflict) -> Outcome:
        [answer] = self.archive.add_many([draft], on_conflict=on_conflict)
        return _outcome(answer)

    def import_(
        self, paths: Sequence[Path], urls: Sequence[str], options: ImportOptions, show: ShowJob, catch_up: Callable[[], None]
    ) -> Iterator[tuple[answers.Job, Iterable[answers.JobNote]]]:
        begun, cut_off = self.archive.import_own(paths, urls, options)
        if cut_off:
            show(_json(answers.Job, begun))
        ended = self.archive.work_on(begun.id, lambda job: show(_json(answers.Job, job)), catch_up)
        if ended is None:
            raise Stop(f"Another process is importing the same ({begun.id}).", Exit.UNAVAILABLE)
        yield _json(answers.Job, ended), self.job_notes(ended.id, warnings=True)

    def preview(self, paths: Sequence[Path], urls: Sequence[str], options: ImportOptions) -> answers.Preview:
        if urls:
            return _json(answers.Preview, self.archive.preview_urls(UrlImport(urls=list(urls), **options.model_dump())))
        return _json(answers.Preview, self.archive.preview_paths(paths, options))

    def reparse(self, filters: Filters, show: ShowJob) -> tuple[answers.Job, Iterable[answers.JobNote]]:
        begun = self.archive.reparse(FilterRequest(**filters), own=True)
        ended = self.archive.work_on(begun.id, lambda job: show(_json(answers.Job, job)))
        assert ended is not None  # nobody else knows of it yet
        return _json(answers.Job, ended), self.job_notes(ended.id, warnings=True)

    def jobs(self, query: Filters) -> answers.JobPage:
        return _json(answers.JobPage, self.archive.jobs(JobListRequest(**query)))

    def job(self, id: str) -> answers.Job:
        return _json(answers.Job, self.archive.job(id))

    def job_notes(self, id: str, *, warnings: bool) -> Iterator[answers.JobNote]:
        notes = self.archive.job_notes(id, JobNotesRequest(warnings=warnings))
        return (_json(answers.JobNote, note) for note in notes)

    def cancel_job(self, id: str) -> answers.Job:
        return _json(answers.Job, self.archive.cancel_job(id))

    def watch(self, url: str, query: Filters) -> answers.Source:
        source, _ = self.archive.watch(SourceRequest(url=url, **query))
        return _json(answers.Source, source)

    def sources(self, query: Filters) -> answers.SourcePage:
        return _json(answers.SourcePage, self.archive.sources(Paged(**query)))

    def source(self, id: str) -> answers.Source:
        return _json(answers.Source, self.archive.source(id))

    def change_source(self, id: str, changes: Filters) -> answers.Source:
        return _json(answers.Source, self.archive.change_source(id, SourceChange(**changes)))

    def check_source(self, id: str) -> answers.Source:
        return _json(answers.Source, self.archive.check_source(id))

    def forget_source(self, id: str) -> None:
        self.archive.forget_source(id)

    def catch_up(self, progress: Progress) -> None:
        self.archive.catch_up(progress)

    def sketch(self, progress: Progress) -> None:
        self.archive.sketch(progress)

    def find_stories(self, progress: Progress) -> None:
        self.archive.find_stories(progress)

    def article(self, ref: str) -> answers.Article:
        return _json(answers.Article, self.archive.article(ref))

    def articles(self, query: Filters) -> answers.ArticlePage:
        return _json(answers.ArticlePage, self.archive.articles(ArticleListRequest(**query)))

    def export(self, filters: Filters) -> Iterator[answers.Article]:
        return (_json(answers.Article, article) for article in self.archive.export(FilterRequest(**filters)))

    def search(self, query: Filters) -> answers.SearchAnswer:
        return _json(answers.SearchAnswer, self.archive.search(SearchRequest(**query)))

    def related(self, query: Filters) -> answers.RelatedAnswer:
        return _json(answers.RelatedAnswer, self.archive.related(RelatedRequest(**query)))

    def duplicates(self, query: Filters) -> answers.DuplicatesPage:
        return _json(answers.DuplicatesPage, self.archive.duplicates(DuplicatesRequest(**query)))

    def duplicates_of(self, ref: str, query: Filters) -> answers.ArticleDuplicates:
        return _json(answers.ArticleDuplicates, self.archive.duplicates_of(ref, ArticleDuplicatesRequest(**query)))

    def reuse(self, ref: str, limit: int) -> answers.ReuseAnswer:
        return _json(answers.ReuseAnswer, self.archive.reuse(ref, ReuseRequest(limit=limit)))

    def stories(self, query: Filters) -> answers.StoryPage:
        return _json(answers.StoryPage, self.archive.stories(StoryListRequest(**query)))

    def story(self, name: str, query: Filters) -> answers.StoryTimeline:
        found = self.archive.story if name.startswith("s_") else self.archive.story_of
        return _json(answers.StoryTimeline, found(name, StoryRequest(**query)))

    def status(self) -> answers.IndexStatus:
        return _json(answers.IndexStatus, self.archive.status())

    def facets(self, fields: Sequence[str], limit: int) -> answers.FacetCounts:
        return _json(answers.FacetCounts, self.archive.facets(FacetRequest(field=list(cast(Any, fields)), limit=limit)))

    def check(self) -> answers.CheckReport:
        return _json(answers.CheckReport, self.archive.check())

    def rebuild(self) -> answers.RebuildReport:
        return _json(answers.RebuildReport, self.archive.rebuild())

    def create_key(self, name: str, scopes: Sequence[str], expires_at: str | None) -> answers.CreatedKey:
        return _json(answers.CreatedKey, self.archive.create_key(name, scopes, _time(expires_at)))

    def keys(self) -> answers.Keys:
        return _json(answers.Keys, self.archive.keys())

    def revoke_key(self, id: str) -> answers.Key:
        return _json(answers.Key, self.archive.revoke_key(id))

    def close(self) -> None:
        self.archive.close()


def _json(kind: type[T], answer: BaseModel) -> T:
    """The answer as the HTTP interface gives it, which is what the client's types are of."""
    return cast(T, answer.model_dump(mode="json"))


def _outcome(answer: Added | ArchiveError) -> Outcome:
    if isinstance(answer, Added):
        return Outcome(answer.status, answer.id, warnings=answer.warnings)
    return Outcome("failed", detail=reason(answer.detail, [(error.pointer, error.detail) for error in answer.errors]))


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequest(f"{text!r} is not a time: {error}", [FieldError("/expires_at", str(error))]) from error
