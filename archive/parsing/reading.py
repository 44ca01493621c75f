"""Bytes in, drafts out: finds the reader that knows the format."""

import io
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from archive.parsing import html, markdown, text
from archive.parsing.article import draft_from_json
from archive.parsing.characters import storable, unix_lines, unstorable
from archive.parsing.encoding import decode
from archive.parsing.failures import ParsingFailed, Unreadable, UnsupportedMediaType
from archive.parsing.json_items import iter_ndjson, read_json
from archive.parsing.media import Format, charset_of, format_of
from archive.urls import normalize
from db.records import Draft, Original

_MEDIA_TYPES: dict[Format, str] = {"text": "text/plain", "markdown": "text/markdown", "html": "text/html"}


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

    The format is that of the media type, else of the name's suffix, else of the first bytes. `charset` beats the parameter of
    the media type. `strict`: see `draft_from_json`. Raises UnsupportedMediaType."""
    format_ = format_of(content, media_type, name)
    name = storable(name) if name else None
    charset = charset or charset_of(media_type)
    items: Iterable[Draft | Unreadable]
    try:
        if format_ == "ndjson":
            items = iter_ndjson(io.BytesIO(content), charset=charset, name=name, strict=strict)
        elif format_ == "json":
            items = read_json(content, charset=charset, name=name, strict=strict)
        else:
            items = [_document(content, format_, charset, name, url, strict)]
        return list(items)
    except UnsupportedMediaType:
        raise
    except ParsingFailed as failure:
        return [Unreadable.because(failure, 0)]


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
        raise ParsingFailed(f"has to be one article, not {len(items)}", "")
    item = items[0]
    if isinstance(item, Unreadable):
        raise ParsingFailed(item.reason, item.pointer, item.errors)
    return item


def _document(content: bytes, format_: Format, charset: str | None, name: str | None, url: str | None, strict: bool) -> Draft:
    if url:
        _check_address(url)
    written, charset, warnings = decode(content, charset, page=format_ == "html")
    obstacle = unstorable(written)
    if obstacle and strict:
        raise ParsingFailed(obstacle, "")
    if obstacle:
        warnings += (f"the text {obstacle}; such characters were removed",)
    fields = _fields(format_, unix_lines(storable(written)), url)
    if url:
        fields.setdefault("url", url)
    draft = draft_from_json(fields, original=Original(content, _MEDIA_TYPES[format_], charset, name))
    return replace(draft, warnings=warnings + draft.warnings)


def _check_address(url: str) -> None:
    try:
        normalize(url)
    except ValueError as wrong:
        raise ParsingFailed(f"is no address of a page: {wrong}", "/url") from None


def _fields(format_: Format, written: str, url: str | None) -> dict[str, Any]:
    if format_ == "html":
        return html.fields_of(written, url)
    return markdown.fields_of(written) if format_ == "markdown" else text.fields_of(written)
