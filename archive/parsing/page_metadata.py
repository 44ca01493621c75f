"""What a web page says about its article: JSON-LD first, then OpenGraph and other meta elements, then the markup.

Nothing is guessed: no date from the text or the address, no author from what looks like a byline.
"""

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

from archive.parsing.dates import read
from archive.parsing.names import authors_in

_PUBLISHED = ("article:published_time", "og:article:published_time", "datepublished", "parsely-pub-date", "sailthru.date",
              "citation_publication_date", "dc.date.issued", "dcterms.issued", "dc.date", "dcterms.date", "pubdate",
              "publishdate", "publish-date", "date")  # fmt: skip
_MODIFIED = ("article:modified_time", "og:article:modified_time", "og:updated_time", "datemodified", "dcterms.modified",
             "last-modified", "lastmod")  # fmt: skip
_AUTHORS = (
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "citation_author",
    "dc.creator",
    "dcterms.creator",
    "byl",
)
_ARTICLE_TYPE = re.compile(r"(?:.*[/:])?(?:\w*Article|\w*Posting|Report|Review|\w*NewsItem)")
_WEB = re.compile(r"(?:https?:)?//|www\.|^@")


def metadata_of(tree: Any, url: str | None) -> dict[str, Any]:
    """Named values, only those that the page has. `tree` is lxml's."""
    page = _Page(tree, url)
    found = {
        "title": page.title(),
        "dek": _first([*page.linked("description"), *page.meta("og:description", "description")]),
        "authors": page.authors(),
        "published_at": _date([*page.linked("datePublished"), *page.meta(*_PUBLISHED), *page.times()]),
        "modified_at": _date([*page.linked("dateModified"), *page.meta(*_MODIFIED)]),
        "categories": _each(
            [*page.linked("articleSection"), *([] if page.linked("articleSection") else page.meta("article:section"))]
        ),
        "tags": page.tags(),
        "series": _first(page.linked("isPartOf", only=("CreativeWorkSeries", "Series"))),
        "source": _first([*page.linked("publisher"), *page.meta("og:site_name")]),
        "language": page.language(),
        "canonical_url": page.canonical(),
    }
    found["url"] = url or found["canonical_url"]
    return {name: value for name, value in found.items() if value}


class _Page:
    def __init__(self, tree: Any, url: str | None) -> None:
        self._tree = tree
        self._base = _joined(url, str(next(iter(tree.xpath("//base/@href")), ""))) or url
        self._meta: dict[str, list[str]] = {}
        for element in tree.iter("meta"):
            name = element.get("property") or element.get("name") or element.get("itemprop")
            if name and (content := (element.get("content") or "").strip()):
                self._meta.setdefault(name.strip().lower(), []).append(content)
        self._article = _article_in(tree)

    def meta(self, *names: str) -> list[str]:
        """The contents of all meta elements of the names, in the order of the names."""
        return [content for name in names for content in self._meta.get(name, ())]

    def linked(self, name: str, only: tuple[str, ...] = ()) -> list[str]:
        """The texts of a property of the article in the JSON-LD: strings, and the names of things."""
        return [text for text in _texts(self._article.get(name), only) if text]

    def title(self) -> str | None:
        headings = [_text_of(each) for each in self._tree.xpath("//article//h1") or self._tree.iter("h1")]
        title = _first([*self.linked("headline"), *self.meta("og:title", "twitter:title")])
        title = title or (headings[0] if len(headings) == 1 else None) or _first(map(_text_of, self._tree.iter("title")))
        return _without_site(title, self.meta("og:site_name") + self.linked("publisher")) if title else None

    def authors(self) -> list[str]:
        people = self.linked("author") or [name for each in _AUTHORS for name in self.meta(each) if not _WEB.search(name)][:50]
        people = people or [_text_of(element) for element in self._tree.xpath("//*[@itemprop='author' or @rel='author']")]
        return _each(name for person in people if not _WEB.search(person) for name in authors_in(person))

    def times(self) -> list[str]:
        """The dates that `time` elements mark as that of publication, else that of the article's first one."""
        marked = self._tree.xpath("//*[@itemprop='datePublished']/@datetime | //time[@pubdate]/@datetime")
        return [str(date) for date in marked or self._tree.xpath("(//article//time/@datetime)[1]")]

    def tags(self) -> list[str]:
        given = self.linked("keywords") or self.meta("article:tag") or self.meta("news_keywords") or self.meta("keywords")
        return _each(part for each in given for part in re.split("[,;]", each))

    def language(self) -> str | None:
        tagged = [*self.linked("inLanguage"), self._tree.get("lang") or "", *self.meta("og:locale", "content-language")]
        return _first(tag.strip().replace("_", "-") for tag in tagged if re.fullmatch(r"\s*[A-Za-z]{2,3}([-_]\w+)*\s*", tag))

    def canonical(self) -> str | None:
        links = self._tree.xpath("//link[contains(concat(' ', normalize-space(@rel), ' '), ' canonical ')]/@href")
        named = [*map(str, links), *self.meta("og:url"), *self.linked("mainEntityOfPage"), *self.linked("url")]
        addresses = (_joined(self._base, address) for address in named)
        return next((address for address in addresses if address), None)


def _article_in(tree: Any) -> Mapping[str, Any]:
    """The first thing in the page's JSON-LD that is an article."""
    for script in tree.xpath("//script[contains(@type, 'ld+json')]"):
        source = re.sub(r"^\s*(?://)?\s*(?:<!\[CDATA\[|<!--)|(?://)?\s*(?:\]\]>|-->)\s*;?\s*$", "", script.text_content())
        try:
            things = list(_things(json.loads(source, strict=False)))
        except (ValueError, RecursionError):
            continue
        for thing in things:
            kinds = thing.get("@type")
            if any(
                isinstance(kind, str) and _ARTICLE_TYPE.fullmatch(kind)
                for kind in (kinds if isinstance(kinds, list) else [kinds])
            ):
                return thing
    return {}


def _things(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _things(item)
    elif isinstance(value, Mapping):
        yield value
        yield from _things(value.get("@graph"))
        yield from _things(value.get("mainEntity"))


def _texts(value: Any, only: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, str) and not only:
        yield _plain(value)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, only)
    elif isinstance(value, Mapping) and (not only or value.get("@type") in only):
        yield from _texts(value.get("name") or value.get("@id") or value.get("alternateName"), ())


def _plain(text: str) -> str:
    """JSON-LD often carries the entities of the page it stands in."""
    return " ".join(html.unescape(text).split())


def _text_of(element: Any) -> str:
    return " ".join(element.text_content().split())


def _first(texts: Iterable[str]) -> str | None:
    return next((_plain(text) for text in texts if text.strip()), None)


def _each(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(plain for text in texts if (plain := _plain(text))))


def _date(candidates: list[str]) -> str | None:
    """The first that can be read; else the first, for the warning."""
    for candidate in candidates:
        try:
            read(candidate)
        except ValueError:
            continue
        return candidate
    return candidates[0] if candidates else None


def _without_site(title: str, sites: Iterable[str]) -> str:
    for site in sites:
        shorter = re.sub(rf"\s+[|–—·:-]\s+{re.escape(site)}$", "", title)
        if shorter != title:
            return shorter
    return title


def _joined(base: str | None, address: str) -> str | None:
    try:
        joined = urljoin(base or "", address.strip())
    except ValueError:
        return None
    return joined if joined.startswith(("http://", "https://")) else None
