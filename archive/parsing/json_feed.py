"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/): what it says of each of its items."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

from archive.parsing.entries import Markup, Record, Said
from archive.parsing.failures import ParsingFailed

_OF_THE_FEED = ("version", "title", "home_page_url", "feed_url", "language", "author", "authors")
_NAMED = (
    "id", "url", "external_url", "title", "content_html", "content_text", "summary", "date_published", "date_modified", "author",
    "authors", "tags", "language", "attachments",
)  # fmt: skip


def is_version(version: str) -> bool:
    return "jsonfeed.org/version" in version


def records(text: str, url: str | None) -> Iterator[Record | ParsingFailed]:
    """One for each item, in its place. Raises ParsingFailed for what is no such feed."""
    feed = _feed(text)
    items = feed.get("items")
    if not isinstance(items, list):
        raise ParsingFailed("a JSON Feed without a list of items", "/items")
    about = {name: feed[name] for name in _OF_THE_FEED if feed.get(name) is not None}
    base = url or next((each for name in ("feed_url", "home_page_url") if isinstance(each := feed.get(name), str)), None)
    for number, item in enumerate(items):
        if isinstance(item, Mapping):
            yield Record(feed["version"], about, item, base)
        else:
            yield ParsingFailed("has to be an object", f"/items/{number}")


def _feed(text: str) -> Mapping[str, Any]:
    try:
        feed = json.loads(text)
    except RecursionError:
        raise ParsingFailed("no JSON that can be read: nested too deeply") from None
    except ValueError as wrong:
        raise ParsingFailed(f"no JSON: {wrong}") from None
    if not isinstance(feed, Mapping) or not isinstance(feed.get("version"), str) or not is_version(feed["version"]):
        raise ParsingFailed("no feed: JSON whose version is none of JSON Feed", "/version", code="no_article")
    return feed


def said(record: Record) -> Said:
    """What an item says, under our names. What an extension says (`_name`) is kept beside."""
    feed, item = record.feed, record.entry
    fields = {
        "title": item.get("title"),
        "authors": _names(item) or _names(feed),
        "tags": _tags(item.get("tags")),
        "language": item.get("language") or feed.get("language"),
        "source": feed.get("title"),
        "url": _address(record.base, item.get("url") or item.get("external_url")),
        "external_url": item.get("external_url") if item.get("url") else None,
        "external_id": item.get("id"),
        "published_at": item.get("date_published"),
        "modified_at": item.get("date_modified"),
        "enclosures": item.get("attachments"),
        **{name: value for name, value in item.items() if name not in _NAMED},
    }
    contents = (_markup(item.get("content_html"), is_html=True), _markup(item.get("content_text"), is_html=False))
    present = tuple(each for each in contents if each)
    return Said(fields, present, _markup(item.get("summary"), is_html=False))


def _markup(value: Any, *, is_html: bool) -> Markup | None:
    return Markup(value, is_html) if isinstance(value, str) and value.strip() else None


def _names(values: Mapping[str, Any]) -> list[str]:
    """1.1 has `authors`, 1.0 one `author`."""
    authors = values.get("authors") if isinstance(values.get("authors"), list) else [values.get("author")]
    named = (each.get("name") for each in authors or [] if isinstance(each, Mapping))
    return [name for name in named if isinstance(name, str) and name.strip()]


def _tags(value: Any) -> list[str]:
    return [tag for tag in value if isinstance(tag, str)] if isinstance(value, list) else []


def _address(base: str | None, url: Any) -> Any:
    if not isinstance(url, str) or not url.strip():
        return None
    try:
        return urljoin(base or "", url.strip())
    except ValueError:
        return url
