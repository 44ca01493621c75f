"""What kind of file it is: by the media type it was sent with, by its name, and by its first bytes.

Bytes that can only be one thing (a PDF, a ZIP) are that, whatever they are called. Otherwise the media type says it, then the
name, then what the bytes look like.
"""

import re
from email.message import Message
from pathlib import PurePath
from typing import Final, Literal, TypeAlias

from archive.parsing.failures import ParsingFailed, UnsupportedMediaType

Format: TypeAlias = Literal[
    "text", "markdown", "html", "json", "ndjson", "csv", "feed", "entry", "opml", "pdf", "zip", "tar", "packed", "warc"
]
"""`entry`: one of a feed, as we keep it. `zip`: also DOCX and EPUB, which are told by what is in them. `packed`: gzip, bzip2 or
xz around one file."""

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
    "application/feed+json": "feed",
    "application/rss+xml": "feed",
    "application/vnd.backfile.entry+json": "entry",
    "application/atom+xml": "feed",
    "application/rdf+xml": "feed",
    "text/x-opml": "opml",
    "application/xml+opml": "opml",
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/x-zip-compressed": "zip",
    "application/epub+zip": "zip",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "zip",
    "application/x-tar": "tar",
    "application/warc": "warc",
}
SUFFIXES: dict[str, Format] = {
    ".txt": "text", ".text": "text", ".md": "markdown", ".markdown": "markdown", ".mdx": "markdown", ".html": "html",
    ".htm": "html", ".xhtml": "html", ".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson", ".csv": "csv", ".tsv": "csv",
    ".rss": "feed", ".atom": "feed", ".rdf": "feed", ".opml": "opml", ".pdf": "pdf", ".zip": "zip", ".epub": "zip",
    ".docx": "zip", ".tar": "tar", ".tgz": "packed", ".tbz2": "packed", ".txz": "packed", ".gz": "packed", ".bz2": "packed",
    ".xz": "packed", ".warc": "warc", ".arc": "warc",
}  # fmt: skip
BY_BYTES = frozenset([".xml"])
"""Suffixes that say nothing of what is in the file."""
PACKINGS = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
_UNKNOWN = frozenset(
    ["application/octet-stream", "binary/octet-stream", "application/x-gzip", "application/gzip", "application/x-bzip2",
     "application/x-xz", "text/xml", "application/xml", "application/x-empty"]
)  # fmt: skip
_MAGIC: dict[bytes, Format] = {
    b"%PDF-": "pdf", b"PK\x03\x04": "zip", b"PK\x05\x06": "zip", b"WARC/": "warc", b"filedesc://": "warc",
    **dict.fromkeys(PACKINGS, "packed"),
}  # fmt: skip
_NO_TEXT = (
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"SQLite format 3", b"\x7fELF", b"MZ\x90", b"\xca\xfe\xba\xbe", b"OggS", b"ID3",
    b"\xd0\xcf\x11\xe0", b"Rar!\x1a", b"7z\xbc\xaf", b"II*\x00", b"MM\x00*", b"wOFF", b"wOF2", b"BM6",
)  # fmt: skip
_HTML = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html|head|body|article|div|p)\b", re.IGNORECASE | re.DOTALL
)
_FEED = re.compile(rb"<(?:\w+:)?(?:rss|feed|rdf|channel)\b[^>]*>", re.IGNORECASE)
_OPML = re.compile(rb"<opml\b", re.IGNORECASE)
_JSON_FEED = re.compile(rb'"version"\s*:\s*"https?:\\?/\\?/jsonfeed\.org\\?/version')
_XML = re.compile(rb"\s*<(?:\?xml|!DOCTYPE|!--|\w)", re.IGNORECASE)
_MARKDOWN = re.compile(rb"(?:\xef\xbb\xbf)?(?:---[ \t]*\r?\n.*?\n---|\+\+\+[ \t]*\r?\n.*?\n\+\+\+|# \S)", re.DOTALL)

HEAD: Final = 4096
"""How many bytes are looked at."""


def format_of(head: bytes, media_type: str | None, name: str | None) -> Format:
    """`head`: the first `HEAD` bytes or more. Raises UnsupportedMediaType."""
    if certain := _certain(head):
        return certain
    if media_type and essence(media_type) not in _UNKNOWN:
        return _feed_in_json(head, _known(media_type))
    named = format_of_name(name)
    return _feed_in_json(head, named) if named else sniffed(head)


def _certain(head: bytes) -> Format | None:
    """What the bytes can only be. Raises UnsupportedMediaType for pictures, programs and other things without text."""
    for magic, format_ in _MAGIC.items():
        if head.startswith(magic):
            return format_
    if head[257:262] == b"ustar":
        return "tar"
    if head.startswith(_NO_TEXT):
        raise UnsupportedMediaType("these bytes: they are no text")
    return None


def _feed_in_json(head: bytes, format_: Format) -> Format:
    return "feed" if format_ == "json" and _JSON_FEED.search(head) else format_


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
    """By the suffix."""
    return SUFFIXES.get(PurePath(name or "").suffix.lower())


def is_named_as_input(name: str) -> bool:
    """Whether a file of this name, found in a folder, is one to be read: by the suffix, that of the file inside for `.gz`."""
    suffixes = [suffix.lower() for suffix in PurePath(name).suffixes]
    if suffixes and suffixes[-1] in (".gz", ".bz2", ".xz"):
        suffixes.pop()
    return bool(suffixes) and (suffixes[-1] in SUFFIXES or suffixes[-1] in BY_BYTES)


def sniffed(head: bytes) -> Format:
    """By the first bytes; plain text where nothing says more. Raises UnsupportedMediaType for what is not text."""
    if certain := _certain(head):
        return certain
    plain = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if _XML.match(plain):
        return _of_markup(head, plain)
    if plain.startswith((b"{", b"[{")):
        return _feed_in_json(head, _one_or_many(plain))
    return "markdown" if _MARKDOWN.match(head) else "text"


def _of_markup(head: bytes, plain: bytes) -> Format:
    """A page, a feed or a list of feeds; other XML is none of them. Text that begins with a tag is a page in pieces."""
    if _HTML.match(plain):
        return "html"
    if _OPML.search(head):
        return "opml"
    if _FEED.search(head):
        return "feed"
    if plain.startswith((b"<?xml", b"<!DOCTYPE", b"<!doctype")):
        raise UnsupportedMediaType("XML that is neither a page nor a feed")
    return "text"


def _one_or_many(plain: bytes) -> Format:
    """A first line that closes what it opens, and a second one, are NDJSON."""
    first, _, rest = plain.partition(b"\n")
    return "ndjson" if first.rstrip().endswith(b"}") and rest.lstrip().startswith(b"{") else "json"


def _known(media_type: str) -> Format:
    plain = essence(media_type)
    if plain in MEDIA_TYPES:
        return MEDIA_TYPES[plain]
    if plain.endswith("+json"):
        return "json"
    raise UnsupportedMediaType(plain[:100] or "a file without a media type")


def refuse_empty(content: bytes) -> None:
    """Raises ParsingFailed where there is nothing at all."""
    if not content.strip(b"\xef\xbb\xbf \t\r\n\x00"):
        raise ParsingFailed("the file is empty", "", code="empty")
