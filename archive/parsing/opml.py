"""OPML: lists of feeds, in folders or not."""

import html
import re
from collections.abc import Iterator, Mapping
from html.entities import name2codepoint
from typing import Any, BinaryIO
from urllib.parse import urljoin
from xml.parsers import expat

from archive.parsing.characters import storable
from archive.parsing.documents import whole
from archive.parsing.encoding import decode
from archive.parsing.failures import ParsingFailed
from archive.parsing.items import Given, Item, Link, failed
from archive.parsing.media import charset_of
from archive.urls import normalize

_AMPERSAND = re.compile(r"&(?!#\d{1,7};|#x[0-9a-fA-F]{1,6};|(?:amp|lt|gt|quot|apos);)(?:([a-zA-Z][a-zA-Z0-9]*);)?")
_ADDRESS = re.compile(r"""[\s"']xmlUrl\s*=\s*("[^"<>]*"|'[^'<>]*')""", re.IGNORECASE)
_COMMENT = re.compile(r"<!--(?:(?!<!--).)*?-->", re.DOTALL)
_END = re.compile(r"</opml>\s*$", re.IGNORECASE)
_FEED_SCHEME = re.compile(r"feed:(?://)?(?=https?://)|feed(?=://)", re.IGNORECASE)


def items(stream: BinaryIO, given: Given) -> Iterator[Item]:
    """A Link for each feed of the list, in its order, once. Where the list is broken off, those before that, and an item that
    says where it is damaged. Raises ParsingFailed for what is no list of feeds."""
    content = whole(stream, given)
    text, _, _ = decode(content, given.charset or charset_of(given.media_type), page=True)
    addresses, damage = _addresses(_mended(storable(text).lstrip("\ufeff \t\r\n")))
    seen: set[str] = set()
    for address in addresses:
        url, page = _page(address, given.url)
        if (page or url) not in seen:
            seen.add(page or url)
            yield _feed(url, page, f"{given.place}, feed {len(seen)}", len(seen) - 1)
    if damage:
        yield failed(given.place, damage, len(seen))


def _mended(text: str) -> str:
    """Ampersands that stand for themselves, as in many an address, are written so, and HTML's names of signs as the signs."""
    return _AMPERSAND.sub(_sign, text)


def _sign(found: re.Match[str]) -> str:
    name = found[1]
    return chr(name2codepoint[name]) if name in name2codepoint else found[0].replace("&", "&amp;")


def _addresses(text: str) -> tuple[list[str], ParsingFailed | None]:
    """The feeds' addresses, and what is wrong with the rest, if anything of it may be lost."""
    outlines = _Outlines()
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = outlines
    parser.EntityDeclHandler = _refuse_entities
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as wrong:
        damage = ParsingFailed(f"the list is damaged in line {wrong.lineno}: {expat.ErrorString(wrong.code)}")
        found = _told(text) if outlines.is_list else []
        if not found:
            raise damage from None
        return found, None if _END.search(text) else damage
    return outlines.found, None


def _told(text: str) -> list[str]:
    """The addresses in a list that is no XML: mostly one whose descriptions hold quotation marks and tags as they are."""
    found = (html.unescape(value[1:-1]).strip() for value in _ADDRESS.findall(_COMMENT.sub("", text)))
    return [address for address in found if address]


class _Outlines:
    """Takes the address of each outline that has one. Raises ParsingFailed where the first element is another one than OPML's."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.is_list = False

    def __call__(self, name: str, attributes: Mapping[str, str]) -> None:
        plain = name.rpartition(":")[2].lower()
        if not self.is_list and plain != "opml":
            raise ParsingFailed(f"no list of feeds: the file begins with <{name[:100]}>", code="no_article")
        self.is_list = True
        if plain == "outline":
            self.found += [value.strip() for key, value in attributes.items() if key.lower() == "xmlurl" and value.strip()]


def _refuse_entities(*_: Any) -> None:
    """What is declared may multiply, or lead to files and addresses. No list of feeds needs it."""
    raise ParsingFailed("the list declares entities, and is not read")


def _page(address: str, base: str | None) -> tuple[str, str | None]:
    """The address in full, and in the form that is the same for all that are the same; None where it is none of the web."""
    try:
        url = urljoin(base or "", _FEED_SCHEME.sub(lambda found: "" if ":" in found[0] else "http", address))
        return url, normalize(url)
    except ValueError:
        return address, None


def _feed(url: str, page: str | None, place: str, index: int) -> Item:
    if page is None:
        return failed(place, ParsingFailed(f"is no address of a feed: {url[:200]}", code="invalid_article"), index)
    link = Link(url)
    return Item(place, lambda: link)
