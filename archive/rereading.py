"""Reading again what is stored: the bytes that articles came from, by the readers of today."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from archive import parsing
from archive.clock import now
from archive.job_reading import Failure, Step, merged
from archive.jobs import shown
from archive.parsing import ParsingFailed
from archive.requests import FilterRequest
from db import articles, jobs
from db.jobs import Cursor, Job, NewJob, Runner
from db.records import Article, Draft, Original

if TYPE_CHECKING:
    from archive.answers import JobOut
    from archive.archive import Archive

RECORDS = frozenset(["application/json"])
"""What has only one reading: a record is what it says."""


def begin(archive: "Archive", request: FilterRequest, runner: Runner) -> "JobOut":
    """A job that reads the original bytes of all matching articles again."""
    id = jobs.new_id()
    options = {"filters": request.model_dump(exclude_defaults=True)}
    with archive.db.write() as conn:
        key = jobs.create(conn, id, NewJob(kind="reparse", runner=runner, fingerprint=id, options=options), (), now())
        jobs.expect(conn, key, len(articles.keys(conn, request.filters())))
        begun = jobs.by_key(conn, key)
    archive.worker.wake()
    return shown(archive, begun)


class Rereading:
    """One pass over what is left of such a job; its cursor has the key of the article that is behind it."""

    def __init__(self, archive: "Archive", job: Job, stopping: Callable[[], bool]) -> None:
        self._archive = archive
        self._job = job
        self._stopping = stopping

    def steps(self) -> Iterator[Step]:
        filters = FilterRequest(**self._job.options["filters"]).filters()
        with self._archive.db.read() as conn:
            keys = articles.keys(conn, filters).tolist()
        for key in keys:
            if self._stopping():
                return
            if key > self._job.cursor.item:
                yield from self._step(key)

    def _step(self, key: int) -> Iterator[Step]:
        with self._archive.db.read() as conn:
            stored = articles.get(conn, key)
            original = None if stored is None else articles.original(conn, key, stored.revision)
        if stored is not None:
            yield Step(Cursor(0, key), stored.id, _read_again(stored, original), over=key)


def _read_again(stored: Article, original: Original | None) -> Draft | Failure | None:
    """None where nothing is to be read: the article was changed by hand since, or it is a record."""
    if original is None or original.media_type in RECORDS:
        return None
    media_type = f"{original.media_type}; charset={original.charset}" if original.charset else original.media_type
    try:
        draft = parsing.parse_one(original.content, media_type, name=original.name, url=stored.url)
    except ParsingFailed as failure:
        return Failure(failure.code, failure.reason, tuple(failure.errors))
    return merged(draft, _known(stored), ())


def _known(stored: Article) -> Draft:
    """What is said of an article beside its bytes, as far as that can be told: what these do not say."""
    read = {"paragraphs", "references", "extra"} | ({"language", "language_detected"} if stored.language_detected else set())
    names: dict[str, Any] = {name: getattr(stored, name) for name in Draft.__dataclass_fields__ if hasattr(stored, name)}
    return Draft(**{name: value for name, value in names.items() if name not in read})
