"""Files on their way in: the body of a request goes to disk as it comes, whatever its size."""

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from typing import BinaryIO, Final

from python_multipart import MultipartParser
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.bodies import media_type
from api.errors import Refusal
from archive.spool import Upload

WRITTEN_AT_ONCE: Final = 1 << 20
FILES: Final = 1000
FIELD: Final = 10_000
FIELDS: Final = 100
"""Of a form: how many files, how long a field that is none, and how many of those."""
JSON: Final = 4 << 20
"""Bytes of JSON that may be a request; what is larger is articles."""


@dataclass(slots=True)
class Received:
    """`fields`: of a form, those that are no files. `json`: the body, where it is JSON and not long; then it is no file yet."""

    upload: Upload
    digest: bytes = b""
    fields: list[tuple[str, str]] = field(default_factory=list)
    json: bytes | None = None


async def received(request: Request, upload: Upload, name: str | None, *, longest_field: int = FIELD) -> Received:
    """Everything is on disk when this returns. `longest_field`: bytes, of a form. Raises Refusal for a form that is none."""
    kind, charset = media_type(request)
    answer, digest = Received(upload), sha256()
    chunks = _counted(request.stream(), digest.update)
    if kind == "multipart/form-data":
        await _form(request, chunks, answer, longest_field)
    else:
        named = f"{kind}; charset={charset}" if charset else kind or None
        await _whole(chunks, answer, name, named, is_json=kind == "application/json")
    answer.digest = digest.digest()
    return answer


async def _counted(stream: AsyncIterator[bytes], count: Callable[[bytes], None]) -> AsyncIterator[bytes]:
    """In pieces of a good size to write."""
    piece = bytearray()
    async for chunk in stream:
        count(chunk)
        piece += chunk
        if len(piece) >= WRITTEN_AT_ONCE:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


async def _whole(chunks: AsyncIterator[bytes], answer: Received, name: str | None, kind: str | None, *, is_json: bool) -> None:
    begun = b""
    if is_json:
        async for chunk in chunks:
            begun += chunk
            if len(begun) > JSON:
                break
        else:
            answer.json = begun
            return
    with ExitStack() as stack:
        stream = await run_in_threadpool(stack.enter_context, answer.upload.file(name, kind))
        await run_in_threadpool(stream.write, begun)
        async for chunk in chunks:
            await run_in_threadpool(stream.write, chunk)
        await run_in_threadpool(stack.close)


def as_file(answer: Received, name: str | None) -> None:
    """The JSON that was no request is a file of articles."""
    if answer.json is not None:
        with answer.upload.file(name, "application/json") as stream:
            stream.write(answer.json)


class _Form:
    """Takes a form apart as it comes. Called in threads, one at a time."""

    def __init__(self, boundary: bytes, answer: Received, longest_field: int) -> None:
        self._answer = answer
        self._longest_field = longest_field
        self._open = ExitStack()
        self._header: list[bytes] = [b"", b""]
        self._headers: dict[bytes, bytes] = {}
        self._file: BinaryIO | None = None
        self._field = bytearray()
        self._name = ""
        self.complete = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._headers.clear,
                "on_header_field": lambda data, start, end: self._more(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._more(1, data[start:end]),
                "on_header_end": self._header_ends,
                "on_headers_finished": self._begins,
                "on_part_data": self._data,
                "on_part_end": self._ends,
                "on_end": self._is_complete,
            },
        )

    def write(self, data: bytes) -> None:
        try:
            self._parser.write(data)
        except MultipartParseError as error:
            raise Refusal("bad_request", f"The form cannot be read: {error}.") from error

    def close(self) -> None:
        self._open.close()

    def _more(self, which: int, data: bytes) -> None:
        self._header[which] += data
        if len(self._header[which]) > FIELD:
            raise Refusal("bad_request", "The form has a header that is too long.")

    def _header_ends(self) -> None:
        self._headers[self._header[0].lower()] = self._header[1]
        self._header = [b"", b""]

    def _begins(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._field.clear()
        self._file = None
        if b"filename" in options:
            if len(self._answer.upload.files) >= FILES:
                raise Refusal("body_too_large", f"A form may have up to {FILES} files; send a ZIP or a tar file.")
            name = options[b"filename"].decode("utf-8", "replace")
            kind = self._headers.get(b"content-type", b"").decode("latin-1") or None
            self._file = self._open.enter_context(self._answer.upload.file(name, kind))

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(data[start:end])
            return
        self._field += data[start:end]
        if len(self._field) > self._longest_field or len(self._answer.fields) >= FIELDS:
            raise Refusal("bad_request", "The form has a field that is too long, or too many.")

    def _ends(self) -> None:
        if self._file is not None:
            self._open.close()
        else:
            self._answer.fields.append((self._name, self._field.decode("utf-8", "replace")))

    def _is_complete(self) -> None:
        self.complete = True


async def _form(request: Request, chunks: AsyncIterator[bytes], answer: Received, longest_field: int) -> None:
    _, options = parse_options_header(request.headers["content-type"])
    boundary = options.get(b"boundary")
    if not boundary:
        raise Refusal("bad_request", "The form has no boundary in its Content-Type.")
    form = _Form(boundary, answer, longest_field)
    try:
        async for chunk in chunks:
            await run_in_threadpool(form.write, chunk)
    finally:
        await run_in_threadpool(form.close)
    if not form.complete:
        raise Refusal("bad_request", "The form ends in the middle.")
