"""CSV and TSV: tables with one article a row, whose first row names the columns."""

import ast
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any, BinaryIO, Final, cast

from archive.parsing.article import draft_from_json
from archive.parsing.characters import one_line, storable
from archive.parsing.encoding import decode
from archive.parsing.failures import ParsingFailed, Unreadable
from archive.parsing.foreign_names import KNOWN
from archive.parsing.items import Given, Item, Link, Outcome, failed
from archive.parsing.limits import LABEL
from archive.parsing.mapping import FIRST, SINCE_1970, guess, renamed
from archive.parsing.media import charset_of, essence, refuse_empty
from db.records import Draft, Original

ROW: Final = 16 << 20
"""Characters: three times the longest text that is stored. A row that goes on has a quote that is not closed."""

COLUMNS: Final = 1_000

_HEAD = 1 << 16
_MEDIA_TYPE = "application/json"
_DELIMITERS = ",;\t|"
_NONE = "\x1f"
"""What splits nothing: a table may have one column."""
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_LISTS = frozenset(["authors", "author", "categories", "category", "tags", "topics", "keywords"])
_MOMENTS = frozenset(["published_at", "date", "modified_at"])
_SAVED = frozenset(["timeadded", "folder", "selection", "unread", "cursor", "collection", "dateadded", "savedat"])
"""Columns of lists of pages that somebody keeps to read them later, such as Pocket's and Instapaper's."""


@dataclass(frozen=True, slots=True)
class _Row:
    """`number` is that which a spreadsheet shows: the names of the columns are row 1. `failure` says why there are no cells."""

    number: int
    line: int
    cells: list[str] = field(default_factory=list)
    failure: ParsingFailed | None = None


@dataclass(frozen=True, slots=True)
class _Table:
    """`links`: its rows are addresses of pages, of which it says little more."""

    names: tuple[str, ...]
    mapping: Mapping[str, str]
    links: bool
    given: Given
    warnings: tuple[str, ...]


def items(stream: BinaryIO, given: Given) -> Iterator[Item]:
    """The articles of a table, row by row; no more than the first rows and one more are in memory. Empty rows are nothing. Raises
    ParsingFailed where the first row does not say which columns are title or text."""
    table, rows = _opened(stream, given)
    index = 0
    for row in rows:
        if row.failure or any(cell.strip() for cell in row.cells):
            yield _item(row, table, index)
            index += 1


def mapping_of(stream: BinaryIO, given: Given) -> Mapping[str, str]:
    """Our names of fields and those of the columns: the given ones, or a guess. Raises ParsingFailed as `items` does."""
    return _opened(stream, given)[0].mapping


def _opened(stream: BinaryIO, given: Given) -> tuple[_Table, Iterator[_Row]]:
    text, warnings = _decoded(stream, given)
    head, delimiter = _head(text, given)
    rows = _rows(chain(head, _pieces(text)), delimiter)
    names = _names(next(rows, None))
    first = list(islice(rows, FIRST))
    return _table(names, first, given, warnings), chain(first, rows)


def _decoded(stream: BinaryIO, given: Given) -> tuple[io.TextIOWrapper, tuple[str, ...]]:
    """The stream as text, by the charset of its beginning; single bytes that are not of it are read as Windows-1252."""
    head = stream.read(_HEAD)
    refuse_empty(head)
    whole_lines = head[: head.rfind(b"\n") + 1] if len(head) == _HEAD and b"\n" in head else head
    _, charset, warnings = decode(whole_lines, given.charset or charset_of(given.media_type))
    if charset in ("utf-8", "ascii"):
        charset = "utf-8-sig"
        warnings = ()
    joined = cast(BinaryIO, io.BufferedReader(_Joined(head, stream), _HEAD))
    return io.TextIOWrapper(joined, charset, errors=_lenient(), newline=""), warnings


def _lenient() -> str:
    """An error handler: a table is decoded as it is read, and beyond its beginning may turn out to be in another charset."""
    import codecs

    def as_windows(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        return error.object[error.start : error.end].decode("cp1252", "replace"), error.end

    codecs.register_error("backfile-as-windows-1252", as_windows)
    return "backfile-as-windows-1252"


class _Joined(io.RawIOBase):
    """What was read of a stream, and then the rest of it."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        super().__init__()
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._head[: len(buffer)] or self._rest.read(len(buffer))
        self._head = self._head[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


def _pieces(text: io.TextIOWrapper) -> Iterator[str]:
    """Its lines; of one that is longer than a row may be, a piece that shows it."""
    while line := text.readline(ROW + 1):
        yield line
        while len(line) > ROW and not line.endswith("\n") and (line := text.readline(ROW + 1)):
            pass


def _head(text: io.TextIOWrapper, given: Given) -> tuple[list[str], str]:
    """The first lines, and what stands between the cells. Excel may say it in a line of its own, which is left out."""
    lines, size = list[str](), 0
    for line in _pieces(text):
        lines.append(line)
        size += len(line)
        if size > _HEAD:
            break
    said = _SEPARATOR_LINE.fullmatch(lines[0]) if lines else None
    if said:
        return lines[1:], said[1]
    is_tsv = (given.name or "").lower().endswith(".tsv") or essence(given.media_type or "") == "text/tab-separated-values"
    return lines, "\t" if is_tsv and lines and "\t" in lines[0] else _delimiter(lines)


def _delimiter(lines: Sequence[str]) -> str:
    """What splits most of the first rows into as many cells as the first, two at least; of several the one with most cells."""

    def likelihood(delimiter: str) -> tuple[float, int]:
        widths = [len(row.cells) for row in islice(_rows(iter(lines), delimiter), FIRST + 1) if row.cells]
        if not widths or widths[0] < 2:
            return 0.0, 0
        return round(sum(1 for width in widths if width == widths[0]) / len(widths), 1), widths[0]

    likeliest = max(_DELIMITERS, key=likelihood)
    return likeliest if likelihood(likeliest) > (0, 0) else _NONE


def _rows(lines: Iterator[str], delimiter: str) -> Iterator[_Row]:
    """The rows with their numbers. Behind one whose quote is not closed, reading goes on with the line that follows its first."""
    csv.field_size_limit(ROW)
    number, line = 0, 1
    while True:
        reading = _Reading(lines)
        cells = reading.row(delimiter)
        if cells is None and reading.failure is None:
            return
        number += 1
        yield _Row(number, line, cells or [], reading.failure)
        if reading.failure:
            lines = chain(reading.lines[1:], lines)
            line += 1
        else:
            line += len(reading.lines)


class _Reading:
    """The lines that one row takes, and why it cannot be read."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines: list[str] = []
        self.failure: ParsingFailed | None = None
        self._source = lines
        self._size = 0
        self._ended = False

    def row(self, delimiter: str) -> list[str] | None:
        try:
            cells = next(csv.reader(self._counted(), delimiter=delimiter), None)
        except csv.Error as wrong:
            self.failure = ParsingFailed(f"is no row: {wrong}")
            return None
        except ParsingFailed as failure:
            self.failure = failure
            return None
        if self._ended and len(self.lines) > 1 and "".join(self.lines).count('"') % 2:
            self.failure = ParsingFailed("a quote is opened and not closed")
            return None
        return cells

    def _counted(self) -> Iterator[str]:
        for line in self._source:
            self.lines.append(line)
            self._size += len(line)
            if self._size > ROW:
                raise ParsingFailed(f"is longer than {ROW:,} characters, or a quote in it is not closed", code="too_large")
            yield line
        self._ended = True


def _names(row: _Row | None) -> tuple[str, ...]:
    """The names of the columns, each once; a column without one is called by its number."""
    if row is None or row.failure or len(row.cells) > COLUMNS:
        raise row.failure if row and row.failure else ParsingFailed("the first row has to name the columns")
    names: dict[str, None] = {}
    for place, cell in enumerate(row.cells, start=1):
        name = one_line(storable(cell))[:LABEL] or f"column {place}"
        names[name if name not in names else f"{name} ({place})"] = None
    return tuple(names)


def _table(names: tuple[str, ...], first: Sequence[_Row], given: Given, warnings: tuple[str, ...]) -> _Table:
    if not first:
        raise ParsingFailed("the table has no rows below the names of its columns", code="no_article")
    records = [_record(names, row.cells) for row in first if len(row.cells) == len(names)]
    mapping = given.mapping or ({} if given.strict else guess(_in_lower_case(records)))
    if not given.mapping:
        mapping = {**_known_in_other_case(names), **_as_written(mapping, names)}
    ours = {name for name in KNOWN if name in mapping or any(known in names for known in KNOWN[name])} | (
        {"html"} & mapping.keys()
    )
    if not ours & {"title", "text", "html"} and "url" not in ours:
        columns = ", ".join(names[:20])
        raise ParsingFailed(
            f"no column is known as title or text; there are: {columns}. A mapping may name them", code="no_article"
        )
    plain = {re.sub(r"[\W_]", "", name).casefold() for name in names}
    links = "url" in ours and not ours & {"text", "html", "dek"} and ("title" not in ours or bool(plain & _SAVED))
    return _Table(names, mapping, links, given, warnings)


def _in_lower_case(records: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    return [{name.lower(): cell for name, cell in record.items()} for record in records]


def _as_written(mapping: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    written = {name.lower(): name for name in reversed(names)}
    return {ours: written[theirs] for ours, theirs in mapping.items() if theirs in written}


def _known_in_other_case(names: Sequence[str]) -> dict[str, str]:
    """Our own names in the capitals that people write above columns."""
    known = {name for each in KNOWN.values() for name in each}
    found: dict[str, str] = {}
    for name in names:
        plain = name.strip().lower().replace(" ", "_")
        if plain in known and name != plain and plain not in names:
            found.setdefault(plain, name)
    return found


def _record(names: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    return {name: cell for name, cell in zip(names, cells, strict=True) if cell.strip()}


def _item(row: _Row, table: _Table, index: int) -> Item:
    place = f"{table.given.place}, row {row.number}"
    if row.failure:
        return failed(place, row.failure, index, row.line)

    def read() -> Outcome:
        try:
            return _outcome(row, table)
        except ParsingFailed as failure:
            return Unreadable.because(failure, index, row.line)

    return Item(place, read)


def _outcome(row: _Row, table: _Table) -> Outcome:
    record = _record(table.names, _fitting(row.cells, len(table.names)))
    original = Original(
        json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass"), _MEDIA_TYPE, "utf-8", _name(table)
    )
    fields = {name: _value(name, cell) for name, cell in renamed(record, table.mapping).items()}
    if not table.links:
        return _draft(fields, original, table)
    draft = _draft(fields, original, table) if fields.get("title") else None
    url = draft.url if draft else fields.get("url")
    if not url:
        raise ParsingFailed("has no address", "/url", code="no_article")
    return Link(str(url).strip(), draft)


def _draft(fields: Mapping[str, Any], original: Original, table: _Table) -> Draft:
    draft = draft_from_json(fields, original=original, strict=table.given.strict)
    return replace(draft, warnings=table.warnings + draft.warnings) if table.warnings else draft


def _fitting(cells: list[str], width: int) -> list[str]:
    """As many cells as columns. Empty ones too many do no harm. Raises ParsingFailed."""
    while len(cells) > width and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != width:
        raise ParsingFailed(f"has {len(cells):,} cells; the first row names {width:,} columns")
    return cells


def _value(name: str, cell: Any) -> Any:
    """What a cell means where it can only be text: a number of seconds, a list."""
    if not isinstance(cell, str):
        return cell
    if name in _MOMENTS and SINCE_1970.fullmatch(cell):
        return int(cell)
    return _listed(cell) if name in _LISTS else cell


def _listed(cell: str) -> Any:
    """The list that a cell has as JSON, as Python writes it, or between bars."""
    if not (cell.startswith("[") and cell.endswith("]")) or len(cell) > 10_000:
        return cell.split("|") if "|" in cell else cell
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(cell)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(found, list):
            return [str(each) for each in found if not isinstance(each, dict | list)]
    return cell


def _name(table: _Table) -> str | None:
    return storable(table.given.name) if table.given.name else None
