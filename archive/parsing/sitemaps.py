"""Sitemaps (https://www.sitemaps.org/protocol.html), plain lists of addresses, and the feeds that a page names."""

import re
import zlib
from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import urljoin

from archive.parsing.encoding import decode
from archive.parsing.failures import ParsingFailed
from archive.parsing.limits import FILE

MOST: Final = 50_000
"""Addresses in one sitemap, as the protocol has it."""
_SITEMAP = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)\b")
_ADDRESS = re.compile(r"https?://\S+")
_FEED_TYPES = re.compile(r"application/(?:rss|atom|rdf)\+xml|application/feed\+json", re.IGNORECASE)


class Place(NamedTuple):
    """An address, and when what is there was last changed, as the sitemap writes it; empty where it does not."""

    url: str
    changed: str


class Sitemap(NamedTuple):
    """`parts`: further sitemaps."""

    pages: list[Place]
    parts: list[Place]


def is_sitemap(content: bytes) -> bool:
    return _SITEMAP.search(unpacked(content)[:4096]) is not None


def unpacked(content: bytes) -> bytes:
    """Sitemaps are often served as gzip files. Raises ParsingFailed."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(content, FILE)
    except zlib.error as damage:
        raise ParsingFailed(f"the gzip file is damaged: {damage}", "") from None
    if unpacker.unconsumed_tail:
        raise ParsingFailed(f"the file unpacks to more than {FILE:,} bytes", "", code="too_large")
    return plain


def read_sitemap(content: bytes, url: str) -> Sitemap:
    """`url`: where it was found. Raises ParsingFailed for what is none, or has more addresses than a sitemap may."""
    from lxml import etree  # type: ignore[import-untyped]

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(unpacked(content), parser)
    except etree.XMLSyntaxError as damage:
        raise ParsingFailed(f"no XML: {damage}", "") from None
    if root is None or not _is(root, "urlset", "sitemapindex"):
        raise ParsingFailed("no sitemap", "", code="no_article")
    places = list(_places(root, url))
    if len(places) > MOST:
        raise ParsingFailed(f"the sitemap has more than {MOST:,} addresses", "", code="too_large")
    return Sitemap([], places) if _is(root, "sitemapindex") else Sitemap(places, [])


def _is(element: Any, *names: str) -> bool:
    return isinstance(element.tag, str) and element.tag.rpartition("}")[2] in names


def _places(root: Any, base: str) -> Iterator[Place]:
    for entry in root:
        if _is(entry, "url", "sitemap"):
            said = {child.tag.rpartition("}")[2]: (child.text or "").strip() for child in entry if isinstance(child.tag, str)}
            if address := _absolute(base, said.get("loc", "")):
                yield Place(address, said.get("lastmod", ""))


def read_list(content: bytes) -> list[Place]:
    """One address a line; other lines are comments. Raises ParsingFailed where there is none."""
    lines = (line.strip() for line in decode(content).text.splitlines())
    found = [Place(line, "") for line in lines if _ADDRESS.fullmatch(line)]
    if not found:
        raise ParsingFailed("neither a feed nor a sitemap nor a list of addresses", "", code="no_article")
    return found


def feeds_named_in(content: bytes, url: str) -> list[str]:
    """The feeds that a web page says it has, in its order."""
    from lxml import etree, html

    try:
        tree = html.document_fromstring(decode(content, page=True).text.encode(), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, ParsingFailed, ValueError):
        return []
    links = (link for link in tree.iter("link") if "alternate" in (link.get("rel") or "").lower().split())
    feeds = (_absolute(url, link.get("href") or "") for link in links if _FEED_TYPES.fullmatch((link.get("type") or "").strip()))
    return list(dict.fromkeys(feed for feed in feeds if feed))


def _absolute(base: str, address: str) -> str | None:
    try:
        joined = urljoin(base, address.strip())
    except ValueError:
        return None
    return joined if address.strip() and joined.startswith(("http://", "https://")) else None
