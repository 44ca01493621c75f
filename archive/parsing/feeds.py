"""Feeds: one article for each entry, in full or as a link to it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO, Final

from archive.parsing import json_feed, xml_feed
from archive.parsing.article import draft_from_json
from archive.parsing.blocks import Block, as_fields, without_title
from archive.parsing.characters import storable
from archive.parsing.documents import whole
from archive.parsing.encoding import decode
from archive.parsing.entries import MEDIA_TYPE, Record, Said, blocks_of
from archive.parsing.failures import ParsingFailed, Unreadable
from archive.parsing.items import Given, Item, Link, Outcome, failed
from archive.parsing.limits import DEK, IDENTIFIER, LABEL
from archive.parsing.media import charset_of
from db.records import Draft, Original

_FULL: Final = 1_500
_PARAGRAPHS: Final = 500
_TEASER: Final = 4_000
_SHORT: Final = 200
"""Characters: a summary that long is the article, and of several paragraphs already one that long; what invites to read on is
shorter than that. A text may be shorter than a short summary, but no half of a longer one."""

_LEFT_OUT = re.compile(r"\[\s*(?:…|\.{3})\s*\]\s*$")
_READ_ON = re.compile(
    r"\b(?:(?:read|see|view)\s+(?:more|on|the\s+(?:full|rest)\b)|(?:continue|keep)\s+reading|weiterlesen|mehr\s+lesen|lire\s+la\s+suite"
    r"|leer\s+más|seguir\s+leyendo|leia\s+mais|leggi\s+tutto|continua\s+a\s+leggere|lees\s+verder|läs\s+mer|czytaj\s+(?:więcej|dalej)"
    r"|читать\s+(?:далее|дальше)|続きを読む|阅读全文)[^.!?]{0,60}$",
    re.IGNORECASE,
)
_ELLIPSIS = re.compile(r"(?:…|\.{3})\W*$")
_UNSPACED = re.compile(r"\W+")


def items(stream: BinaryIO, given: Given) -> Iterator[Item]:
    """The entries of a feed, in its order. An entry that the feed only sums up is a Link, with what the feed says of it as a
    partial draft. Raises ParsingFailed where there is no feed."""
    content = whole(stream, given)
    text, _, warnings = decode(content, given.charset or charset_of(given.media_type), page=True)
    is_json = text.lstrip("\ufeff \t\r\n").startswith("{")
    found = json_feed.records(text, given.url) if is_json else xml_feed.records(text, given.url)
    for index, record in enumerate(found):
        place = f"{given.place}, entry {index + 1}"
        if isinstance(record, ParsingFailed):
            yield failed(place, record, index)
        else:
            yield _item(replace(record, warnings=[*warnings, *record.warnings]), given, place, index)


def _item(record: Record, given: Given, place: str, index: int) -> Item:
    def read() -> Outcome:
        try:
            return _outcome(record, record.content, given)
        except ParsingFailed as failure:
            return Unreadable.because(failure, index)

    return Item(place, read)


def draft_of_entry(content: bytes, given: Given) -> Draft:
    """The article in the original of an entry, as it was read from its feed; partial where the feed only sums it up. Raises
    ParsingFailed."""
    outcome = _outcome(Record.of(content), content, given)
    draft = outcome.draft if isinstance(outcome, Link) else outcome
    if draft is None:
        raise ParsingFailed("the entry has neither title nor text", code="no_article")
    return draft


def entry(stream: BinaryIO, given: Given) -> Iterator[Item]:
    """The entry in its original, by itself."""
    content = whole(stream, given)
    yield _item(Record.of(content), given, given.place, 0)


def _outcome(record: Record, content: bytes, given: Given) -> Draft | Link:
    said = json_feed.said(record) if json_feed.is_version(record.version) else xml_feed.said(record)
    text, is_full = _text(said)
    fields, warnings = _fitting({**said.fields, **text})
    if not fields.get("title") and not fields["paragraphs"]:
        return Link(_url(fields))
    name = storable(given.name) if given.name else None
    draft = draft_from_json(fields, original=Original(content, MEDIA_TYPE, "utf-8", name))
    draft = replace(draft, warnings=(*record.warnings, *said.warnings, *warnings, *draft.warnings))
    return draft if is_full or not draft.url else Link(draft.url, replace(draft, partial=True))


def _url(fields: dict[str, Any]) -> str:
    """The address of an entry of which nothing else is known. Raises ParsingFailed where there is none."""
    try:
        url = draft_from_json({"title": "-", "url": fields.get("url")}).url
    except ParsingFailed:
        url = None
    if url is None:
        raise ParsingFailed("the entry has neither title nor text nor the address of a page", code="no_article")
    return url


def _text(said: Said) -> tuple[dict[str, Any], bool]:
    """The paragraphs, with a dek where there is one, and whether that is all of the text."""
    title = str(said.fields.get("title") or "")
    summary = without_title(blocks_of(said.summary), title)
    content = max((without_title(blocks_of(each), title) for each in said.contents), key=_length, default=[])
    if content and _length(summary) <= max(2 * _length(content), _SHORT):
        dek = {} if _repeats(content, summary) else _dek(summary)
        return {**dek, **as_fields(content)}, not _is_cut(content)
    is_full = bool(content) or (len(summary) > 1 and _length(summary) >= _PARAGRAPHS) or _length(summary) >= _FULL
    return as_fields(summary), is_full and not _is_cut(summary) and not (summary and _ELLIPSIS.search(summary[-1].text))


def _length(blocks: Sequence[Block]) -> int:
    return sum(len(block.text) for block in blocks)


def _is_cut(blocks: Sequence[Block]) -> bool:
    """It says itself that it is not the end; behind that there may be a line about the feed."""
    short = _length(blocks) <= _TEASER
    return any(_LEFT_OUT.search(block.text) or (short and _READ_ON.search(block.text)) for block in blocks[-2:])


def _repeats(content: Sequence[Block], summary: Sequence[Block]) -> bool:
    """The summary is how the text begins."""
    said = _UNSPACED.sub("", _LEFT_OUT.sub("", " ".join(block.text for block in summary)))
    begins = ""
    for block in content:
        begins += _UNSPACED.sub("", block.text)
        if len(begins) >= len(said):
            break
    return begins.startswith(said)


def _dek(summary: Sequence[Block]) -> dict[str, str]:
    return {"dek": " ".join(block.text for block in summary)}


def _fitting(fields: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Without what is too long to be stored beside a good text, which is said."""
    kept = {name: value for name, value in fields.items() if value not in (None, "", [])} | {"paragraphs": fields["paragraphs"]}
    warnings = []
    for name, limit in (("dek", DEK), ("external_id", IDENTIFIER), ("source", LABEL)):
        if isinstance(kept.get(name), str) and len(kept[name]) > limit:
            warnings.append(f"/{name} has {len(kept.pop(name)):,} characters, and was left out")
    for name in ("authors", "tags"):
        labels = [label for label in kept.get(name, []) if isinstance(label, str)]
        if any(len(label) > LABEL for label in labels):
            warnings.append(f"/{name} has one of more than {LABEL:,} characters, which was left out")
            kept[name] = [label for label in labels if len(label) <= LABEL]
    return kept, warnings
