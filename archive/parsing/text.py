"""Plain text as people paste it: kicker, headline, byline, dateline, body, author's name, numbered references.

Each part is recognised only where its shape and its place say so. A text without that shape is paragraphs and nothing else;
every line of the input is in the draft either way. Lines that a program broke at a certain width are whole paragraphs again, and
paragraphs that are a line each are told apart without blank lines.
"""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from archive.parsing.characters import one_line, paragraphs_of
from archive.parsing.citations import announces_references, split_references
from archive.parsing.dates import read
from archive.parsing.names import authors_in, is_byline, is_name
from db.records import Reference

_SENTENCE_END = re.compile(r"[.!?…。][\"'”’»)\]]*(?:\s*\[\d+\])*$")
_NO_HEADLINE_END = re.compile(r"[.,;:—–-]$")
_PUBLISHED = re.compile(r"^(?:first\s+published|published|posted|date)(?:\s+(?:on|at))?\s*:?\s+", re.IGNORECASE)
_UPDATED = re.compile(r"^(?:last\s+)?(?:updated|modified|edited)(?:\s+(?:on|at))?\s*:?\s+", re.IGNORECASE)
_BETWEEN = re.compile(r"\s+[|·•–—-]\s+|,\s+")
_DATELINE = re.compile(
    r"(?P<line>(?P<place>[A-Z][A-Z.’' -]{3,40})(?P<more>(?:,\s(?:[A-Z][\w.]+\s?){1,3})??"
    r"(?:,\s(?P<date>[A-Z][a-z]{2,8}\.?\s\d{1,2}(?:,\s\d{4})?))?(?:\s\((?P<agency>[A-Z][\w ./&-]{1,30})\))?))"
    r"\s?(?P<dash>[–—]|--?)\s?(?=\S)"
)
_AGENCIES = frozenset(
    [
        "reuters",
        "ap",
        "afp",
        "dpa",
        "upi",
        "xinhua",
        "tass",
        "efe",
        "ansa",
        "bloomberg",
        "cnn",
        "pti",
        "ians",
        "kyodo",
        "anp",
        "apa",
    ]
)
_LINE_OF_ITS_OWN = 120
_WIDTHS = range(55, 101)
"""Columns at which mail and old files are broken."""
_SECTION = re.compile(
    r"(?:analysis|opinion|comment|news|politics|sports?|culture|business|economy|world|local|features?|side feature|interviews?"
    r"|reviews?|science|technology|health|travel|food|arts?|books|history|education|environment|editorial|letters|obituar(?:y|ies)"
    r"|investigation|essay|music|film)",
    re.IGNORECASE,
)  # fmt: skip
_HEADLINE = 200
_KICKER = 120


@dataclass(slots=True)
class _Reading:
    """What is left to be told apart, and what has been found."""

    blocks: list[str]
    references: list[Reference]
    found: dict[str, Any] = field(default_factory=dict)


def fields_of(text: str) -> dict[str, Any]:
    """The article in a plain text, as named values. `text` has unix line ends."""
    blocks = _told_apart(paragraphs_of(text))
    kept, references = split_references(blocks)
    reading = _Reading(blocks[:kept], references)
    _take_head(reading)
    _note_dateline(reading)
    _take_closing_name(reading)
    paragraphs = [{"text": block, "kind": "paragraph"} for block in reading.blocks]
    if references and announces_references(reading.blocks):
        paragraphs[-1]["kind"] = "heading"
    entries = [{"label": each.label, "text": each.text, "url": each.url} for each in references]
    return {**reading.found, "paragraphs": paragraphs, "references": entries}


def _told_apart(blocks: list[str]) -> list[str]:
    """The paragraphs that the blocks between blank lines are."""
    width = _width(blocks)
    return [part for block in blocks for part in _parts(block, width)]


def _parts(block: str, width: int | None) -> list[str]:
    lines = block.split("\n")
    if width and len(lines) > 1 and all(_is_full(*pair, width) for pair in pairwise(lines)):
        return [_on_one_line(lines)]
    long = [line for line in lines if len(line) >= _LINE_OF_ITS_OWN and _SENTENCE_END.search(line.rstrip())]
    is_told = len(long) >= 2 and sum(map(len, long)) >= 0.75 * len(block)
    return [line.strip() for line in lines] if is_told else [block]


def _width(blocks: list[str]) -> int | None:
    """The column at which the lines were broken: most of them could not have taken the first word of the next one."""
    pairs = [pair for block in blocks for pair in pairwise(block.split("\n"))]
    width = max((len(line) for block in blocks for line in block.split("\n")), default=0)
    full = sum(1 for pair in pairs if _is_full(*pair, width))
    return width if width in _WIDTHS and full >= 3 and full >= 0.6 * len(pairs) else None


def _is_full(line: str, following: str, width: int) -> bool:
    return len(line.rstrip()) + 1 + len(following.split(maxsplit=1)[0]) > width


def _on_one_line(lines: list[str]) -> str:
    """A hyphen at the end of a line is the word's own: such programs do not divide words."""
    text = lines[0].strip()
    for line in map(str.strip, lines[1:]):
        text += line if re.search(r"\w-$", text) and line[:1].islower() else f" {line}"
    return text


def _take_head(reading: _Reading) -> None:
    """Kicker, headline, dek, byline and dateline, in this order, where there is a body behind them."""
    _split_stacked_head(reading)
    blocks = reading.blocks
    kicker = _is_kicker(reading) and _is_headline(blocks, 1)
    if not kicker and not _is_headline(blocks, 0):
        return
    if kicker:
        reading.found["categories"] = [part.strip() for part in blocks.pop(0).split(",")]
    reading.found["title"] = blocks.pop(0)
    _take_byline(reading)
    _take_dates(reading)
    if "authors" not in reading.found:
        _take_byline(reading)
        _take_dates(reading)


def _split_stacked_head(reading: _Reading) -> None:
    """A headline with its byline or dates right below, without a blank line between, and lines of such credits of their own."""
    if len(reading.blocks) < 2:
        return
    first, *below = reading.blocks[0].split("\n")
    if below and all(_is_credit(line.strip()) for line in below):
        reading.blocks[:1] = [first.strip(), *(line.strip() for line in below)]
    for place in range(min(3, len(reading.blocks)) - 1, 0, -1):
        lines = [line.strip() for line in reading.blocks[place].split("\n")]
        if len(lines) > 1 and all(map(_is_credit, lines)):
            reading.blocks[place : place + 1] = lines


def _is_kicker(reading: _Reading) -> bool:
    """Short names between commas. Two of them alone may be a place or a name, so one has to be a section or sources follow."""
    line = reading.blocks[0] if len(reading.blocks) > 2 else "\n"
    parts = [part.strip() for part in line.split(",")]
    if "\n" in line or len(line) > _KICKER or _SENTENCE_END.search(line) or not all(map(_is_category, parts)):
        return False
    if len({part.casefold() for part in parts}) < len(parts):
        return False
    return 3 <= len(parts) <= 8 or (len(parts) < 3 and any(_SECTION.fullmatch(part) for part in parts))


def _is_category(part: str) -> bool:
    return 0 < len(part) <= 40 and len(part.split()) <= 4 and not part[0].islower() and not re.search(r"[.!?:;\d]", part)


def _is_headline(blocks: list[str], place: int) -> bool:
    """One line that ends like no sentence, and behind it something longer that does."""
    if len(blocks) <= place + 1:
        return False
    line = blocks[place]
    if "\n" in line or len(line) > _HEADLINE or line[0].islower() or _NO_HEADLINE_END.search(line) or _date_in(line):
        return False
    return any(len(block) > len(line) and _SENTENCE_END.search(block) for block in blocks[place + 1 : place + 5])


def _is_credit(line: str) -> bool:
    """It says who and when, and nothing else."""
    return is_byline(line) or bool(_date_in(line)) or _with_date(line) is not None


def _with_date(line: str) -> tuple[str, str] | None:
    """(byline, date) of a line such as `By Anna Lind | 3 January 2020`."""
    for between in _BETWEEN.finditer(line):
        if is_byline(line[: between.start()]) and _date_in(line[between.end() :]):
            return line[: between.start()], line[between.end() :]
    return None


def _take_byline(reading: _Reading) -> None:
    """`By` and names, or a name with a date below; a single paragraph between headline and byline is the dek."""
    blocks = reading.blocks
    if (
        len(blocks) > 2
        and "\n" not in blocks[0]
        and not _is_credit(blocks[0])
        and (is_byline(blocks[1]) or _with_date(blocks[1]))
    ):
        reading.found["dek"] = blocks.pop(0)
    if len(blocks) > 1 and (both := _with_date(blocks[0])):
        blocks[:1] = both
    if len(blocks) > 1 and is_byline(blocks[0]):
        reading.found["authors"] = authors_in(blocks.pop(0))
    elif len(blocks) > 2 and is_name(blocks[0]) and _date_in(blocks[1]):
        reading.found["authors"] = [blocks.pop(0)]


def _take_dates(reading: _Reading) -> None:
    """Lines that are a date and nothing else: when it was published, and when it was changed."""
    while len(reading.blocks) > 1 and (date := _date_in(reading.blocks[0])):
        changed = _UPDATED.match(reading.blocks[0]) is not None
        name, line = ("modified_at", "dateline_modified") if changed else ("published_at", "dateline")
        if name in reading.found:
            return
        reading.found[name] = date
        reading.found[line] = reading.blocks.pop(0)


def _note_dateline(reading: _Reading) -> None:
    """`BERLIN, May 3 (Reuters) -` before the first sentence, where it stays."""
    found = _DATELINE.match(reading.blocks[0]) if reading.blocks else None
    if found is None or not (found["more"] or found["dash"] in ("—", "--")):
        return
    agency = (found["agency"] or "").strip()
    if agency.casefold() in _AGENCIES:
        reading.found["source"] = agency
    if "dateline" not in reading.found:
        reading.found["dateline"] = found["line"].strip()
        if found["date"] and (date := _date_in(found["date"])):
            reading.found["published_at"] = date


def _date_in(line: str) -> str | None:
    date = _UPDATED.sub("", _PUBLISHED.sub("", one_line(line[:_HEADLINE])))
    try:
        return date if len(date) >= 8 and read(date) else None
    except ValueError:
        return None


def _take_closing_name(reading: _Reading) -> None:
    """A full name alone at the end, behind a dash, before the references, or under a kicker: elsewhere it may be anything."""
    if "title" not in reading.found or "authors" in reading.found or len(reading.blocks) < 2:
        return
    last = reading.blocks[-1]
    name = last.lstrip("—–- ")
    sure = name != last or reading.references or "categories" in reading.found
    if sure and is_name(name) and _SENTENCE_END.search(reading.blocks[-2]):
        reading.found["authors"] = [name]
        reading.blocks.pop()
