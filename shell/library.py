"""What the commands work on: an archive in a folder, or a server's. Every command is written once, against this."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from archive.requests import ImportOptions, OnConflict
    from client import answers
    from db import Draft

Filters: TypeAlias = Mapping[str, Any]
Progress: TypeAlias = Callable[[int, int], None]
"""Called with what is done and the whole."""
ShowJob: TypeAlias = "Callable[[answers.Job], None]"


class Outcome:
    """What became of one article: a status with an id, or the reason why it was not stored."""

    __slots__ = ("detail", "id", "status", "warnings")

    def __init__(
        self,
        status: Literal["created", "updated", "unchanged", "skipped", "failed"],
        id: str | None = None,
        detail: str | None = None,
        warnings: Sequence[str] = (),
    ) -> None:
        self.status = status
        self.id = id
        self.detail = detail
        self.warnings = list(warnings)


def reason(detail: str, errors: Sequence[tuple[str, str]]) -> str:
    """One line: the fields that are to blame where there are any, else the whole."""
    named = [f"{pointer} {said}" for pointer, said in errors if pointer]
    return "; ".join(named) or detail


class Library(Protocol):
    """Answers are the JSON of the HTTP interface. Raises errors of `archive.errors` or of `client`, as it comes."""

    place: str
    """Where it is, for people."""

    def add(self, draft: Draft, on_conflict: OnConflict) -> Outcome:
        """Store one article, with the bytes that it came from."""

    def import_(
        self, paths: Sequence[Path], urls: Sequence[str], options: ImportOptions, show: ShowJob, catch_up: Callable[[], None]
    ) -> Iterator[tuple[answers.Job, Iterable[answers.JobNote]]]:
        """Work on the jobs that these are, and give each when it has ended, with all that there is to say of it. `catch_up`
        encodes what is stored, when it becomes too much."""

    def preview(self, paths: Sequence[Path], urls: Sequence[str], options: ImportOptions) -> answers.Preview:
        """What an import would begin with."""

    def reparse(self, filters: Filters, show: ShowJob) -> tuple[answers.Job, Iterable[answers.JobNote]]:
        """Read the original bytes of articles again."""

    def jobs(self, query: Filters) -> answers.JobPage:
        """`next` is a cursor."""

    def job(self, id: str) -> answers.Job: ...

    def job_notes(self, id: str, *, warnings: bool) -> Iterable[answers.JobNote]: ...

    def cancel_job(self, id: str) -> answers.Job: ...

    def watch(self, url: str, query: Filters) -> answers.Source: ...

    def sources(self, query: Filters) -> answers.SourcePage:
        """`next` is a cursor."""

    def source(self, id: str) -> answers.Source: ...

    def change_source(self, id: str, changes: Filters) -> answers.Source: ...

    def check_source(self, id: str) -> answers.Source: ...

    def forget_source(self, id: str) -> None: ...

    def catch_up(self, progress: Progress) -> None:
        """Returns when everything stored so far is searchable."""

    def sketch(self, progress: Progress) -> None:
        """Look up the near duplicates of everything stored, where that does not happen by itself."""

    def find_stories(self, progress: Progress) -> None:
        """Find the stories of everything that is searchable, where that does not happen by itself."""

    def article(self, ref: str) -> answers.Article: ...

    def articles(self, query: Filters) -> answers.ArticlePage:
        """`next` is a cursor."""

    def export(self, filters: Filters) -> Iterator[answers.Article]: ...

    def search(self, query: Filters) -> answers.SearchAnswer:
        """`next` is a cursor."""

    def related(self, query: Filters) -> answers.RelatedAnswer:
        """`next` is a cursor."""

    def duplicates(self, query: Filters) -> answers.DuplicatesPage:
        """`next` is a cursor."""

    def duplicates_of(self, ref: str, query: Filters) -> answers.ArticleDuplicates: ...

    def reuse(self, ref: str, limit: int) -> answers.ReuseAnswer: ...

    def stories(self, query: Filters) -> answers.StoryPage:
        """`next` is a cursor."""

    def story(self, name: str, query: Filters) -> answers.StoryTimeline:
        """By its id, or by the ref of an article that is in it. `next` is a cursor."""

    def status(self) -> answers.IndexStatus: ...

    def facets(self, fields: Sequence[str], limit: int) -> answers.FacetCounts: ...

    def check(self) -> answers.CheckReport: ...

    def rebuild(self) -> answers.RebuildReport: ...

    def create_key(self, name: str, scopes: Sequence[str], expires_at: str | None) -> answers.CreatedKey: ...

    def keys(self) -> answers.Keys: ...

    def revoke_key(self, id: str) -> answers.Key: ...

    def close(self) -> None: ...
