"""What a web page says about its article: JSON-LD first, then microdata, OpenGraph and other meta elements, then the markup.

Nothing is guessed: no date from the text or the address, no author from what looks like a byline.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from archive.parsing import microdata
from archive.parsing.dates import read
from archive.parsing.json_ld import LinkedData, plain
from archive.parsing.names import authors_in, is_byline, is_name
from archive.parsing.page_tree import line_of

_PUBLISHED = ("article:published_time", "og:article:published_time", "datepublished", "parsely-pub-date", "sailthru.date",
              "citation_publication_date", "dc.date.issued", "dcterms.issued", "dc.date", "dcterms.date", "pubdate",
              "publishdate", "publish-date", "date")  # fmt: skip
_MODIFIED = ("article:modified_time", "og:article:modified_time", "og:updated_time", "datemodified", "dcterms.modified",
             "last-modified", "lastmod")  # fmt: skip
_AUTHORS = ("author", "article:author", "parsely-author", "sailthru.author", "citation_author", "dc.creator", "dcterms.creator",
            "byl")  # fmt: skip
_DESCRIPTIONS = ("og:description", "description", "twitter:description", "dc.description", "dcterms.description")
_TITLES = ("og:title", "twitter:title", "parsely-title", "citation_title", "dc.title", "dcterms.title")
_SECTIONS = ("article:section", "og:article:section", "parsely-section")
_TAGS = ("article:tag", "og:article:tag", "news_keywords", "keywords", "parsely-tags")
_SITES = ("og:site_name", "application-name", "citation_journal_title", "dc.publisher", "dcterms.publisher")
_LANGUAGES = ("content-language", "language", "dc.language", "dcterms.language", "og:locale")
_ARTICLE = re.compile(r"\w*(?:Article|Posting|NewsItem)|Report|Review")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*")
_WEB = re.compile(r"(?:https?:)?//|www\.|^@")
_BETWEEN_TITLE_AND_SITE = re.compile(r"\s+[|–—·»:-]\s+")
_OF_THE_SITE = re.compile(r"site-?(?:title|name)|logo|brand|masthead", re.IGNORECASE)
_MARKED_AUTHORS = "//*[@rel='author' or (@itemprop='author' and not(ancestor::*[@itemscope]))]"
_BYLINE: Final = frozenset(["author", "byline", "p-author", "author-name", "byline-name", "article-author", "post-author"])
_NOT_THE_ARTICLES: Final = frozenset(["comment", "comments", "related", "sidebar", "footer"])
_MOST: Final = 100
"""Of anything: who names more has a list of something else."""


def metadata_of(tree: Any, url: str | None) -> dict[str, Any]:
    """Named values, only those that the page has. `tree` is lxml's."""
    page = _Page(tree, url)
    found = {
        "title": page.title(),
        "dek": _first([*page.said("description"), *page.meta(*_DESCRIPTIONS)]),
        "authors": page.authors(),
        "published_at": _date(page.said("datePublished") + page.meta(*_PUBLISHED)) or _date(page.times()),
        "modified_at": _date([*page.said("dateModified"), *page.meta(*_MODIFIED)]),
        "categories": page.categories(),
        "tags": page.tags(),
        "series": page.series(),
        "source": _first([*page.said("publisher"), *page.meta(*_SITES)]),
        "language": page.language(),
        "canonical_url": page.canonical(),
    }
    found["url"] = url or found["canonical_url"]
    return {name: value for name, value in found.items() if value}


class _Page:
    def __init__(self, tree: Any, url: str | None) -> None:
        self._tree = tree
        self._base = _joined(url, str(next(iter(tree.xpath("//base/@href")), ""))) or url
        self._meta = _meta_of(tree)
        self._linked = LinkedData(script.text_content() for script in tree.iter("script") if "ld+json" in script.get("type", ""))
        self._headings = [
            text for each in islice(tree.iter("h1"), _MOST) if (text := text_of(each)) and not _names_the_site(each)
        ]
        stated = [*self.meta(*_TITLES), *self._headings, *map(text_of, islice(tree.iter("title"), 1))]
        things = [thing for thing in self._linked.things if _is_article(thing)]
        marked = [thing for thing in microdata.things_in(tree) if _is_article(thing)]
        self._articles = [*_about(things, self._headlines, stated)[:1], *_the_one(marked, self._headlines, stated)]

    def _headlines(self, thing: Mapping[str, Any]) -> list[str]:
        return [*self._linked.texts(thing.get("headline")), *self._linked.texts(thing.get("name"))]

    def meta(self, *names: str) -> list[str]:
        """The contents of all meta elements of the names, in the order of the names."""
        return [content for name in names for content in self._meta.get(name, ())]

    def said(self, name: str) -> list[str]:
        """The texts of a property of the article, in JSON-LD if it is there, else in the markup."""
        found = ([text for text in self._linked.texts(article.get(name)) if text] for article in self._articles)
        return next((texts[:_MOST] for texts in found if texts), [])

    def title(self) -> str | None:
        """The heading that the reader sees, if the page says elsewhere that it is about the same; else what it says there."""
        sites = [*self.meta(*_SITES), *self.said("publisher"), *_names_of_host(self._base)]
        in_title = [_without_site(text_of(each), sites) for each in islice(self._tree.iter("title"), 1)]
        stated = [_without_site(each, sites) for each in [*self.said("headline"), *self.meta(*_TITLES)]]
        headings = [heading for heading in self._headings if _letters(heading) not in map(_letters, sites)]
        shown = [each for each in headings if any(_alike(each, other) for other in stated or in_title)]
        only = headings if len(headings) == 1 and not any(_is_site(headings[0], title) for title in in_title) else []
        return _first([*shown, *stated, *only, *in_title])

    def authors(self) -> list[str]:
        people = self.said("author") or self.said("creator") or [name for name in self.meta(*_AUTHORS) if not _WEB.search(name)]
        people = people or [text_of(each) for each in self._tree.xpath(_MARKED_AUTHORS)]
        named = _each(name for person in people[:_MOST] if not _WEB.search(person) for name in authors_in(person))
        return named or _each(self._bylines())

    def _bylines(self) -> Iterator[str]:
        """Full names in elements whose class says that they are the author's."""
        for element in islice(self._tree.xpath("//*[contains(@class, 'author') or contains(@class, 'byline')]"), _MOST):
            text = text_of(element)
            if len(text) < 200 and _classes(element) & _BYLINE and not any(map(_is_elsewhere, element.iterancestors())):
                names = authors_in(text)
                if is_byline(text) or (names and all(map(is_name, names))):
                    yield from names

    def times(self) -> list[str]:
        """The dates that `time` elements mark as that of publication, else that of the article's first one."""
        marked = self._tree.xpath("//*[@itemprop='datePublished']/@datetime | //*[@itemprop='datePublished']/@content")
        marked = marked or self._tree.xpath("//time[@pubdate]/@datetime | //time[contains(@class, 'dt-published')]/@datetime")
        return [str(date) for date in marked or self._tree.xpath("(//article//time/@datetime)[1]")]

    def categories(self) -> list[str]:
        return _each(self.said("articleSection") or self.meta(*_SECTIONS) or self._related("category"))

    def tags(self) -> list[str]:
        given = self.said("keywords") or next((found for name in _TAGS if (found := self.meta(name))), []) or self._related("tag")
        return _each(part for each in given for part in re.split("[,;]", each))

    def _related(self, rel: str) -> list[str]:
        """The texts of the links that are said to lead to a tag, or a category, of the article."""
        links = islice(self._tree.xpath(f"//article//a[contains(@rel, '{rel}')]"), _MOST)
        kinds = [(frozenset(link.get("rel").lower().split()), link) for link in links]
        return [text_of(link) for kind, link in kinds if rel in kind and (rel == "category" or "category" not in kind)]

    def series(self) -> str | None:
        parts = (part for article in self._articles for part in _listed(article.get("isPartOf")) if isinstance(part, Mapping))
        return _first(
            text for part in parts if _types(part) & {"CreativeWorkSeries", "Series"} for text in self._linked.texts(part)
        )

    def language(self) -> str | None:
        tagged = [
            *self.said("inLanguage"),
            self._tree.get("lang") or "",
            self._tree.get("xml:lang") or "",
            *self.meta(*_LANGUAGES),
        ]
        return _first(tag.strip().replace("_", "-") for tag in tagged if _LANGUAGE.fullmatch(tag.strip()))

    def canonical(self) -> str | None:
        links = self._tree.xpath("//link[contains(concat(' ', normalize-space(@rel), ' '), ' canonical ')]/@href")
        named = [*map(str, links), *self.meta("og:url"), *self._addresses("mainEntityOfPage"), *self._addresses("url")]
        addresses = (_joined(self._base, address) for address in named)
        return next((address for address in addresses if address), None)

    def _addresses(self, name: str) -> list[str]:
        return [text for each in self._articles for text in self._linked.texts(each.get(name), names=("@id", "url")) if text]


def text_of(element: Any) -> str:
    """The beginning, where somebody marks half of the page as an author."""
    return line_of(element, 200)[:5_000]


def _meta_of(tree: Any) -> dict[str, list[str]]:
    """What the meta elements say, by property, name, itemprop or http-equiv."""
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or element.get("http-equiv")
        if name and (content := (element.get("content") or "").strip()):
            contents = found.setdefault(name.strip().lower(), [])
            contents += [content] if len(contents) < _MOST else []
    return found


def _is_article(thing: Mapping[str, Any]) -> bool:
    return any(_ARTICLE.fullmatch(kind) for kind in _types(thing))


def _types(thing: Mapping[str, Any]) -> set[str]:
    return {microdata.term(kind) for kind in _listed(thing.get("@type")) if isinstance(kind, str) and len(kind) < 200}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _about(things: Sequence[Any], headlines: Any, stated: Sequence[str]) -> list[Any]:
    """The things whose headline is one that the page states, before the others."""

    def is_another(thing: Any) -> bool:
        return not any(_alike(headline, other) for headline in headlines(thing) for other in stated)

    return sorted(things, key=is_another) if len(things) > 1 else list(things)


def _the_one(things: Sequence[Any], headlines: Any, stated: Sequence[str]) -> list[Any]:
    """Of the articles marked up, the one that the page is: the only one, or the only one with a body or with its headline."""
    bodies = [thing for thing in things if thing.get("articleBody")]
    same = [thing for thing in things if any(_alike(headline, other) for headline in headlines(thing) for other in stated[:1])]
    return next((list(found) for found in (things, bodies, same) if len(found) == 1), [])


def _classes(element: Any) -> set[str]:
    return set((element.get("class") or "").lower().split())


def _is_elsewhere(element: Any) -> bool:
    return element.tag in ("aside", "footer", "nav") or bool(
        _NOT_THE_ARTICLES & {*_classes(element), (element.get("id") or "").lower()}
    )


def _first(texts: Iterable[str]) -> str | None:
    return next((plain(text) for text in texts if text.strip()), None)


def _each(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(found for text in texts if (found := plain(text))))


def _date(candidates: list[str]) -> str | None:
    """The first that can be read; else the first, for the warning."""
    for candidate in candidates[:20]:
        try:
            read(candidate)
        except ValueError:
            continue
        return candidate
    return candidates[0] if candidates else None


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", unicodedata.normalize("NFKC", text[:1_000]).casefold()))


def _alike(one: str, other: str) -> bool:
    """Half of the words of the longer one are the same."""
    first, second = _words(one), _words(other)
    return bool(first) and 2 * len(first & second) >= max(len(first), len(second))


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


def _is_site(heading: str, title: str) -> bool:
    """It is the end of the page's title, where sites put their name."""
    *before, last = _BETWEEN_TITLE_AND_SITE.split(title)
    return bool(before) and _letters(heading) == _letters(last)


def _names_the_site(heading: Any) -> bool:
    return _OF_THE_SITE.search(f"{heading.get('id')} {heading.get('class')}") is not None


def _without_site(title: str, sites: Iterable[str]) -> str:
    """The title without a site's name behind it."""
    *before, last = _BETWEEN_TITLE_AND_SITE.split(title)
    if not before or not _letters(last) or _letters(last) not in map(_letters, sites):
        return title
    return title.removesuffix(last).rstrip(" |–—·»:-")


def _names_of_host(url: str | None) -> list[str]:
    """What a site may be called by its address: `www.wday.ru`, `wday.ru`, `wday`."""
    host = (urlsplit(url).hostname or "" if url else "").removeprefix("www.")
    return [f"www.{host}", host, *host.split(".")[:-1]] if host else []


def _joined(base: str | None, address: str) -> str | None:
    try:
        joined = urljoin(base or "", address.strip())
    except ValueError:
        return None
    return joined if joined.startswith(("http://", "https://")) else None
