"""What kind of file it is: by the media type it was sent with, by its name, by its first bytes."""

import re
from email.message import Message
from pathlib import PurePath
from typing import Literal, TypeAlias

from archive.parsing.failures import UnsupportedMediaType

Format: TypeAlias = Literal["text", "markdown", "html", "json", "ndjson"]

MEDIA_TYPES: dict[str, Format] = {
    "text/plain": "text",
    "text/markdown": "markdown",
    "text/x-markdown": "markdown",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/json": "json",
    "text/json": "json",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "application/x-jsonlines": "ndjson",
}
SUFFIXES: dict[str, Format] = {
    ".txt": "text", ".text": "text", ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html",
    ".xhtml": "html", ".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson",
}  # fmt: skip
_UNKNOWN = frozenset(["application/octet-stream", "binary/octet-stream", "application/x-gzip", "application/gzip"])
_BINARY = (b"%PDF-", b"PK\x03\x04", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"WARC/", b"SQLite format 3", b"\x7fELF")
_HTML = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html|head|body|article|div|p)\b", re.IGNORECASE | re.DOTALL
)
_OTHER_XML = re.compile(rb"\s*<(?:\?xml|rss|feed|rdf|opml)\b", re.IGNORECASE)
_MARKDOWN = re.compile(rb"(?:\xef\xbb\xbf)?(?:---[ \t]*\r?\n.*?\n---|\+\+\+[ \t]*\r?\n.*?\n\+\+\+|# \S)", re.DOTALL)


def format_of(content: bytes, media_type: str | None, name: str | None) -> Format:
    """Raises UnsupportedMediaType."""
    if media_type and essence(media_type) not in _UNKNOWN:
        return _known(media_type)
    return format_of_name(name) or sniffed(content)


def essence(media_type: str) -> str:
    """The type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def charset_of(media_type: str | None) -> str | None:
    """The charset parameter, quoted or not."""
    if not media_type or ";" not in media_type:
        return None
    header = Message()
    header["Content-Type"] = media_type.replace("\r", " ").replace("\n", " ")
    charset = header.get_param("charset")
    return charset if isinstance(charset, str) else None


def format_of_name(name: str | None) -> Format | None:
    """By the suffix, that of the file inside for `.gz`."""
    suffixes = [suffix.lower() for suffix in PurePath(name or "").suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    return SUFFIXES.get(suffixes[-1]) if suffixes else None


def sniffed(content: bytes) -> Format:
    """By the first bytes; plain text where nothing says more. Raises UnsupportedMediaType for what is not text."""
    head = content[:4096]
    if head.startswith(_BINARY):
        raise UnsupportedMediaType("these bytes: they are no text")
    if _HTML.match(head):
        return "html"
    if _OTHER_XML.match(head):
        raise UnsupportedMediaType("XML that is no page")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[{")):
        return _one_or_many(content)
    return "markdown" if _MARKDOWN.match(content) else "text"


def _one_or_many(content: bytes) -> Format:
    """A first line that closes what it opens, and a second one, are NDJSON."""
    first, _, rest = content.strip().partition(b"\n")
    return "ndjson" if first.rstrip().endswith(b"}") and rest.lstrip().startswith(b"{") else "json"


def _known(media_type: str) -> Format:
    plain = essence(media_type)
    if plain in MEDIA_TYPES:
        return MEDIA_TYPES[plain]
    if plain.endswith("+json"):
        return "json"
    raise UnsupportedMediaType(plain[:100] or "a file without a media type")
