"""Imports: anything that is read becomes a job, and the jobs say how far they are."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import chain
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import APIRouter, Body, Path, Query
from pydantic import Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import examples
from api.answering import answered, cached, encoded, paged
from api.dependencies import OpenArchive
from api.errors import Refusal, fields_of, sentence
from api.idempotency import Answering, once
from api.incoming import Named
from api.openapi import body_of, ndjson, problems
from api.operations import Reading, Writing
from api.receiving import Received, as_file, received
from archive.answers import JobNote, JobOut, JobPage, Preview
from archive.archive import Archive
from archive.requests import FilterRequest, ImportOptions, JobListRequest, JobNotesRequest, UrlImport

POLL_S = 0.5
SILENCE_S = 15
"""After so long without news a line is sent that says nothing, so that nobody on the way takes the connection for dead."""


class Uploading(Writing):
    """The body is on disk before anything else happens; what comes of it no job is thrown away."""

    async def answered(self, request: Request, answer: Answering) -> Response:
        archive: Archive = request.app.state.archive
        upload = archive.upload()
        request.state.taken = False
        try:
            request.state.received = await received(request, upload, request.query_params.get("name"))
            return await once(request, answer, request.state.received.digest)
        finally:
            if not request.state.taken:
                await run_in_threadpool(upload.discard)


uploading = APIRouter(prefix="/v1", tags=["imports"], route_class=Uploading)
reading = APIRouter(prefix="/v1", tags=["imports"], route_class=Reading)
writing = APIRouter(prefix="/v1", tags=["imports"], route_class=Writing)

Options = TypeVar("Options", bound=ImportOptions)
JobId = Annotated[str, Path(max_length=200, examples=["j_0123456789abcdef"])]


class ImportQuery(ImportOptions):
    name: Named | None = Field(None, max_length=1000, description="Name of the file that is sent, where it is one.")
    dry_run: bool = Field(False, description="Store nothing: answer 200 with what the first articles would be.")


@uploading.post(
    "/imports",
    operation_id="create_import",
    summary="Import files or addresses",
    status_code=202,
    response_model=JobOut,
    responses={
        200: {"model": Preview, "description": "With `dry_run`: what the first articles would be."},
        202: {"description": "Accepted, and on disk: a crash loses nothing. `Location` has the job's address."},
        **problems(409),
    },
    openapi_extra=body_of(examples.IMPORTS, model="UrlImport"),
)
async def create_import(request: Request, query: Annotated[ImportQuery, Query()], archive: OpenArchive) -> Response:
    """The bytes of a file of any format that is read (pages, Markdown, text, PDF, DOCX, EPUB, JSON, NDJSON, CSV, feeds, OPML,
    WARC, and ZIP or tar of these, packed or not), several files as a form (`multipart/form-data`), or addresses to fetch, as
    JSON (`{"urls": [...]}`).

    Each item stands by itself: what cannot be read is in `/v1/jobs/{id}/errors`, and costs no other. After a crash the job goes
    on where it was."""
    body: Received = request.state.received
    addresses = _addresses(body, query)
    if addresses is None:
        await run_in_threadpool(as_file, body, query.name)
    if query.dry_run:
        preview = await run_in_threadpool(_preview, archive, body, addresses, _options(body, query))
        return answered(preview)
    request.state.taken = True
    if addresses is not None:
        job = await run_in_threadpool(archive.import_urls, addresses)
    else:
        job = await run_in_threadpool(_import_files, archive, body, query)
    return answered(job, 202, {"Location": f"/v1/jobs/{job.id}", "Retry-After": "1"})


def _import_files(archive: Archive, body: Received, query: ImportQuery) -> JobOut:
    try:
        return archive.import_files(body.upload, _options(body, query))
    except BaseException:
        body.upload.discard()
        raise


def _preview(archive: Archive, body: Received, addresses: UrlImport | None, options: ImportOptions) -> Preview:
    return archive.preview_urls(addresses) if addresses is not None else archive.preview_upload(body.upload, options)


def _addresses(body: Received, query: ImportQuery) -> UrlImport | None:
    """The request that the body is, or None where it is articles: those have no `urls`."""
    if body.json is None:
        return None
    try:
        value = orjson.loads(body.json)
    except orjson.JSONDecodeError:
        return None  # the reader of JSON says what is wrong with it, and where
    if not isinstance(value, dict) or "urls" not in value:
        return None
    return _validated(UrlImport, {**_asked(query), **value})


def _options(body: Received, query: ImportQuery) -> ImportOptions:
    """With the fields of the form that are options."""
    given: dict[str, Any] = _asked(query)
    for name, value in body.fields:
        if name == "map":
            given["map"] = [*given.get("map", []), value]
        else:
            given[name] = value
    return _validated(ImportOptions, given)


def _asked(query: ImportQuery) -> dict[str, Any]:
    return query.model_dump(include=set(ImportOptions.model_fields) & query.model_fields_set)


def _validated(model: type[Options], values: dict[str, Any]) -> Options:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        fields = fields_of(error.errors(), below=0)
        raise Refusal("invalid_request", sentence(fields[0]), fields) from error


@writing.post(
    "/reparses",
    operation_id="create_reparse",
    summary="Read originals again",
    status_code=202,
    response_model=JobOut,
    responses=problems(409),
)
def create_reparse(body: Annotated[FilterRequest, Body(openapi_examples=examples.REPARSES)], archive: OpenArchive) -> Response:
    """The bytes that articles came from, by the readers of today: what they read otherwise becomes a revision. Articles that were
    changed since, and records of JSON and CSV, stay as they are."""
    job = archive.reparse(body)
    return answered(job, 202, {"Location": f"/v1/jobs/{job.id}", "Retry-After": "1"})


@reading.get("/jobs", operation_id="list_jobs", summary="List jobs", response_model=JobPage, responses=problems(304))
def list_jobs(request: Request, query: Annotated[JobListRequest, Query()], archive: OpenArchive) -> Response:
    """Newest first. Jobs that have ended can be looked up for 30 days."""
    return paged(request, archive.jobs(query))


@reading.get("/jobs/{id}", operation_id="get_job", summary="A job", response_model=JobOut, responses=problems(304, 404))
def get_job(request: Request, id: JobId, archive: OpenArchive) -> Response:
    """How far it is, and how long it will take."""
    return cached(request, archive.job(id))


@reading.get(
    "/jobs/{id}/errors",
    operation_id="job_errors",
    summary="What a job could not store",
    response_class=StreamingResponse,
    responses={**ndjson("JobNote"), **problems(404)},
)
def job_errors(id: JobId, query: Annotated[JobNotesRequest, Query()], archive: OpenArchive) -> StreamingResponse:
    """NDJSON, an item a line: its place, a stable code, and the reason."""
    notes = iter(archive.job_notes(id, query))
    first = next(notes, None)  # what fails, fails before the answer has begun
    whole = chain(() if first is None else (first,), notes)
    return StreamingResponse(_lines(whole), media_type="application/x-ndjson", headers={"Cache-Control": "no-store"})


def _lines(notes: Iterator[JobNote]) -> Iterator[bytes]:
    return (encoded(note) + b"\n" for note in notes)


@reading.get(
    "/jobs/{id}/events",
    operation_id="job_events",
    summary="Follow a job",
    response_class=StreamingResponse,
    responses={
        200: {"description": "Server-sent events.", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
        **problems(404),
    },
)
async def job_events(request: Request, id: JobId, archive: OpenArchive) -> StreamingResponse:
    """Server-sent events: `progress` with the job as JSON whenever it has moved, and `end` when it has ended."""
    first = await run_in_threadpool(archive.job, id)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(request, archive, first), media_type="text/event-stream", headers=headers)


async def _events(request: Request, archive: Archive, job: JobOut) -> AsyncIterator[bytes]:
    told, silent = b"", 0.0
    while True:
        ended = job.finished_at is not None
        said = encoded(job)
        if said != told or ended:
            told, silent = said, 0.0
            yield b"event: %s\ndata: %s\n\n" % (b"end" if ended else b"progress", said)
        elif silent >= SILENCE_S:
            silent = 0.0
            yield b": nothing new\n\n"
        if ended or request.app.state.stopping() or await request.is_disconnected():
            return
        await asyncio.sleep(POLL_S)
        silent += POLL_S
        job = await run_in_threadpool(archive.job, job.id)


@writing.post(
    "/jobs/{id}/cancel", operation_id="cancel_job", summary="Cancel a job", response_model=JobOut, responses=problems(404, 409)
)
def cancel_job(id: JobId, archive: OpenArchive) -> Response:
    """It leaves off within a batch of a hundred items. What it has stored stays; a job that has ended stays as it is."""
    return answered(archive.cancel_job(id))
