"""RSS, Atom and CDF feeds as feedparser reads them, well-formed or not: what they say of each of their entries."""

import re
from collections.abc import Iterator, Mapping
from time import struct_time
from typing import Any, Final
from urllib.parse import urljoin

from archive.parsing import dates
from archive.parsing.characters import storable
from archive.parsing.entries import Markup, Record, Said, line_of
from archive.parsing.failures import ParsingFailed
from archive.parsing.feed_portions import portions
from archive.parsing.names import authors_in

_OF_THE_FEED = ("title", "title_detail", "subtitle", "link", "language", "id", "authors", "publisher", "rights")
_KEPT = ("comments", "rights", "publisher")
_PROLOG = re.compile(r"(?:\s+|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_DOCTYPE = re.compile(
    r"""<!DOCTYPE((?:"[^"]*"|'[^']*'|[^\[>"'])*+)(?:\[((?:<!--.*?-->|"[^"]*"|'[^']*'|[^\]"'])*+)\]\s*)?>""",
    re.IGNORECASE | re.DOTALL,
)
_DECLARATION = re.compile("<!DOCTYPE", re.IGNORECASE)
_ELEMENT = re.compile(r"<\w")
_BLANK = re.compile(r"\s{2,}")
_LOST: Final = ["entities that the feed declares are no short texts, and were left out"]
_ENTITY = re.compile(r"""<!ENTITY\s+[\w.-]+\s+(?:"[^"&%<]{0,200}"|'[^'&%<]{0,200}'|["']&#\w{1,8};["'])\s*>""")
_REFERENCE = re.compile(r"(?:&|&amp;)#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
_REST_OF_ADDRESS = re.compile(r"\s*<\w*>$")
_COMMENT: Final = 2_000
_FOREIGN = re.compile(r"[^\W\d_a-zA-Z]")


def records(text: str, url: str | None) -> Iterator[Record | ParsingFailed]:
    """One for each entry that feedparser sees, and a failure for each that it breaks at. Raises ParsingFailed where there is no
    entry, unless it is a feed without any."""
    source, warnings = _harmless(text)
    version = damage = ""
    empty = True
    for parsed in _parts(source, url):
        if isinstance(parsed, ParsingFailed):
            empty = False
            yield parsed
            continue
        version, damage = version or parsed.get("version") or "", damage or _damage(parsed)
        empty = empty and not parsed["entries"]
        yield from _records(parsed, url, warnings)
    if empty and not version:
        raise ParsingFailed("no feed: there is no entry in it, and nothing that says it is one", code="no_article")
    if empty and damage:
        raise ParsingFailed(f"the feed is damaged, and no entry of it could be read: {damage}")


def _records(parsed: Any, url: str | None, warnings: list[str]) -> Iterator[Record]:
    version, feed, damage = parsed.get("version") or "", _feed(parsed["feed"]), _damage(parsed)
    noted = [f"the feed is no well-formed XML ({damage}); what could be read of it was read"] if damage else []
    for entry in parsed["entries"]:
        yield Record(version, feed, _plain(entry), url, [*warnings, *noted])


def _parts(source: str, url: str | None) -> Iterator[Any]:
    """What feedparser makes of each portion; where it breaks, of each entry of that portion by itself."""
    for portion in portions(source):
        try:
            yield _parsed(portion, url)
        except ParsingFailed as failure:
            entries = list(portions(portion, 1))
            yield from (_parsed_or_failure(entry, url) for entry in entries) if len(entries) > 1 else [failure]


def _parsed_or_failure(source: str, url: str | None) -> Any:
    try:
        return _parsed(source, url)
    except ParsingFailed as failure:
        return failure


def _parsed(source: str, url: str | None) -> Any:
    """As feedparser reads it, which never fetches what it gets as bytes. The address is what relative ones are relative to."""
    import io

    import feedparser

    headers = {"content-type": "application/xml; charset=utf-8"} | ({"content-location": url} if url else {})
    try:
        return feedparser.parse(
            io.BytesIO(source.encode("utf-8", "replace")),
            response_headers=headers,
            sanitize_html=True,
            resolve_relative_uris=True,
        )
    # feedparser says what it makes of broken feeds, but the parsers below it raise whatever comes.
    except Exception as wrong:
        raise ParsingFailed(f"feedparser breaks at it: {type(wrong).__name__}, {wrong}"[:300]) from wrong


def _damage(parsed: Any) -> str:
    """What is wrong with the XML, if anything is; without the line, for that is one of the portion."""
    wrong = parsed.get("bozo_exception") if parsed.get("bozo") else None
    return str(wrong.getMessage() if hasattr(wrong, "getMessage") else wrong) if wrong else ""


def _harmless(text: str) -> tuple[str, list[str]]:
    """The feed without what makes its readers slow, and with entities that stand for nothing but a short text."""
    text = text.lstrip("\ufeff \t\r\n")
    if text.count("<!--") + text.count("&lt;!--") > text.count("-->") + text.count("--&gt;") + _COMMENT:
        raise ParsingFailed("the feed has thousands of comments that never end")
    clean = storable(text)
    warnings = [] if clean == text else ["the feed has control characters, which were removed"]
    clean, declared = _without_entities(clean)
    return _REFERENCE.sub(_character, clean), warnings + declared


def _without_entities(text: str) -> tuple[str, list[str]]:
    """What is declared before the first element may multiply (a declaration of declarations) or lead elsewhere (a file, an
    address): only short plain texts are kept. Blank lines go, for feedparser needs a time there that is quadratic in them."""
    start = found.end() if (found := _PROLOG.match(text)) else 0
    begins = _DECLARATION.search(text, start)
    doctype = _DOCTYPE.match(text, begins.start()) if begins and begins.start() < _first_element(text, start) else None
    if doctype is None:
        end = len(text) if text.startswith("<!", start) else _first_element(text, start)
        head, lost = _undeclaring(text[:end])
        return head + text[end:], _LOST if lost else []
    end = _first_element(text, doctype.end())
    (before, _), (behind, _) = _undeclaring(text[: doctype.start()]), _undeclaring(text[doctype.end() : end])
    kept = _ENTITY.findall(doctype[2] or "")
    inner = "\n".join(["[", *kept, "]"]) if kept else ""
    lost = (doctype[2] or "").count("<!ENTITY") > len(kept)
    return f"{before}\n<!DOCTYPE{doctype[1]}{inner}>\n{behind.lstrip()}{text[end:]}", _LOST if lost else []


def _first_element(text: str, start: int) -> int:
    return found.start() if (found := _ELEMENT.search(text, start)) else len(text)


def _undeclaring(head: str) -> tuple[str, bool]:
    """What stands before the first element, without declarations, and whether there were any."""
    return _BLANK.sub("\n", head.replace("<!ENTITY", "<!")), "<!ENTITY" in head


def _character(reference: re.Match[str]) -> str:
    """The reference, unless no character has that number: parsers fail then."""
    digits = reference[1] or reference[2]
    number = int(digits, 16 if reference[1] else 10) if len(digits) <= 8 else 0
    fits = 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or 0x10000 <= number < 0x110000 or number in (9, 10, 13)
    return reference[0] if fits else "\ufffd"


def _feed(feed: Any) -> dict[str, Any]:
    return {name: _plain(dict.get(feed, name)) for name in _OF_THE_FEED if dict.get(feed, name)}


def _plain(value: Any) -> Any:
    """JSON values. Dates that feedparser read, which are UTC, are RFC 3339."""
    if isinstance(value, struct_time):
        year, month, day, hour, minute, second = value[:6]
        return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)


def said(record: Record) -> Said:
    """What an entry says, under our names."""
    feed, entry = record.feed, record.entry
    source = _mapping(entry.get("source"))
    fields: dict[str, Any] = {
        "title": _line(entry, "title"),
        "authors": _authors(entry, source, feed, record.version),
        "tags": [label for tag in _mappings(entry.get("tags")) if (label := tag.get("label") or tag.get("term"))],
        "language": _language(entry, feed),
        "source": _line(source, "title") or _line(feed, "title"),
        "url": _address(record, entry.get("link") or _alternate(entry)),
        "canonical_url": entry.get("feedburner_origlink"),
        "external_id": entry.get("id"),
        "contributors": [name for each in _mappings(entry.get("contributors")) if (name := each.get("name"))],
        "enclosures": [_enclosure(link) for link in _mappings(entry.get("links")) if link.get("rel") == "enclosure"],
        **{name: entry.get(name) for name in _KEPT},
    }
    dated, warnings = _dates(entry, record.version)
    contents = [_markup(each) for each in _mappings(entry.get("content"))]
    return Said(fields | dated, tuple(filter(None, contents)), _markup(_detail(entry, "summary")), tuple(warnings))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _line(values: Mapping[str, Any], name: str) -> str:
    """One of the texts that are plain text or markup, as plain text."""
    detail = _detail(values, name)
    return line_of(_markup(detail) or _markup({"value": values.get(name)}))


def _detail(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The text with its type; feedparser's own detail may be that of another element (the title of a picture)."""
    return {**_mapping(values.get(f"{name}_detail")), "value": values.get(name)}


def _markup(detail: Mapping[str, Any]) -> Markup | None:
    """Pictures and other things that are no text are None."""
    value, kind = detail.get("value"), str(detail.get("type") or "text/html")
    is_html = kind in ("text/html", "application/xhtml+xml", "application/xml", "text/xml")
    return Markup(value, is_html) if isinstance(value, str) and value.strip() and (is_html or kind.startswith("text/")) else None


def _authors(entry: Mapping[str, Any], source: Mapping[str, Any], feed: Mapping[str, Any], version: str) -> list[str]:
    """Those of the entry; in Atom, where it has none, those of the feed that it came from, or of this one (RFC 4287, 4.2.1)."""
    named = _names(entry)
    if not named and version.startswith("atom"):
        named = _names(source) or _names(feed)
    return named


def _names(values: Mapping[str, Any]) -> list[str]:
    people = _mappings(values.get("authors"))
    names = [name for each in people if each.get("name") for name in authors_in(_without_address(each))]
    return names or [str(each["email"]) for each in people if each.get("email")]


def _without_address(person: Mapping[str, Any]) -> str:
    """feedparser takes an address of mail out of a name, but for the end of a top-level domain of five letters and more."""
    name = str(person["name"])
    if not person.get("email"):
        return name
    return name.partition("(")[2] if name.count("(") > name.count(")") else _REST_OF_ADDRESS.sub("", name)


def _language(entry: Mapping[str, Any], feed: Mapping[str, Any]) -> Any:
    details = [*_mappings(entry.get("content")), *(_mapping(entry.get(f"{name}_detail")) for name in ("title", "summary"))]
    return next(filter(None, [entry.get("language"), *(each.get("language") for each in details), feed.get("language")]), None)


def _alternate(entry: Mapping[str, Any]) -> Any:
    return next((link.get("href") for link in _mappings(entry.get("links")) if link.get("rel") == "alternate"), None)


def _address(record: Record, link: Any) -> str | None:
    if not isinstance(link, str) or not link.strip():
        return None
    try:
        return urljoin(record.base or str(record.feed.get("link") or ""), link.strip())
    except ValueError:
        return link


def _enclosure(link: Mapping[str, Any]) -> dict[str, Any]:
    return {name: link[name] for name in ("href", "type", "length") if link.get(name)}


def _dates(entry: Mapping[str, Any], version: str) -> tuple[dict[str, Any], list[str]]:
    """RSS has no date of change, so what feedparser calls so there (`dc:date`) is when the entry was published."""
    names = {"published_at": "published" if entry.get("published") else "created", "modified_at": "updated"}
    if not entry.get(names["published_at"]) and version.startswith("rss"):
        names = {"published_at": "updated"}
    warnings: list[str] = []
    return {ours: _date(entry, theirs, ours, warnings) for ours, theirs in names.items() if entry.get(theirs)}, warnings


def _date(entry: Mapping[str, Any], name: str, ours: str, warnings: list[str]) -> Any:
    """As it is written. Names of months in other languages are feedparser's to know, for they cannot be misread."""
    written, known = entry[name], entry.get(f"{name}_parsed")
    if not (isinstance(written, str) and known and _FOREIGN.search(written)):
        return written
    try:
        dates.read(written)
    except ValueError:
        warnings.append(f"/{ours} {written} was read as {known}")
        return known
    return written
