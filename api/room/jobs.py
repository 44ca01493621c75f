"""Imports under way and done: how far they are, and what could not be stored."""

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from api.answering import encoded
from api.dependencies import OpenArchive
from api.room.calls import Call
from api.room.pages import HEADERS, Page, WritingPage, asked, render
from archive.answers import JobNote, JobOut
from archive.archive import Archive
from archive.requests import JobListRequest, JobNotesRequest

router = APIRouter(route_class=Page, include_in_schema=False)
writing = APIRouter(route_class=WritingPage, include_in_schema=False)

Id = Annotated[str, Path(max_length=200)]
NOTES = 100
STATES = {
    "enqueued": "waiting", "processing": "under way", "succeeded": "done", "failed": "failed", "canceled": "cancelled",
}  # fmt: skip


@router.get("/jobs")
def jobs(request: Request, archive: OpenArchive) -> Response:
    listed = asked(request, JobListRequest)
    return render(request, "jobs.html", found=archive.jobs(listed), states=STATES, calls=[Call("list_jobs")])


@router.get("/jobs/{id}")
def job(request: Request, id: Id, archive: OpenArchive) -> Response:
    return render(
        request, "job.html", **progress_of(archive, id), calls=[Call("get_job", {"id": id}), Call("job_errors", {"id": id})]
    )


@router.get("/jobs/{id}/progress")
def progress(request: Request, id: Id, archive: OpenArchive) -> Response:
    """The part of the page that changes."""
    return render(request, "job_progress.html", **progress_of(archive, id))


def progress_of(archive: Archive, id: str) -> dict[str, Any]:
    job = archive.job(id)
    notes = list(islice(archive.job_notes(id, JobNotesRequest(warnings=True)), 2 * NOTES + 1))
    return {
        "job": job,
        "state": STATES[job.state],
        "errors": [note for note in notes if note.kind == "error"][:NOTES],
        "warnings": [note for note in notes if note.kind == "warning"][:NOTES],
        "remaining": duration(job.remaining_s) if job.remaining_s is not None and job.finished_at is None else "",
        "share": share(job),
    }


def share(job: JobOut) -> float:
    return min(1.0, job.done / job.total) if job.total else 0.0


def duration(seconds: float) -> str:
    """As people say it: `40 seconds`, `about 3 minutes`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} seconds" if seconds >= 1.5 else "a second"
    return f"about {round(seconds / 60)} minutes" if seconds < 5400 else f"about {round(seconds / 3600)} hours"


@router.get("/jobs/{id}/errors")
def errors(id: Id, archive: OpenArchive) -> Response:
    """All of them, as a file."""
    archive.job(id)
    notes: Iterator[JobNote] = archive.job_notes(id, JobNotesRequest())
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="errors.ndjson"'}
    return StreamingResponse((encoded(note) + b"\n" for note in notes), headers=headers, media_type="application/x-ndjson")


@writing.post("/jobs/{id}/cancel")
def cancel(id: Id, archive: OpenArchive) -> Response:
    return RedirectResponse(f"/jobs/{archive.cancel_job(id).id}", 303)
