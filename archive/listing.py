"""What a watched address lists: the entries of a feed, the pages of a sitemap, the lines of a list."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from archive import parsing
from archive.job_reading import entry_of
from archive.parsing import Given, Link, ParsingFailed
from archive.parsing.media import HEAD, format_of
from archive.parsing.sitemaps import Place, feeds_named_in, is_sitemap, read_list, read_sitemap
from db.records import Draft
from db.sources import Entry, SourceKind

if TYPE_CHECKING:
    from fetching import Page

PARTS: Final = 500
"""Sitemaps that one index may name."""


@dataclass(frozen=True, slots=True)
class Listing:
    """`entries` in the order in which they are listed. `parts`: sitemaps that were read for it. `elsewhere`: the feed to be
    watched instead, where a page was named that only has one."""

    kind: SourceKind
    entries: tuple[Entry, ...] = ()
    parts: tuple[Entry, ...] = ()
    elsewhere: str | None = None


def listing(page: "Page", kind: SourceKind, part: Callable[[Place], "Page | None"]) -> Listing:
    """`part` gives a sitemap that an index names, or None where it has been read in that state. Raises ParsingFailed for what
    lists nothing, and what `part` raises."""
    if kind in ("auto", "sitemap") and is_sitemap(page.content):
        return _of_sitemap(page, part)
    if kind in ("auto", "feed"):
        format_ = _format(page)
        if format_ == "feed":
            return Listing("feed", _of_feed(page))
        if format_ == "html" and kind == "auto" and (feeds := feeds_named_in(page.content, page.url)):
            return Listing("feed", elsewhere=feeds[0])
        if format_ == "html" or kind == "feed":
            raise ParsingFailed("a page, and not a feed, and it names none", "", code="no_article")
    if kind == "sitemap":
        raise ParsingFailed("no sitemap any more", "", code="no_article")
    return Listing("list", tuple(Entry(*place) for place in read_list(page.content)))


def _format(page: "Page") -> str:
    return format_of(page.content[:HEAD], page.media_type, None)


def _of_feed(page: "Page") -> tuple[Entry, ...]:
    given = Given(media_type=page.media_type, charset=page.charset, url=page.url, place=page.url)
    outcomes = [item.read() for item in parsing.items_in(io.BytesIO(page.content), given)]
    return tuple(entry for each in outcomes if isinstance(each, Draft | Link) and (entry := entry_of(each)))


def _of_sitemap(page: "Page", part: Callable[[Place], "Page | None"]) -> Listing:
    pages, parts = read_sitemap(page.content, page.url)
    if len(parts) > PARTS:
        raise ParsingFailed(f"names more than {PARTS} sitemaps", "", code="too_large")
    found = list(pages)
    for place in parts:
        if (content := part(place)) is not None:
            found += read_sitemap(content.content, content.url).pages
    return Listing("sitemap", tuple(Entry(*place) for place in found), tuple(Entry(*place) for place in parts if place.changed))
