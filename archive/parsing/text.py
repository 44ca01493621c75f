"""Plain text as people paste it: kicker, headline, byline, dateline, body, author's name, numbered references.

Each part is recognised only where its shape and its place say so. A text without that shape is paragraphs and nothing else;
every line of the input is in the draft either way.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from archive.parsing.characters import one_line, paragraphs_of
from archive.parsing.citations import announces_references, split_references
from archive.parsing.dates import read
from archive.parsing.names import authors_in, is_byline, is_name
from db.records import Reference

_SENTENCE_END = re.compile(r"[.!?…。][\"'”’»)\]]*(?:\s*\[\d+\])*$")
_NO_HEADLINE_END = re.compile(r"[.,;:—–-]$")
_PUBLISHED = re.compile(r"^(?:published|posted|date)(?:\s+on)?\s*:?\s+", re.IGNORECASE)
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
    blocks = paragraphs_of(text)
    kept, references = split_references(blocks)
    reading = _Reading(blocks[:kept], references)
    _take_head(reading)
    _take_closing_name(reading)
    paragraphs = [{"text": block, "kind": "paragraph"} for block in reading.blocks]
    if references and announces_references(reading.blocks):
        paragraphs[-1]["kind"] = "heading"
    entries = [{"label": each.label, "text": each.text, "url": each.url} for each in references]
    return {**reading.found, "paragraphs": paragraphs, "references": entries}


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
    _take_dateline(reading)
    if "authors" not in reading.found:
        _take_byline(reading)


def _split_stacked_head(reading: _Reading) -> None:
    """A headline with its byline or date right below, without a blank line between."""
    if not reading.blocks:
        return
    first, *below = reading.blocks[0].split("\n")
    if below and len(reading.blocks) > 1 and all(is_byline(line.strip()) or _date_in(line) for line in below):
        reading.blocks[:1] = [first.strip(), *(line.strip() for line in below)]


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


def _take_byline(reading: _Reading) -> None:
    """`By` and names; a single paragraph between headline and byline is the dek."""
    blocks = reading.blocks
    if len(blocks) > 1 and is_byline(blocks[0]):
        reading.found["authors"] = authors_in(blocks.pop(0))
    elif len(blocks) > 2 and is_byline(blocks[1]) and "\n" not in blocks[0]:
        reading.found["dek"] = blocks.pop(0)
        reading.found["authors"] = authors_in(blocks.pop(0))


def _take_dateline(reading: _Reading) -> None:
    """A line that is a date and nothing else."""
    if len(reading.blocks) > 1 and (date := _date_in(reading.blocks[0])):
        reading.found["published_at"] = date
        reading.found["dateline"] = reading.blocks.pop(0)


def _date_in(line: str) -> str | None:
    date = _PUBLISHED.sub("", one_line(line[:_HEADLINE]))
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
