"""Bytes in, drafts out: finds the reader that knows the format."""

import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO, TypeAlias

from archive.parsing import csv_items, documents, feeds, json_items, opml, packed, tars, warcs, zips
from archive.parsing.documents import Printed, Written
from archive.parsing.failures import ParsingFailed, Unreadable, UnsupportedMediaType
from archive.parsing.items import Given, Item, Link, Outcome, failed
from archive.parsing.media import HEAD, Format, format_of, refuse_empty
from db.records import Draft

Reader: TypeAlias = Callable[[BinaryIO, Given], Iterator[Item]]

DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""What the standard library raises for packed bytes that are broken."""


def items_in(stream: BinaryIO, given: Given) -> Iterator[Item]:
    """All items in the stream, in order, the same ones each time; raises nothing: what cannot be read is an item that says so.

    Nothing is read before it is asked for, and no more than one article and its container's buffers are in memory. `given.place`
    is that of the stream. Containers are opened, level by level."""
    try:
        yield from opened(stream, given)
    except ParsingFailed as failure:
        yield failed(given.place, failure)
    except DAMAGED as failure:
        yield failed(given.place, ParsingFailed(f"the file cannot be read: {failure}", code="malformed"))


def opened(stream: BinaryIO, given: Given) -> Iterator[Item]:
    """As `items_in`; what keeps the stream as a whole from being read is raised: ParsingFailed, UnsupportedMediaType, OSError."""
    peekable = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream, 1 << 16)  # type: ignore[type-var]
    head = peekable.peek(HEAD)
    if len(head) < HEAD:
        refuse_empty(head)
    yield from READERS[format_of(head, given.media_type, given.name)](peekable, given)


def _document(stream: BinaryIO, given: Given, *, format_: Written | Printed) -> Iterator[Item]:
    yield documents.item(stream, given, format_)


READERS: dict[Format, Reader] = {
    "text": partial(_document, format_="text"),
    "markdown": partial(_document, format_="markdown"),
    "html": partial(_document, format_="html"),
    "pdf": partial(_document, format_="pdf"),
    "json": json_items.items,
    "ndjson": json_items.lines,
    "csv": csv_items.items,
    "feed": feeds.items,
    "entry": feeds.entry,
    "opml": opml.items,
    "zip": partial(zips.items, read=items_in),
    "tar": partial(tars.items, read=items_in),
    "packed": partial(packed.items, read=items_in),
    "warc": partial(warcs.items, read=items_in),
}


def parse(
    content: bytes,
    media_type: str | None = None,
    *,
    charset: str | None = None,
    name: str | None = None,
    url: str | None = None,
    strict: bool = False,
) -> list[Draft | Unreadable]:
    """All articles in the bytes, in order; what is none of them is an Unreadable in its place.

    The format is told as `archive.parsing.media` says. `charset` beats the parameter of the media type. `strict`: see
    `draft_from_json`. Raises UnsupportedMediaType."""
    given = Given(name=name, media_type=media_type, charset=charset, url=url, strict=strict, place=name or "")
    try:
        return [without_fetching(item.read()) for item in opened(io.BytesIO(content), given)]
    except UnsupportedMediaType:
        raise
    except ParsingFailed as failure:
        return [Unreadable.because(failure, 0)]


def without_fetching(outcome: Outcome) -> Draft | Unreadable:
    """What there is of a link for one who does not follow it."""
    if isinstance(outcome, Link):
        return outcome.draft or Unreadable(0, None, f"is elsewhere, at {outcome.url}", code="no_article")
    return outcome


def parse_one(
    content: bytes,
    media_type: str | None = None,
    *,
    charset: str | None = None,
    name: str | None = None,
    url: str | None = None,
    strict: bool = False,
) -> Draft:
    """The one article in the bytes. Raises ParsingFailed, also where there are more or none, and UnsupportedMediaType."""
    items = parse(content, media_type, charset=charset, name=name, url=url, strict=strict)
    if len(items) != 1:
        raise ParsingFailed(f"has to be one article, not {len(items)}", "", code="no_article")
    item = items[0]
    if isinstance(item, Unreadable):
        raise ParsingFailed(item.reason, item.pointer, item.errors, code=item.code)
    return item
