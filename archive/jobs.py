"""Jobs as they are shown, listed and canceled."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from archive import cursors
from archive.answers import FieldProblem, JobNote, JobOut, JobPage
from archive.clock import now
from archive.errors import JobNotFound
from archive.requests import JobListRequest, JobNotesRequest
from db import Connection, jobs
from db.jobs import Job, Note

if TYPE_CHECKING:
    from archive.archive import Archive

KEPT_DAYS: Final = 30
"""So long a job that has ended can be looked up."""


def show(archive: "Archive", id: str) -> JobOut:
    with archive.db.read() as conn:
        return shown(archive, find(conn, id))


def find(conn: Connection, id: str) -> Job:
    job = jobs.get(conn, id)
    if job is None:
        raise JobNotFound(id)
    return job


def listed(archive: "Archive", request: JobListRequest) -> JobPage:
    query = cursors.fingerprint(request.fingerprint())
    before = cursors.read(request.cursor, query)[0] if request.cursor else None
    with archive.db.read() as conn:
        found = jobs.page(conn, request.state, request.source, before, request.limit + 1)
    items = found[: request.limit]
    following = cursors.write(query, [items[-1].key]) if len(found) > request.limit else None
    return JobPage(items=[shown(archive, job) for job in items], next=following)


def notes(archive: "Archive", id: str, request: JobNotesRequest) -> Iterator[JobNote]:
    """In the order in which they were found. Raises JobNotFound before the first."""
    with archive.db.read() as conn:
        key = find(conn, id).key
    return _notes(archive, key, ("error", "warning") if request.warnings else ("error",))


def _notes(archive: "Archive", key: int, kinds: tuple[jobs.NoteKind, ...]) -> Iterator[JobNote]:
    after = 0
    while True:
        with archive.db.read() as conn:
            some = jobs.notes(conn, key, kinds, after)
        if not some:
            return
        yield from (shown_note(note) for _, note in some)
        after = some[-1][0]


def cancel(archive: "Archive", id: str) -> JobOut:
    """Whoever works on it leaves off after the batch that is being stored; where nobody does, it ends at once. What was stored
    stays. A job that has ended stays as it is."""
    with archive.db.exclusive(f"job-{id}", wait=0) as idle, archive.db.write() as conn:
        job = find(conn, id)
        if job.state in jobs.UNFINISHED:
            jobs.ask_to_cancel(conn, job.key)
        if job.state in jobs.UNFINISHED and idle:
            jobs.finish(conn, job.key, "canceled", None, now())
            archive.spool.clear(id)
    return show(archive, id)


def shown(archive: "Archive", job: Job) -> JobOut:
    seconds = job.worked_micros / 1e6
    rate = job.done / seconds if seconds > 0 and job.done else None
    archive.indexer.keep_pace()
    return JobOut(
        id=job.id,
        kind=job.kind,
        state=job.state,
        detail=job.detail,
        source=job.source_id,
        total=job.total,
        done=job.done,
        **job.counts._asdict(),
        warnings=job.warnings,
        rate=round(rate, 2) if rate else None,
        remaining_s=round(job.ahead / rate, 1) if rate and job.state in jobs.UNFINISHED else None,
        seq=job.seq,
        searchable=job.seq <= archive.indexer.reached,
        created_at=job.created_at.text,
        started_at=job.started_at and job.started_at.text,
        updated_at=job.updated_at.text,
        finished_at=job.finished_at and job.finished_at.text,
    )


def shown_note(note: Note) -> JobNote:
    errors = [FieldProblem(pointer=pointer, detail=detail) for pointer, detail in note.errors if pointer]
    return JobNote(kind=note.kind, place=note.place, code=note.code, detail=note.detail, errors=errors)
