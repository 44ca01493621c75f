"""Works on jobs: reads items, stores them a hundred at a time, and moves the job on in the same transaction.

So an item is done when its job says so, and never twice, whatever is cut off: what was not committed is read again. A job belongs
to one process and thread at a time, by a lock that dies with its holder.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from archive import heaps, writing
from archive.answers import Added
from archive.background import Background
from archive.clock import now
from archive.errors import ArchiveError, ArticleExists
from archive.job_reading import Failure, Reading, Step
from archive.parsing import Link
from archive.rereading import Rereading
from db import Connection, DatabaseBusy, DatabaseUnavailable, jobs, sources
from db.jobs import Counts, Input, Job, Note
from db.records import Draft
from db.sources import Entry

if TYPE_CHECKING:
    from archive.archive import Archive

log = logging.getLogger("backfile.jobs")

BATCH: Final = 100
BATCH_BYTES: Final = 8 << 20
BATCH_S: Final = 2.0
"""A batch is stored when it has so many items, or their originals so many bytes, or so many seconds have gone by."""
LOOKING_S: Final = 0.1
RETRY_S: Final = 2.0
TRIES: Final = 3
"""So often a job is taken up again that failed as a whole; then it is given up."""

Progress = Callable[[Job], None]

READINGS: Final[dict[str, type[Reading] | type[Rereading]]] = {"import": Reading, "reparse": Rereading}
"""By the kind of a job."""


def work(
    archive: "Archive",
    key: int,
    stopping: Callable[[], bool],
    progress: Progress = lambda _: None,
    catch_up: Callable[[], None] | None = None,
) -> Job | None:
    """Work on a job until it has ended or `stopping()`; None if another is working on it. `progress` is told after each batch.
    `catch_up` encodes what waits for it, where no thread does. Raises what keeps the job as a whole from going on."""
    with archive.db.read() as conn:
        id = jobs.by_key(conn, key).id
    with archive.db.exclusive(f"job-{id}", wait=0) as alone:
        if not alone:
            return None
        ended = _Work(archive, key, stopping, progress, catch_up).done()
    if ended.state not in jobs.UNFINISHED:
        archive.db.forget_exclusive(f"job-{id}")
    return ended


class _Work:
    def __init__(
        self,
        archive: "Archive",
        key: int,
        stopping: Callable[[], bool],
        progress: Progress,
        catch_up: Callable[[], None] | None,
    ) -> None:
        self._archive = archive
        self._key = key
        self._stopping = stopping
        self._progress = progress
        self._catch_up = catch_up
        self._since = time.monotonic()

    def done(self) -> Job:
        with self._archive.db.write() as conn:
            job = jobs.by_key(conn, self._key)
            if job.state not in jobs.UNFINISHED:
                return job
            jobs.begin(conn, self._key, now())
        going_on = not job.canceling
        for batch in self._batches(job) if going_on else ():
            going_on = self._store(job, batch)
            self._drop_what_is_read(job, batch)
            self._progress(self._state())
            if not going_on or self._stopping():
                break
            self._let_the_encoder_catch_up()
            heaps.give_back()
        if not going_on:
            self._finish("canceled")
        elif not self._stopping():
            self._finish("succeeded")
        return self._state()

    def _batches(self, job: Job) -> Iterator[list[Step]]:
        """Also of what the job has come to have to read on the way."""
        while True:
            yield from _batches(READINGS[job.kind](self._archive, job, self._stopping).steps())
            job = self._state()
            with self._archive.db.read() as conn:
                if self._stopping() or not jobs.inputs(conn, self._key, job.cursor.input, 1):
                    return

    def _drop_what_is_read(self, job: Job, batch: Sequence[Step]) -> None:
        """Only now: until the batch was stored, it might have had to be read again."""
        for step in batch:
            if step.cursor.item == 0:
                self._archive.spool.drop(job.id, str(step.cursor.input - 1))

    def _state(self) -> Job:
        with self._archive.db.read() as conn:
            return jobs.by_key(conn, self._key)

    def _finish(self, state: jobs.State, detail: str | None = None) -> None:
        with self._archive.db.write() as conn:
            jobs.finish(conn, self._key, state, detail, now())
        self._archive.spool.clear(self._state().id)

    def _store(self, job: Job, batch: Sequence[Step]) -> bool:
        """Whether to go on. What cannot be stored together is stored one by one, so that one costs no other."""
        try:
            return self._store_together(job, batch)
        except (DatabaseBusy, DatabaseUnavailable):
            raise
        except Exception as error:
            if len(batch) > 1:
                going_on = [self._store(job, [step]) for step in batch]
                return all(going_on)
            log.exception("%s cannot be stored", batch[0].place)
            told = Failure("internal_error", f"could not be stored: {type(error).__name__}")
            return self._store_together(job, [replace(batch[0], outcome=told)])

    def _store_together(self, job: Job, batch: Sequence[Step]) -> bool:
        drafts = [step.outcome for step in batch if isinstance(step.outcome, Draft)]
        places = [step.over for step in batch if isinstance(step.outcome, Draft) and step.over is not None]
        going_on = True

        def also(conn: Connection, answers: Sequence[Added | ArchiveError]) -> None:
            nonlocal going_on
            going_on = self._move_on(conn, job, batch, answers)

        if places:
            writing.replace_together(self._archive, list(zip(places, drafts, strict=True)), also)
        else:
            writing.add_together(self._archive, drafts, job.options.get("on_conflict", "update"), also)
        return going_on

    def _move_on(self, conn: Connection, job: Job, batch: Sequence[Step], answers: Sequence[Added | ArchiveError]) -> bool:
        told = Telling(batch, answers)
        since, self._since = self._since, time.monotonic()
        if told.links:
            jobs.add_inputs(conn, job.key, told.links)
        if job.source is not None:
            sources.count_in(conn, job.source, told.counts)
            if sources.note_read(conn, job.source, told.entries):
                sources.change(conn, job.source, etag=None, last_modified=None)  # so that it is listed again
        worked = round((self._since - since) * 1e6)
        return jobs.proceed(
            conn,
            job.key,
            batch[-1].cursor,
            told.counts,
            told.notes,
            behind=sum(step.over is not None for step in batch),
            worked_micros=worked,
            seq=told.seq,
            now=now(),
        )

    def _let_the_encoder_catch_up(self) -> None:
        """Reading never runs away from encoding: what waits to be encoded stays bounded. Where the model cannot be loaded at all,
        nobody is kept waiting: words find what is stored."""
        indexer, most = self._archive.indexer, self._archive.settings.import_ahead
        if self._catch_up is not None:
            if indexer.behind() > most:
                self._catch_up()
            return
        while not self._stopping() and not indexer.encoder_fails and indexer.behind() > most:
            time.sleep(LOOKING_S)


class Telling:
    """What there is to say of a batch. `entries`: whether each entry of a source could be read, or never will be."""

    def __init__(self, batch: Sequence[Step], answers: Sequence[Added | ArchiveError]) -> None:
        self.notes: list[Note] = []
        self.links: list[Input] = []
        self.entries: dict[Entry, bool] = {}
        self.seq = max((each.seq for each in answers if isinstance(each, Added)), default=0)
        counted = dict.fromkeys(Counts._fields, 0)
        left = iter(answers)
        for step in batch:
            if step.outcome is None:
                counted["skipped"] += step.over is not None
                continue
            if isinstance(step.outcome, Link):
                self.links.append(Input("url", step.outcome.url, step.outcome.url))
                continue
            outcome = next(left) if isinstance(step.outcome, Draft) else step.outcome
            counted[self._told(step, outcome)] += 1
        self.counts = Counts(**counted)

    def _told(self, step: Step, outcome: Added | ArchiveError | Failure) -> str:
        if step.entry is not None:
            self.entries[step.entry] = not (isinstance(outcome, Failure) and outcome.temporary)
        if isinstance(outcome, Added):
            self.notes += [Note("warning", step.place, "warning", warning) for warning in outcome.warnings]
            return outcome.status
        if isinstance(outcome, Failure):
            self.notes.append(Note("error", step.place, outcome.code, outcome.detail, outcome.errors))
        else:
            code = "article_exists" if isinstance(outcome, ArticleExists) else "invalid_article"
            errors = tuple((error.pointer, error.detail) for error in outcome.errors)
            self.notes.append(Note("error", step.place, code, outcome.detail, errors))
        return "failed"


def _batches(steps: Iterator[Step]) -> Iterator[list[Step]]:
    batch: list[Step] = []
    size, since = 0, time.monotonic()
    for step in steps:
        batch.append(step)
        original = getattr(step.outcome, "original", None)
        size += len(original.content) if original else 0
        if len(batch) >= BATCH or size >= BATCH_BYTES or time.monotonic() - since >= BATCH_S:
            yield batch
            batch, size, since = [], 0, time.monotonic()
    if batch:
        yield batch


class Worker(Background):
    """Of a server: works on its jobs, one after another, oldest first."""

    def __init__(self, archive: "Archive") -> None:
        super().__init__("backfile-import", self.step, archive.settings.follow_interval_s)
        self._archive = archive
        self.working = False
        """On a job, just now."""
        self._failures: dict[int, int] = {}
        self._tidied = False

    def _tidy(self) -> None:
        with self._archive.db.read() as conn:
            needed = jobs.unfinished_ids(conn)
        self._archive.spool.clear_forgotten(needed)
        self._tidied = True

    def step(self) -> bool:
        """Work on the first job that is to be worked on, and that nobody else does; whether there was one."""
        if not self._tidied:
            self._tidy()
        with self._archive.db.read() as conn:
            waiting = jobs.unfinished(conn, "server")
        return any(self._worked_on(key) for key in waiting if not self.stopping())

    def _worked_on(self, key: int) -> bool:
        self.working = True
        try:
            return work(self._archive, key, self.stopping) is not None
        except DatabaseBusy:
            raise
        except Exception as error:
            log.exception("a job failed")
            self._failures[key] = self._failures.get(key, 0) + 1
            if self._failures[key] >= TRIES:
                with self._archive.db.write() as conn:
                    jobs.finish(conn, key, "failed", f"{type(error).__name__}: {error}", now())
            self.pause(RETRY_S)
            return True
        finally:
            self.working = False
