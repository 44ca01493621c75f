"""JSON and NDJSON: one article or many, each with its own bytes."""

import codecs
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, BinaryIO, Final, NoReturn, TypeVar

from archive.parsing.article import draft_from_json
from archive.parsing.characters import storable
from archive.parsing.documents import whole
from archive.parsing.encoding import decode
from archive.parsing.failures import ParsingFailed, Unreadable
from archive.parsing.items import Given, Item, Outcome, failed
from archive.parsing.limits import LINE
from archive.parsing.mapping import FIRST, for_records, renamed
from archive.parsing.media import charset_of
from db.records import Draft, Original

Each = TypeVar("Each")

MEDIA_TYPE = "application/json"
LOOKED_AT: Final = 1 << 20
"""Bytes of the first lines, at the most but for one line, that are looked at to see what they call their fields."""
LISTS: Final = ("items", "articles", "results", "posts", "docs", "entries")
"""What objects call the list of articles in them."""
_AROUND_LISTS = ("response", "data", "result")
_OF_AN_ARTICLE = ("title", "text", "body", "paragraphs")
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_SPACE = re.compile(r"[ \t\r\n]*")


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_number)


def lines(stream: BinaryIO, given: Given) -> Iterator[Item]:
    """The articles of a stream of JSON lines; no more than one line is in memory. Blank lines are nothing."""
    index = 0
    some, rest = begun(_lines(stream), FIRST, len, LOOKED_AT)
    given = replace(given, mapping=for_records([*_records(some)], given))
    for number, line in enumerate(rest, start=1):
        if not line.strip():
            continue
        place = f"{given.place}:{number}"
        if number == 1 and line.startswith(_WIDE):
            wide = "the file is UTF-16 or UTF-32; lines of JSON are UTF-8, and nothing of it was read"
            yield failed(place, ParsingFailed(wide, ""), 0, 1)
            return
        yield _line(line, given, place, index, number)
        index += 1


def begun(
    source: Iterator[Each], most: int, size: Callable[[Each], int] = lambda _: 0, sizes: int = 0
) -> tuple[list[Each], Iterator[Each]]:
    """The first of a source, up to so many or until their sizes are more than `sizes`, and all of it. What the source raises is
    raised where it would have been."""
    first = list[Each]()
    failure: Exception | None = None
    whole = 0
    try:
        while len(first) < most and whole <= sizes:
            first.append(next(source))
            whole += size(first[-1])
    except StopIteration:
        pass
    except Exception as raised:
        failure = raised

    def everything() -> Iterator[Each]:
        yield from first
        if failure is not None:
            raise failure
        yield from source

    return first, everything()


def _records(lines: Iterable[bytes]) -> Iterator[Any]:
    """Those that can be read, to see what they call their fields."""
    for line in lines:
        try:
            yield _DECODER.decode(decode(line).text)
        except (ParsingFailed, ValueError, RecursionError):
            continue


def _line(line: bytes, given: Given, place: str, index: int, number: int) -> Item:
    def read() -> Outcome:
        try:
            if len(line) > LINE:
                raise ParsingFailed(f"the line is longer than {LINE:,} bytes", "", code="too_large")
            return _one(line, given)
        except ParsingFailed as failure:
            return Unreadable.because(failure, index, number)

    return Item(place, read)


def _one(content: bytes, given: Given) -> Draft:
    """The article in one JSON object, which is its original."""
    text, charset, warnings = decode(content, given.charset or charset_of(given.media_type))
    value, end = _value(text, _space(text, 0))
    if _space(text, end) != len(text):
        raise ParsingFailed(f"no JSON: something follows the value at character {end}", "")
    return _draft(value, Original(content, MEDIA_TYPE, charset, _name(given)), warnings, given)


def items(stream: BinaryIO, given: Given) -> Iterator[Item]:
    """The articles of a file with one object, a list of them, or an object whose `items` they are."""
    content = whole(stream, given)
    text, _, warnings = decode(content, given.charset or charset_of(given.media_type))
    start = _items(text) if any(f'"{name}"' in text for name in LISTS) or text.lstrip().startswith("[") else None
    if start is None:
        yield from lines(io.BytesIO(content), given) if _is_lines(text) else [_whole(content, given)]
        return
    some, elements = begun(_elements(text, start), FIRST)
    values = [each[0] for each in some if not isinstance(each, ParsingFailed)]
    given = replace(given, mapping=for_records(values, given))
    for index, element in enumerate(elements):
        place = f"{given.place}, article {index + 1}"
        if isinstance(element, ParsingFailed):
            yield failed(place, element, index)
        else:
            yield _element(*element, warnings, given, place, index)


def _is_lines(text: str) -> bool:
    """Objects one after another, each on its line, in a file that calls itself JSON."""
    first, _, rest = text.strip().partition("\n")
    return first.rstrip().endswith("}") and rest.lstrip().startswith("{")


def _whole(content: bytes, given: Given) -> Item:
    def read() -> Outcome:
        try:
            return _one(content, replace(given, mapping=for_records([*_records([content])], given)))
        except ParsingFailed as failure:
            return Unreadable.because(failure, 0)

    return Item(given.place, read)


def _element(value: Any, source: str, warnings: tuple[str, ...], given: Given, place: str, index: int) -> Item:
    def read() -> Outcome:
        original = Original(source.encode("utf-8", "surrogatepass"), MEDIA_TYPE, "utf-8", _name(given))
        try:
            return _draft(value, original, warnings, given)
        except ParsingFailed as failure:
            return Unreadable.because(failure, index)

    return Item(place, read)


def _name(given: Given) -> str | None:
    return storable(given.name) if given.name else None


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines without their ends; of one that is too long, only enough to see that it is."""
    while line := stream.readline(LINE + 2):
        too_long = not line.endswith(b"\n") and len(line) > LINE
        while too_long and (rest := stream.readline(LINE)) and not rest.endswith(b"\n"):
            pass
        yield line.rstrip(b"\r\n")


def _draft(value: Any, original: Original, warnings: tuple[str, ...], given: Given) -> Draft:
    draft = draft_from_json(renamed(value, given.mapping), original=original, strict=given.strict)
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


def _items(text: str, start: int = 0) -> int | None:
    """Where the list of articles begins, behind its bracket: the file's own, or a member of what is no article itself, such as
    `items`, or `response.results`."""
    start = _space(text, start)
    if text.startswith("[", start):
        return start + 1
    while text.startswith(("{", ","), start):
        start = _space(text, start + 1)
        if not text.startswith('"', start):
            return None
        name, start = _value(text, start)
        start = _space(text, _space(text, start) + 1)
        if name in LISTS and text.startswith("[", start) and text.startswith(("{", "]"), _space(text, start + 1)):
            return start + 1
        if name in _AROUND_LISTS and text.startswith("{", start) and (within := _items(text, start)) is not None:
            return within
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
