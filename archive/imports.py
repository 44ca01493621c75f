"""Beginning an import: what is to be read becomes a job. And a look at what it would begin with."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import orjson

from archive import parsing
from archive.answers import JobNote, JobOut, Preview, PreviewItem
from archive.clock import now
from archive.errors import FieldError, InvalidRequest, UnreadableArticle, UploadNotFound
from archive.job_reading import with_source
from archive.jobs import KEPT_DAYS, shown
from archive.parsing import Given, Item, Link, Unreadable
from archive.reading import drafted
from archive.requests import ImportOptions, UrlImport
from archive.spool import Upload
from archive.urls import normalize
from db import jobs
from db.jobs import Input, NewJob, Runner
from db.records import Draft, Moment

if TYPE_CHECKING:
    from archive.archive import Archive

PREVIEWED: Final = 10


def of_upload(archive: "Archive", upload: Upload, options: ImportOptions) -> JobOut:
    """The files are on disk when this returns, and with them the job that reads them."""
    if not upload.files:
        raise InvalidRequest("There is nothing to import: no file was sent.", [FieldError("", "no file")])
    inputs = []
    for number, file in enumerate(upload.files, start=1):
        place = _place(file.name) or f"upload {number}"
        with archive.spool.path(upload.id, file.location).open("rb") as stream:
            count = parsing.expected(stream, Given(name=file.name, media_type=file.media_type))
        inputs.append(Input("upload", file.location, place, file.media_type, expected=count))
    return _begun(archive, upload.id, "server", options.as_options(), inputs)


def of_urls(archive: "Archive", request: UrlImport) -> JobOut:
    wrong = [FieldError(f"/urls/{place}", said) for place, url in enumerate(request.urls) if (said := unusable(url))]
    if wrong:
        raise InvalidRequest(f"{wrong[0].pointer} {wrong[0].detail}.", wrong)
    inputs = [Input("url", url, url) for url in dict.fromkeys(request.urls)]
    return _begun(archive, jobs.new_id(), "server", request.as_options(), inputs)


def unusable(url: str) -> str | None:
    """What keeps an address from being fetched, as far as can be told without asking."""
    try:
        normalize(url)
    except ValueError as error:
        return str(error)
    return None


def of_own(archive: "Archive", paths: Sequence[Path], urls: Sequence[str], options: ImportOptions) -> tuple[JobOut, bool]:
    """A job for the one who asks, and whether it is one that was cut off: the same files, as they were then, the same addresses
    and the same options. Raises FileNotFoundError."""
    files = list(_files(paths))
    given = options.as_options()
    asked = sha256(orjson.dumps([given, files, list(urls)])).hexdigest()
    with archive.db.read() as conn:
        left = jobs.resumable(conn, asked)
        if left is not None:
            return shown(archive, jobs.by_key(conn, left)), True
    inputs = [Input("file", path, place, expected=_expected_in(path)) for path, place, *_ in files]
    inputs += [Input("url", url, url) for url in dict.fromkeys(urls)]
    return _begun(archive, jobs.new_id(), "shell", given, inputs, asked), False


def _files(paths: Sequence[Path]) -> Iterator[tuple[str, str, int, int]]:
    """Path, name for people, size and time of the last change."""
    for path in paths:
        for file in parsing.paths_under(path):
            try:
                state = file.stat()
            except OSError:
                yield str(file.absolute()), str(file), 0, 0
            else:
                yield str(file.absolute()), str(file), state.st_size, state.st_mtime_ns


def _expected_in(path: str) -> int:
    try:
        with open(path, "rb") as stream:
            return parsing.expected(stream, Given(name=Path(path).name))
    except OSError:
        return 1


def _begun(
    archive: "Archive", id: str, runner: Runner, options: Mapping[str, Any], inputs: Sequence[Input], fingerprint: str = ""
) -> JobOut:
    job = NewJob(kind="import", runner=runner, fingerprint=fingerprint or id, options=options)
    with archive.db.write() as conn:
        jobs.prune(conn, Moment.of(datetime.now(UTC) - timedelta(days=KEPT_DAYS)))
        key = jobs.create(conn, id, job, inputs, now())
        begun = jobs.by_key(conn, key)
    archive.worker.wake()
    return shown(archive, begun)


def _place(name: str | None) -> str | None:
    """A name that a sender gave, on one line."""
    return " ".join((name or "").split())[:1000] or None


def preview(options: ImportOptions, files: Iterable[tuple[BinaryIO, Given]], most: int = PREVIEWED) -> Preview:
    """What the first articles in the files would be. Nothing is fetched, and nothing stored."""
    given_map = options.as_options()["map"]
    items: list[PreviewItem] = []
    found: dict[str, str] = dict(given_map)
    count = 0
    for stream, given in files:
        count += parsing.expected(stream, given)
        stream.seek(0)
        if not found:
            found = dict(parsing.mapping_of(stream, given))
            stream.seek(0)
        each = parsing.items_in(stream, replace(given, mapping=given_map))
        items += [_previewed(item, options) for item in islice(each, most - len(items))]
    return Preview(items=items, map=found, expected=max(count, len(items)))


def preview_of_paths(options: ImportOptions, paths: Sequence[Path]) -> Preview:
    def opened() -> Iterator[tuple[BinaryIO, Given]]:
        for file in islice((file for path in paths for file in parsing.paths_under(path)), PREVIEWED):
            with file.open("rb") as stream:
                yield stream, Given(name=file.name, place=str(file))

    return preview(options, opened())


def preview_of_upload(archive: "Archive", upload: Upload, options: ImportOptions) -> Preview:
    def opened() -> Iterator[tuple[BinaryIO, Given]]:
        for file in upload.files[:PREVIEWED]:
            with archive.spool.path(upload.id, file.location).open("rb") as stream:
                yield stream, Given(name=file.name, media_type=file.media_type, place=_place(file.name) or "")

    return preview(options, opened())


def kept_upload(archive: "Archive", id: str) -> Upload:
    upload = archive.spool.kept(id)
    if upload is None:
        raise UploadNotFound(id)
    return upload


def draft_of(archive: "Archive", upload: Upload, options: ImportOptions) -> Draft:
    """The one article of an upload. Raises UnreadableArticle where it is none."""
    file = upload.files[0]
    with archive.spool.path(upload.id, file.location).open("rb") as stream:
        item = next(
            iter(parsing.items_in(stream, Given(name=file.name, media_type=file.media_type, mapping=options.as_options()["map"])))
        )
        outcome = item.read()
    if isinstance(outcome, Draft):
        return with_source(outcome, options.as_options())
    raise UnreadableArticle(outcome.reason if isinstance(outcome, Unreadable) else "It is a link, and no article.", [])


def preview_of_urls(archive: "Archive", request: UrlImport) -> Preview:
    """The first of the addresses are fetched."""
    from fetching import FetchFailed

    refused: list[PreviewItem] = []

    def fetched() -> Iterator[tuple[BinaryIO, Given]]:
        for url in request.urls[:PREVIEWED]:
            try:
                page = archive.fetcher.fetch(url)
            except FetchFailed as failure:
                problem = JobNote(kind="error", place=url, code=failure.code, detail=failure.reason)
                refused.append(PreviewItem(place=url, article=None, problem=problem))
            else:
                given = Given(media_type=page.media_type, charset=page.charset, url=page.url, place=url)
                yield io.BytesIO(page.content), given

    found = preview(request, fetched())
    return found.model_copy(update={"items": [*found.items, *refused], "expected": max(found.expected, len(request.urls))})


def _previewed(item: Item, options: ImportOptions) -> PreviewItem:
    outcome = item.read()
    if isinstance(outcome, Link):
        outcome = outcome.draft or Unreadable(0, None, f"a link to {outcome.url}, which an import fetches", code="no_article")
    if isinstance(outcome, Unreadable):
        problem = JobNote(kind="error", place=item.place, code=outcome.code, detail=outcome.reason)
        return PreviewItem(place=item.place, article=None, problem=problem)
    draft = with_source(outcome, options.as_options())
    return PreviewItem(place=item.place, article=drafted(draft), problem=None, warnings=list(draft.warnings))
