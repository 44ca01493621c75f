"""The records of WARC and ARC files, https://iipc.github.io/warc-specifications/, one after another, also behind damage.

`warcio` ends at the first record that is broken, takes damaged compression for the end, and reads lines and chunks of any length;
it is the oracle of the tests.
"""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from archive.parsing.failures import ParsingFailed
from archive.parsing.members import PIECE
from archive.parsing.packed import Unpacked

LINE: Final = 1 << 16
HEADERS: Final = 1 << 20
"""Bytes of a line of a header, and of all of them."""

_WARC = rb"WARC/\d+\.\d+[ \t]*\r?\n"
_ARC = (
    rb"(?P<uri>\S[^\r\n]*) (?P<ip>[\d.a-fA-F:]+|-) (?P<date>\d{8,20}) (?P<type>\S+)"
    rb"(?: \S+ \S+ \S+ \S+ \S+)? (?P<length>\S+)[ \t]*\r?\n"
)
_RECORD = re.compile(rb"(?:" + _WARC + rb"|" + _ARC + rb")")
_ARC_RECORD = re.compile(_ARC)
_NEXT = re.compile(
    rb"(?<=\n)(?:" + _WARC + rb"|(?:https?|ftp|filedesc|dns):" + _ARC.replace(rb"\S[^\r\n]*", rb"[^\r\n]{1,8000}") + rb")"
)
_KEPT = 1 << 14
_FEW = 64
_SPACE = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong with the record of this number, or with what lies where it should be."""

    number: int
    offset: int
    failure: ParsingFailed


@dataclass(frozen=True, slots=True)
class Record:
    """`number` counts from 1. `offset`: in the unpacked bytes. `kind`: `response`, `resource`, `request` and so on.

    `body`: what is left of it, to be read before the next record is asked for. Where it is cut off or damaged, reading it to its
    end raises ParsingFailed."""

    number: int
    offset: int
    kind: str
    uri: str
    media_type: str
    length: int
    body: "io.BufferedReader[Any]"
    headers: dict[str, str] = field(default_factory=dict)


def records(stream: BinaryIO) -> Iterator[Record | Damage]:
    """All records, and what is broken between them; never raises. Damage of the number of a record is in that record."""
    source = _Source(stream)
    number = 0
    while True:
        number += 1
        try:
            if (record := _record(source, number)) is None:
                return
        except ParsingFailed as failure:
            yield Damage(number, source.began, _and_lost(failure, found := source.find()))
            if not found:
                return
            continue
        yield record
        try:
            while record.body.read(PIECE):
                pass
        except ParsingFailed as failure:
            yield Damage(number, record.offset, _and_lost(failure, found := source.find()))
            if not found:
                return


def _and_lost(failure: ParsingFailed, found: bool) -> ParsingFailed:
    if found:
        return failure
    return ParsingFailed(f"{failure.reason}; nothing behind it was read", code=failure.code)


def _record(source: "_Source", number: int) -> Record | None:
    """The next record, or None at the end. Raises ParsingFailed for what is none."""
    if not source.skip_space():
        return None
    source.began = source.offset
    line = source.line()
    if not _RECORD.fullmatch(line):
        raise ParsingFailed("no record begins here")
    arc = None if line.startswith(b"WARC/") else _ARC_RECORD.fullmatch(line)
    headers = _of_arc(arc) if arc else header_lines(source.line)
    length = _length(headers.get("content-length", ""))
    uri = headers.get("warc-target-uri", "").strip().removeprefix("<").removesuffix(">").replace(" ", "%20")
    kind, media_type = headers.get("warc-type", "").lower(), headers.get("content-type", "")
    body = io.BufferedReader(_Body(source, length), PIECE)
    return Record(number, source.began, kind, uri, media_type, length, body, headers)


def _of_arc(line: re.Match[bytes]) -> dict[str, str]:
    uri = line["uri"].decode("utf-8", "replace")
    return {
        "warc-type": "filedesc" if uri.startswith("filedesc:") else "response",
        "warc-target-uri": uri,
        "content-type": line["type"].decode("latin-1"),
        "content-length": line["length"].decode("latin-1"),
    }


def _length(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text.strip()):
        raise ParsingFailed(f"the record says no length: {text[:40]!r}")
    return int(text)


def header_lines(line: Callable[[], bytes]) -> dict[str, str]:
    """The fields of a header up to the blank line at its end, by their names in lower case; of one that comes twice, the first.
    Raises ParsingFailed where it is endless."""
    fields: dict[str, str] = {}
    name, left = "", HEADERS
    while text := line().rstrip(b"\r\n"):
        left -= len(text) + 2
        if left < 0:
            raise ParsingFailed(f"a header has more than {HEADERS:,} bytes", code="too_large")
        if text[:1] in (b" ", b"\t"):
            fields[name] = fields.get(name, "") + " " + _text(text)
        else:
            name, _, value = (_text(part) for part in text.partition(b":"))
            name = name.lower()
            fields.setdefault(name, value)
    return fields


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return raw.decode("latin-1").strip()


class _Source:
    """The stream, as records need it. `offset`: how much of it was given out; `began`: where the last record did."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream, PIECE)  # type: ignore[type-var]
        self._buffer, self._at = b"\n", 1
        self.offset = self.began = 0

    def line(self) -> bytes:
        while (end := self._buffer.find(b"\n", self._at) + 1) == 0 and len(self._buffer) - self._at < LINE and self._fill():
            pass
        return self._taken((end or len(self._buffer)) - self._at, LINE)

    def read(self, size: int) -> bytes:
        """Some of the bytes that follow; none only at the end, and few only before it."""
        try:
            while len(self._buffer) - self._at < min(size, _FEW) and self._fill():
                pass
        except ParsingFailed:
            if self._at == len(self._buffer):
                raise
        return self._taken(len(self._buffer) - self._at, size)

    def skip_space(self) -> bool:
        """Whether anything follows."""
        while True:
            rest = len(self._buffer[self._at :].lstrip(_SPACE))
            self._taken(len(self._buffer) - self._at - rest)
            if rest:
                return True
            if not self._fill():
                return False

    def check(self) -> None:
        """Raises ParsingFailed where the packed bytes that end here, but for the ends of two lines, turn out to be damaged: that
        is known only behind them."""
        rest = self._buffer[self._at :]
        self._taken(len(rest[:4]) - len(rest[:4].lstrip(b"\r\n")))
        if self._at < len(self._buffer):
            return
        try:
            self._fill()
        except ParsingFailed:
            packed = self._packed()
            if packed is None or not packed.between:
                raise

    def find(self) -> bool:
        """Goes on to where the next record begins; False if there is none."""
        while True:
            try:
                while not (found := _NEXT.search(self._buffer, self._at)):
                    self._taken(len(self._buffer) - self._at - _KEPT)
                    if not self._fill():
                        return False
                self._taken(found.start() - self._at)
                return True
            except ParsingFailed:
                if not self._resumed():
                    return False

    def _resumed(self) -> bool:
        packed = self._packed()
        try:
            resumed = packed is not None and packed.resume(_RECORD.match)
        except ParsingFailed:
            return False
        self._buffer, self._at = b"\n", 1
        return resumed

    def _packed(self) -> Unpacked | None:
        return self._stream.raw if isinstance(self._stream.raw, Unpacked) else None

    def _fill(self) -> bool:
        block = self._stream.read1(PIECE)
        kept = max(self._at - 1, 0)  # what a record begins behind is looked at
        self._buffer, self._at = self._buffer[kept:] + block, self._at - kept
        return bool(block)

    def _taken(self, count: int, most: int | None = None) -> bytes:
        count = max(count if most is None else min(count, most), 0)
        piece = self._buffer[self._at : self._at + count]
        self._at += count
        self.offset += count
        return piece


class _Body(io.RawIOBase):
    """The so many bytes that follow in the source."""

    def __init__(self, source: _Source, length: int) -> None:
        self._source = source
        self._left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._left:
            self._source.check()
            return 0
        piece = self._source.read(min(len(buffer), self._left))
        if not piece:
            raise ParsingFailed(f"the record is cut off: {self._left:,} bytes are missing", code="truncated")
        buffer[: len(piece)] = piece
        self._left -= len(piece)
        return len(piece)
