"""Web archives, WARC and ARC: the pages in them, as the crawler got them."""

import io
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, NamedTuple
from urllib.parse import urlsplit

from archive.parsing.failures import ParsingFailed, UnsupportedMediaType
from archive.parsing.items import Given, Item, Outcome, failed
from archive.parsing.media import HEAD, MEDIA_TYPES, Format, essence, format_of
from archive.parsing.members import PIECE, Read, buffered, check_size, items_of, shown
from archive.parsing.packed import Inflater
from archive.parsing.warc_records import LINE, Damage, Record, header_lines, records
from db.records import Draft

_PAGES: frozenset[Format] = frozenset(["html", "text", "markdown", "feed", "pdf"])
_DOCUMENTS = (
    "application/epub+zip",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
)
_BY_BYTES: frozenset[Format] = frozenset(["html", "feed", "pdf"])
_SAY_NOTHING = (
    "",
    "text/xml",
    "application/xml",
    "application/json",
    "application/octet-stream",
    "binary/octet-stream",
    "unknown",
)
"""Media types of answers whose bytes say whether they are a page or a feed; where they do not, they are the data of a page."""
_SCHEMES = ("http://", "https://", "ftp://", "file://")
_TYPE = re.compile(r"\s*([\w.+-]+/[\w.+-]+)")
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})\b")
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")


def items(stream: BinaryIO, given: Given, *, read: Read) -> Iterator[Item]:
    """An item for each page, text, feed or PDF that was fetched and each record that is broken, in the order of the records.

    Pages are the answers with a status of 2xx, resources, and, in files without these, conversions. Pictures, scripts, fonts, the
    data that scripts fetch, redirects, errors, requests and notes of the crawler are none."""
    given.inside("")  # raises where the file lies too deep, once and not for each page
    in_item, nothing, fetched = 0, True, False
    for record in records(stream):
        place = f"{given.place}, record {record.number}"
        if isinstance(record, Damage):
            if record.number == in_item:
                continue
            found = iter([failed(f"{place}, at byte {record.offset:,}", record.failure)])
        else:
            found = _items(record, place, given, read, fetched)
            fetched = fetched or record.kind in ("response", "resource")
        for item in found:
            in_item, nothing = record.number, False
            yield item
    if nothing:
        yield failed(given.place, ParsingFailed("no page in the web archive", code="no_article"))


def _items(record: Record, place: str, given: Given, read: Read, fetched: bool) -> Iterator[Item]:
    if not record.uri.startswith(_SCHEMES) or record.kind not in ("response", "resource", "conversion"):
        return
    if record.kind == "conversion" and fetched:  # a text made of a page that is there itself
        return
    place = f"{place} {shown(record.uri)}"
    try:
        page = _page(record, given)
    except ParsingFailed as failure:
        yield failed(place, failure)
        return
    if page is None:
        return
    url = record.uri if record.uri.startswith(("http://", "https://")) else None
    inside = replace(given.inside(_path(record.uri), media_type=page.media_type or None, url=url), place=place)
    for item in items_of(page.payload, inside, page.size, read=read):
        yield _warned(item, page.warnings)


def _path(uri: str) -> str:
    try:
        return urlsplit(uri).path
    except ValueError:
        return ""


def _warned(item: Item, warnings: Sequence[str]) -> Item:
    def outcome() -> Outcome:
        read = item.read()  # which adds to the warnings
        return replace(read, warnings=(*read.warnings, *warnings)) if isinstance(read, Draft) and warnings else read

    return Item(item.place, outcome)


@dataclass(frozen=True, slots=True)
class _Page:
    """`size`: of the payload, if it is known before. `warnings`: more may come while the payload is read."""

    payload: io.BufferedReader
    media_type: str
    size: int | None
    warnings: list[str]


def _page(record: Record, given: Given) -> _Page | None:
    """What is in the record if it is a page or the like. Raises ParsingFailed where it is broken or cannot be decoded."""
    if record.headers.get("warc-segment-number"):
        raise ParsingFailed("one of several segments of a record, which are not put together", code="unsupported")
    answer = _answer(record)
    if answer is None or _path(record.uri) == "/robots.txt":
        return None
    says_nothing = essence(answer.media_type) in _SAY_NOTHING
    if not says_nothing and not _is_page(essence(answer.media_type)):
        return None
    cut = record.headers.get("warc-truncated")
    warnings = [f"the crawler did not get all of the page: {shown(cut)}"] if cut else []
    payload = buffered(_decoded(record.body, answer, given.budget.take, warnings))
    if says_nothing and not _looks_like_page(payload):
        return None
    size = None if answer.layers else record.length
    return _Page(payload, "" if says_nothing else answer.media_type, size, warnings)


def _is_page(media_type: str) -> bool:
    return media_type in _DOCUMENTS or MEDIA_TYPES.get(media_type) in _PAGES


def _looks_like_page(payload: io.BufferedReader) -> bool:
    try:
        return format_of(payload.peek(HEAD), None, None) in _BY_BYTES
    except UnsupportedMediaType:
        return False


class _Answer(NamedTuple):
    """`layers`: how the payload is encoded, the outermost first. `length`: of the payload as it was sent, if that was said."""

    media_type: str
    layers: list[str]
    length: int | None = None


def _answer(record: Record) -> _Answer | None:
    """What the record holds; the body is read up to the payload. None for answers that are no success. Raises ParsingFailed for
    what is no answer."""
    if record.kind != "response" or not record.body.peek(5).startswith(b"HTTP/"):
        if essence(record.media_type) == "application/http":
            raise ParsingFailed("no answer of HTTP is in the record")
        return _Answer(_media_type(record.media_type), [])
    status = 100
    while 100 <= status < 200:  # "100 Continue" comes before the answer
        status = _status(record.body.readline(LINE))
        headers = header_lines(lambda: record.body.readline(LINE))
    if not 200 <= status < 300:
        return None
    length = headers.get("content-length", "")
    return _Answer(_media_type(headers.get("content-type", "")), _layers(headers), int(length) if length.isdecimal() else None)


def _status(line: bytes) -> int:
    if not (found := _STATUS.match(line)):
        raise ParsingFailed("no answer of HTTP is in the record")
    return int(found[1])


def _media_type(header: str) -> str:
    """As it is if it can be one, else what of it can: `text/html charset=utf-8` is sent too."""
    if not (found := _TYPE.match(header)):
        return ""
    return header if essence(header) == found[1].lower() else found[1]


def _layers(headers: dict[str, str]) -> list[str]:
    """Encodings that are none (`identity`, `utf-8`) are sent as well, and left out."""
    named = f"{headers.get('content-encoding', '')},{headers.get('transfer-encoding', '')}"
    layers = [name.strip().lower().removeprefix("x-") for name in named.split(",")]
    return [layer for layer in reversed(layers) if layer in _DECODERS or layer in _NO_READER]


def _decoded(body: io.BufferedReader, answer: _Answer, take: Callable[[int], None], warnings: list[str]) -> Iterator[bytes]:
    """The payload. Raises ParsingFailed behind it where the record is damaged. Where the record is cut off, but behind all of the
    page, that is only a warning."""
    pieces = _pieces(body)
    for layer in answer.layers:
        if layer not in _DECODERS:
            raise ParsingFailed(f"the page is packed with {layer}, for which there is no reader", code="unsupported")
        pieces = _DECODERS[layer](pieces, take)
    whole, count = False, 0
    try:
        for piece in pieces:
            count += len(piece)
            yield piece
        whole = bool(answer.layers)
        while body.read1(PIECE):
            pass
    except ParsingFailed as failure:
        whole = whole or (not answer.layers and answer.length is not None and count >= answer.length)
        if failure.code != "truncated" or not whole:
            raise
        warnings.append(f"{failure.reason}, behind all of the page")


def _pieces(stream: io.BufferedReader) -> Iterator[bytes]:
    while piece := stream.read1(PIECE):
        yield piece


def _unchunked(pieces: Iterator[bytes], _: object) -> Iterator[bytes]:
    """Some crawlers join the chunks and leave the header that speaks of them: what does not begin with a chunk has none."""
    stream = buffered(pieces)
    line = stream.readline(LINE)
    if not _CHUNK.fullmatch(line):
        yield line
        yield from _pieces(stream)
        return
    while left := _chunk(line):
        while left:
            if not (piece := stream.read1(min(left, PIECE))):
                raise ParsingFailed("the page is cut off in one of its chunks", code="truncated")
            left -= len(piece)
            yield piece
        line = stream.readline(LINE)
        if line.strip():
            raise ParsingFailed("the chunks of the page are damaged")
        line = stream.readline(LINE)


def _chunk(line: bytes) -> int:
    if not line:
        raise ParsingFailed("the page is cut off: its last chunk is missing", code="truncated")
    if not (found := _CHUNK.fullmatch(line)):
        raise ParsingFailed("the chunks of the page are damaged")
    return int(found[1], 16)


def _gunzipped(pieces: Iterator[bytes], take: Callable[[int], None]) -> Iterator[bytes]:
    """As with chunks, what is not packed was unpacked by the crawler. What lacks only the end of its checksum is whole."""
    stream = buffered(pieces)
    if not stream.peek(2).startswith(b"\x1f\x8b"):
        yield from _pieces(stream)
        return
    _skip_header(stream)
    engine, crc = Inflater(-zlib.MAX_WBITS), 0
    for piece in _inflating(stream, engine, take):
        crc = zlib.crc32(piece, crc)
        yield piece
    said = (engine.unused_data + stream.read(4))[:4]
    if len(said) == 4 and int.from_bytes(said, "little") != crc:
        raise ParsingFailed("the packed bytes of the page are damaged: the checksum is another")


def _skip_header(stream: io.BufferedReader) -> None:
    """That of gzip, https://www.rfc-editor.org/rfc/rfc1952#section-2.3."""
    flags = stream.read(10)[3:4] or b"\0"
    if flags[0] & 4:
        stream.read(int.from_bytes(stream.read(2), "little"))
    for flag in (8, 16):  # a name and a comment
        while flags[0] & flag and stream.read(1) not in (b"\0", b""):
            pass
    if flags[0] & 2:
        stream.read(2)


def _inflated(pieces: Iterator[bytes], take: Callable[[int], None]) -> Iterator[bytes]:
    """DEFLATE, which some servers send bare and others, as they should, in the wrapping of zlib."""
    stream = buffered(pieces)
    head = stream.peek(2)[:2]
    wrapped = len(head) == 2 and head[0] & 15 == 8 and int.from_bytes(head, "big") % 31 == 0
    return _inflating(stream, Inflater(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS), take)


def _inflating(stream: io.BufferedReader, engine: Inflater, take: Callable[[int], None]) -> Iterator[bytes]:
    count_in = count_out = 0
    while not engine.eof:
        block = stream.read1(PIECE) if engine.needs_input else b""
        count_in += len(block)
        if engine.needs_input and not block:
            raise ParsingFailed("the page is cut off: its packed bytes have no end", code="truncated")
        try:
            piece = engine.decompress(block, PIECE)
        except zlib.error:
            raise ParsingFailed("the packed bytes of the page are damaged") from None
        count_out += len(piece)
        check_size(count_out, count_in)
        take(len(piece))
        yield piece


_DECODERS: dict[str, Callable[[Iterator[bytes], Callable[[int], None]], Iterator[bytes]]] = {
    "chunked": _unchunked,
    "gzip": _gunzipped,
    "deflate": _inflated,
}
_NO_READER = frozenset(["br", "compress", "zstd"])
