"""JSON and NDJSON: one article or many, each with its own bytes."""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO, NoReturn

from archive.parsing.article import draft_from_json
from archive.parsing.encoding import decode
from archive.parsing.failures import ParsingFailed, Unreadable
from archive.parsing.limits import LINE
from db.records import Draft, Original

MEDIA_TYPE = "application/json"
_OF_AN_ARTICLE = ("text", "body", "paragraphs")
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_SPACE = re.compile(r"[ \t\r\n]*")


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_number)


def read_line(line: bytes, *, charset: str | None = None, name: str | None = None, strict: bool = False) -> Draft:
    """The article in one JSON object; the line is its original. Raises ParsingFailed."""
    text, charset, warnings = decode(line, charset)
    value, end = _value(text, _space(text, 0))
    if _space(text, end) != len(text):
        raise ParsingFailed(f"no JSON: something follows the value at character {end}", "")
    return _draft(value, Original(line, MEDIA_TYPE, charset, name), warnings, strict)


def read_json(
    content: bytes, *, charset: str | None = None, name: str | None = None, strict: bool = False
) -> Iterator[Draft | Unreadable]:
    """The articles of a file with one object, a list of them, or an object whose `items` they are."""
    text, charset, warnings = decode(content, charset)
    start = _items(text) if '"items"' in text or text.lstrip().startswith("[") else None
    if start is None:
        value, end = _value(text, _space(text, 0))
        if _space(text, end) != len(text):
            raise ParsingFailed(f"no JSON: something follows the value at character {end}", "")
        yield _draft(value, Original(content, MEDIA_TYPE, charset, name), warnings, strict)
        return
    for index, item in enumerate(_elements(text, start)):
        if isinstance(item, ParsingFailed):
            yield Unreadable.because(item, index)
            continue
        value, source = item
        original = Original(source.encode("utf-8", "surrogatepass"), MEDIA_TYPE, "utf-8", name)
        try:
            yield _draft(value, original, warnings, strict)
        except ParsingFailed as failure:
            yield Unreadable.because(failure, index)


def iter_ndjson(
    stream: BinaryIO, *, charset: str | None = None, name: str | None = None, strict: bool = False
) -> Iterator[Draft | Unreadable]:
    """The articles of a stream of JSON lines, one at a time; no more than one line is in memory. Blank lines are nothing."""
    index = 0
    for number, line in enumerate(_lines(stream), start=1):
        if not line.strip():
            continue
        try:
            if number == 1 and line.startswith(_WIDE):
                yield Unreadable(0, 1, "the file is UTF-16 or UTF-32; lines of JSON are UTF-8, and nothing of it was read")
                return
            if len(line) > LINE:
                raise ParsingFailed(f"the line is longer than {LINE:,} bytes", "")
            yield read_line(line, charset=charset, name=name, strict=strict)
        except ParsingFailed as failure:
            yield Unreadable.because(failure, index, number)
        index += 1


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines without their ends; of one that is too long, only enough to see that it is."""
    while line := stream.readline(LINE + 2):
        too_long = not line.endswith(b"\n") and len(line) > LINE
        while too_long and (rest := stream.readline(LINE)) and not rest.endswith(b"\n"):
            pass
        yield line.rstrip(b"\r\n")


def _draft(value: Any, original: Original, warnings: tuple[str, ...], strict: bool) -> Draft:
    draft = draft_from_json(value, original=original, strict=strict)
    return replace(draft, warnings=warnings + draft.warnings) if warnings else draft


def _value(text: str, start: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, start)
    except RecursionError:
        raise ParsingFailed("no JSON that can be read: nested too deeply", "") from None
    except ValueError as wrong:
        raise ParsingFailed(f"no JSON: {wrong}", "") from None


def _space(text: str, start: int) -> int:
    """Where the white space at `start` ends."""
    found = _SPACE.match(text, start)
    return found.end() if found else start


def _items(text: str) -> int | None:
    """Where the list of articles begins, behind its bracket: the file's own, or the member `items` of what is no article."""
    start = _space(text, 0)
    if text.startswith("[", start):
        return start + 1
    while text.startswith(("{", ","), start):
        start = _space(text, start + 1)
        if not text.startswith('"', start):
            return None
        name, start = _value(text, start)
        start = _space(text, _space(text, start) + 1)
        if name == "items" and text.startswith("[", start):
            return start + 1
        if name in _OF_AN_ARTICLE:
            return None
        start = _space(text, _value(text, start)[1])
    return None


def _elements(text: str, start: int) -> Iterator[tuple[Any, str] | ParsingFailed]:
    """Each element of the list with its source text. Behind one that is no JSON nothing can be told apart any more."""
    start = _space(text, start)
    while not text.startswith("]", start):
        try:
            value, end = _value(text, start)
            following = _space(text, end)
            if not text.startswith((",", "]"), following):
                raise ParsingFailed(f"no JSON: the list is broken off or damaged at character {end}", "")
        except ParsingFailed as failure:
            yield ParsingFailed(f"{failure.reason}; nothing behind it was read", "")
            return
        yield value, text[start:end]
        start = _space(text, following + 1) if text[following] == "," else following
