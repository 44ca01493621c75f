"""Documents: bytes that are one article, in a format that people write or print in."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, BinaryIO, Literal, TypeAlias

from archive.parsing import docx, epub, html, markdown, pdf, text
from archive.parsing.article import draft_from_json
from archive.parsing.characters import storable, unix_lines, unstorable
from archive.parsing.encoding import decode
from archive.parsing.failures import ParsingFailed, Unreadable
from archive.parsing.items import Given, Item
from archive.parsing.limits import FILE
from archive.parsing.media import charset_of, refuse_empty
from archive.urls import normalize
from db.records import Draft, Original

Written: TypeAlias = Literal["text", "markdown", "html"]
Printed: TypeAlias = Literal["pdf", "docx", "epub"]

_WRITTEN: dict[Written, tuple[str, Callable[[str, Given], dict[str, Any]]]] = {
    "text": ("text/plain", lambda source, _: text.fields_of(source)),
    "markdown": ("text/markdown", lambda source, given: markdown.fields_of(source, given.name)),
    "html": ("text/html", lambda source, given: html.fields_of(source, given.url)),
}
_PRINTED: dict[Printed, tuple[str, Callable[[bytes], tuple[dict[str, Any], tuple[str, ...]]]]] = {
    "pdf": ("application/pdf", pdf.fields_of),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", docx.fields_of),
    "epub": ("application/epub+zip", epub.fields_of),
}


def item(stream: BinaryIO, given: Given, format_: Written | Printed) -> Item:
    """The one article in the stream, which is read when it is wanted."""

    def read() -> Draft | Unreadable:
        try:
            content = whole(stream, given)
            draft = _written(content, format_, given) if format_ in _WRITTEN else _printed(content, format_, given)  # type: ignore[arg-type]
        except ParsingFailed as failure:
            return Unreadable.because(failure, 0)
        except (OSError, EOFError) as failure:
            return Unreadable(0, None, f"the file cannot be read: {failure}", code="malformed")
        return draft

    return Item(given.place, read)


def whole(stream: BinaryIO, given: Given) -> bytes:
    """All of the stream. Raises ParsingFailed where that is nothing, or more than is read at once."""
    content = stream.read(FILE + 1)
    if len(content) > FILE:
        raise ParsingFailed(f"the file has more than {FILE:,} bytes", code="too_large")
    refuse_empty(content)
    return content


def _written(content: bytes, format_: Written, given: Given) -> Draft:
    if given.url:
        _check_address(given.url)
    media_type, fields_of = _WRITTEN[format_]
    written, charset, warnings = decode(content, given.charset or charset_of(given.media_type), page=format_ == "html")
    obstacle = unstorable(written)
    if obstacle and given.strict:
        raise ParsingFailed(obstacle, "")
    if obstacle:
        warnings += (f"the text {obstacle}; such characters were removed",)
    fields = fields_of(unix_lines(storable(written)), given)
    return _draft(fields, Original(content, media_type, charset, _name(given)), given, warnings)


def _printed(content: bytes, format_: Printed, given: Given) -> Draft:
    media_type, fields_of = _PRINTED[format_]
    fields, warnings = fields_of(content)
    return _draft(fields, Original(content, media_type, None, _name(given)), given, warnings)


def _draft(fields: dict[str, Any], original: Original, given: Given, warnings: tuple[str, ...]) -> Draft:
    if given.url:
        fields.setdefault("url", given.url)
    draft = draft_from_json(fields, original=original)
    return replace(draft, warnings=warnings + draft.warnings)


def _name(given: Given) -> str | None:
    return storable(given.name) if given.name else None


def _check_address(url: str) -> None:
    try:
        normalize(url)
    except ValueError as wrong:
        raise ParsingFailed(f"is no address of a page: {wrong}", "/url", code="invalid_article") from None
