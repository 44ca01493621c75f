"""Foreign records: what they call the fields of an article, and how that is found out from the records themselves.

A mapping has our name of a field and theirs; dots lead into objects, numbers into lists: `content.rendered`, `authors.0.name`,
`keywords.value`. Our field `html` is a text in HTML.
"""

import html
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any, BinaryIO, Final, NamedTuple

from archive.parsing import dates
from archive.parsing.encoding import decode
from archive.parsing.failures import ParsingFailed
from archive.parsing.foreign_names import BETTER, FOREIGN, KNOWN
from archive.parsing.items import Given

FIELDS: Final = (*KNOWN, "html", "references")
"""Ours, that may be mapped."""

FIRST: Final = 20
"""How many records a guess looks at."""

HEAD: Final = 1 << 21
"""Bytes in which they are looked for."""

SINCE_1970: Final = re.compile(r"\d{9,14}")
"""Seconds or milliseconds, where a table has them as text."""

_NAMES = frozenset(name for names in KNOWN.values() for name in names)
_LABELS = ("authors", "categories", "tags")
_LIST = re.compile(r"\s*(?:\[|\{[^\[{}]*\"items\"\s*:\s*\[)")
_VALUE = re.compile(r"[\s,]*(?=\{)")
_DEPTH = 3
_SEPARATORS = re.compile(r"[\s_-]+")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)\b[^<>]*>", re.IGNORECASE)
_PAIR = re.compile(r"<([a-z][a-z0-9]*)\b[^<>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_ENTITY = re.compile(r"&(?:#\d{2,6}|#x[0-9a-f]{2,5}|[a-z]{2,8});", re.IGNORECASE)
_BLOCK_TAGS = frozenset(["p", "div", "br", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table", "figure"])
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_LONG = 200
_MONTHS_OR_SLASHES = re.compile(r"\d{1,4}[-/. ](?:\d{1,2}|[a-z]{3,9})\.?[-/., ]+\d{1,4}", re.IGNORECASE)


class Guess(NamedTuple):
    """Our field, what they call it, and the first value of it, shortened for people."""

    ours: str
    theirs: str
    example: str


def renamed(value: Any, mapping: Mapping[str, str]) -> Any:
    """The record under our names. What is taken out of an object leaves the rest of it; title and summary lose their markup."""
    if not mapping or not isinstance(value, Mapping):
        return value
    taken = {ours: item for ours, theirs in mapping.items() if (item := at(value, theirs)) is not None}
    rest: dict[str, Any] = {str(name): item for name, item in value.items()}
    for theirs in mapping.values():
        rest = _without(rest, theirs)
    hidden = {name: rest.pop(name) for name in _hidden(rest, mapping, taken)}
    if hidden:
        given = rest.get("extra")
        rest["extra"] = {**hidden, **(given if isinstance(given, Mapping) else {})}
    return rest | {ours: _plain(item) if ours in ("title", "dek") else item for ours, item in taken.items()}


def _hidden(rest: Mapping[str, Any], mapping: Mapping[str, str], taken: Mapping[str, Any]) -> list[str]:
    """What is left under a name of ours and is not the field: what was beside it in an object, another text than the one that is
    meant, and the numbers of labels, which WordPress has in the place of their names."""
    beside = {theirs.partition(".")[0] for theirs in mapping.values() if "." in theirs}
    names = {name for name in _NAMES if name in beside} | taken.keys()
    if taken.keys() & {"text", "html", "paragraphs"}:
        names |= {*KNOWN["text"]}
    if any(theirs.endswith(".rendered") for theirs in mapping.values()):
        names |= {name for ours in _LABELS for name in KNOWN[ours] if _are_numbers(rest.get(name))}
    return [name for name in rest if name in names]


def _are_numbers(value: Any) -> bool:
    values = value if isinstance(value, list | tuple) else [value]
    return bool(values) and all(isinstance(each, int) for each in values)


def at(value: Any, path: str) -> Any:
    """What is there, or None. A name with dots in it is found as it is; in a list a name gives that of every element."""
    if isinstance(value, Mapping):
        if path in value:
            return value[path]
        first, _, rest = path.partition(".")
        return at(value[first], rest) if rest and first in value else None
    if isinstance(value, list | tuple):
        first, _, rest = path.partition(".")
        if first.isdecimal():
            element = value[int(first)] if int(first) < len(value) else None
            return at(element, rest) if rest else element
        return [found for each in value if (found := at(each, path)) is not None] or None
    return None


def _without(value: Any, path: str) -> Any:
    """A copy in which nothing is there, nor what is empty without it."""
    first, _, rest = path.partition(".")
    if isinstance(value, Mapping):
        name, rest = (path, "") if path in value else (first, rest)
        if name not in value:
            return value
        left = _without(value[name], rest) if rest else None
        return {key: left if key == name else item for key, item in value.items() if key != name or left not in (None, {}, [])}
    if isinstance(value, list | tuple) and not first.isdecimal():
        return [left for each in value if (left := _without(each, path)) not in ({}, [])]
    return value if isinstance(value, list | tuple) and rest else None


def parse_option(pair: str) -> tuple[str, str]:
    """(our name, theirs) of `title=headline`. Raises ValueError that says what is wrong."""
    ours, equals, theirs = (part.strip() for part in pair.partition("="))
    if not equals:
        raise ValueError(f"{pair!r} has to be OURS=THEIRS, such as title=headline")
    if not theirs or not all(theirs.split(".")):
        raise ValueError(f"{pair!r} does not say what {ours or 'the field'} is called in the records")
    if ours not in FIELDS:
        raise ValueError(f"{ours!r} in {pair!r} is no field of an article: it has to be one of {', '.join(FIELDS)}")
    return ours, theirs


def for_records(first: Sequence[Any], given: Given) -> Mapping[str, str]:
    """The mapping for records of which these are the first: the given one; else a guess, where they do not have a title and a
    text under our own names."""
    records = [record for record in first[:FIRST] if isinstance(record, Mapping)]
    if given.mapping or given.strict or not records:
        return given.mapping
    own = sum(1 for record in records if _has(record, "title") and _has(record, "text"))
    return {} if 2 * own > len(records) else guess(records)


def mapping_of(stream: BinaryIO, given: Given) -> Mapping[str, str]:
    """The mapping with which a file's records are read: the given one, or a guess; empty where it has no records, or they are in
    our own names. Raises OSError; a file that cannot be read has none."""
    from archive.parsing import csv_items
    from archive.parsing.media import format_of

    head = stream.read(HEAD)
    joined = io.BytesIO(head)
    try:
        match format_of(head, given.media_type, given.name):
            case "csv":
                return csv_items.mapping_of(joined, given)
            case "json" | "ndjson":
                return for_records(first_records(joined.read()), given)
    except ParsingFailed:
        pass  # whoever reads the file is told
    return given.mapping


def first_records(head: bytes) -> list[Any]:
    """The first records of a list of JSON values, of which the file's beginning is there, or of JSON lines."""
    text = decode(head[: head.rfind(b"\n") + 1] or head).text if len(head) == HEAD else decode(head).text
    start = _LIST.match(text)
    place = start.end() if start else 0
    records, decoder = list[Any](), json.JSONDecoder()
    while len(records) < FIRST and (found := _VALUE.match(text, place)):
        try:
            value, place = decoder.raw_decode(text, found.end())
        except (ValueError, RecursionError):
            break
        records.append(value)
    return records


def guess(records: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Our names of fields and theirs, as the names and values of the first records let it look."""
    return {each.ours: each.theirs for each in guesses(records)}


def guesses(records: Sequence[Mapping[str, Any]]) -> list[Guess]:
    """As `guess`, with an example each, in the order of our fields. Nothing is guessed for what our own names already give, and
    nothing of theirs is taken twice. The same records give the same guess."""
    columns = _columns(records[:FIRST])
    found: dict[str, _Column] = {}
    for ours in (*_TEXT_FIRST, *(name for name in FOREIGN if name not in _TEXT_FIRST)):
        free = [column for column in columns if not any(_overlap(column.path, taken.path) for taken in found.values())]
        column = _find(ours, free, records)
        if column is not None:
            found[ours] = column
    names = [(ours, found[ours]) for ours in FOREIGN if ours in found]
    return [Guess("html" if ours == "text" and column.is_html else ours, column.path, column.example) for ours, column in names]


_TEXT_FIRST = ("text", "title")
"""What other fields may not take away: a description is the text where there is no other."""


class _Column:
    """All values under one name, in the first records."""

    def __init__(self, path: str, values: Sequence[Any]) -> None:
        self.path = path
        self.name = _plain_name(path)
        self.values = values
        self.strings = [value for value in values if isinstance(value, str)]
        self.length = median([len(value) for value in self.strings] or [0])
        self.is_html = _most(is_html, self.strings)

    @property
    def example(self) -> str:
        text = " ".join(str(self.values[0]).split())
        return text if len(text) <= 80 else f"{text[:79]}…"


def _columns(records: Sequence[Mapping[str, Any]]) -> list[_Column]:
    paths = dict.fromkeys(path for record in records for path in _paths(record))
    values = {path: [item for record in records if (item := at(record, path)) not in (None, "", [], {})] for path in paths}
    return [_Column(path, items) for path, items in values.items() if items]


def _paths(record: Any, before: str = "", depth: int = 1) -> Iterator[str]:
    """The names in a record, those in objects and in lists of objects behind dots."""
    for name, value in record.items():
        path = f"{before}{name}"
        yield path
        inside = [each for each in value[:FIRST] if isinstance(each, Mapping)] if isinstance(value, list | tuple) else [value]
        for each in inside:
            if isinstance(each, Mapping) and depth < _DEPTH:
                yield from _paths(each, f"{path}.", depth + 1)


def _plain_name(path: str) -> str:
    """Without case, spaces, hyphens and underscores; a name in a namespace, such as `dc:title`, without that."""
    return ".".join(_SEPARATORS.sub("", part).replace(":", "").casefold() for part in path.split("."))


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _find(ours: str, columns: Sequence[_Column], records: Sequence[Mapping[str, Any]]) -> _Column | None:
    """The column with the likeliest name of those whose values may be the field's; the longest of some texts."""
    fits = _FITS.get(ours, _is_short)
    known = 2 * sum(1 for record in records if _has(record, ours)) > len(records)
    names = BETTER.get(ours, ()) if known else FOREIGN[ours]
    named = [column for name in names for column in columns if column.name == name and fits(column)]
    if ours != "text" or not names:
        return named[0] if named else None
    return max(named, key=lambda column: column.length, default=None) or _longest(columns)


def _longest(columns: Sequence[_Column]) -> _Column | None:
    """What is no text by its name may be one by its length."""
    long = [column for column in columns if column.length >= _LONG and not column.strings[0].startswith(("http", "{", "["))]
    return max(long, key=lambda column: column.length, default=None)


def _has(record: Mapping[str, Any], ours: str) -> bool:
    """One of our own names has a value that is read."""
    return any(_is_read(record.get(name), ours) for name in KNOWN[ours])


def _is_read(value: Any, ours: str) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, list | tuple):
        return any(isinstance(each, str) or (isinstance(each, Mapping) and ("name" in each or "text" in each)) for each in value)
    return isinstance(value, int) and not isinstance(value, bool) and ours not in _LABELS


def _most(test: Callable[[Any], bool], values: Sequence[Any]) -> bool:
    return bool(values) and 2 * sum(map(test, values)) > len(values)


def _is_title(column: _Column) -> bool:
    return 0 < column.length <= 300 and not column.is_html and not _most(_is_address, column.strings)


def _is_text(column: _Column) -> bool:
    return column.length > 0 and not _most(_is_address, column.strings)


def _is_short(column: _Column) -> bool:
    """A label, or a list of labels."""
    lists = [value for value in column.values if isinstance(value, list | tuple)]
    labels = [*column.strings, *(each for value in lists for each in value)]
    return _most(lambda each: isinstance(each, str) and len(each) <= 200 and not _is_address(each), labels)


def _is_dek(column: _Column) -> bool:
    return 0 < column.length <= 2_000


def _is_moment(column: _Column) -> bool:
    return _most(_is_date, column.values)


def _is_date(value: Any) -> bool:
    if not isinstance(value, str | int) or isinstance(value, bool):
        return False
    try:
        return bool(dates.read(int(value) if isinstance(value, str) and SINCE_1970.fullmatch(value) else value))
    except ValueError as wrong:
        return "ambiguous" in str(wrong) or (isinstance(value, str) and bool(_MONTHS_OR_SLASHES.match(value)))


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


_FITS: Final[dict[str, Callable[[_Column], bool]]] = {
    "title": _is_title,
    "text": _is_text,
    "dek": _is_dek,
    "published_at": _is_moment,
    "modified_at": _is_moment,
    "url": lambda column: _most(_is_address, column.values),
    "external_id": lambda column: _most(lambda value: isinstance(value, str | int) and len(str(value)) <= 300, column.values),
    "language": lambda column: _most(lambda value: isinstance(value, str) and bool(_LANGUAGE.fullmatch(value)), column.values),
}


def is_markup(text: str) -> bool:
    """It begins with a tag and ends with one."""
    text = text.strip()
    return text.startswith("<") and text.endswith(">") and (text.startswith("<!--") or ("</" in text and bool(_TAG.match(text))))


def is_html(text: str) -> bool:
    """A text that is markup, or has two tags at least that make blocks."""
    blocks = sum(1 for found in _TAG.finditer(text) if found[2].lower() in _BLOCK_TAGS and (found[1] or found[2].lower() == "br"))
    return blocks >= 2 or is_markup(text)


def _plain(value: Any) -> Any:
    """Without the tags and entities that a field of a web site's data has."""
    if not isinstance(value, str) or len(value) > 5_000 or not (_PAIR.search(value) or _ENTITY.search(value)):
        return value
    return html.unescape(_TAG.sub("", value) if _PAIR.search(value) else value).strip()
