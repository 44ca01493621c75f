"""What a feed says of an entry, whatever its format, and the bytes that keep it."""

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from archive.parsing.blocks import Block
from archive.parsing.characters import one_line, paragraphs_of
from archive.parsing.failures import ParsingFailed
from archive.parsing.html import blocks_of_fragment

MEDIA_TYPE: Final = "application/vnd.backfile.entry+json"
"""An entry by itself, which has no format outside its feed: `Record.content`."""

_TAG = re.compile(r"<(?:/?[a-zA-Z]|!--)")
_BREAKING = re.compile(r"<(?:p|div|br)\b", re.IGNORECASE)
_BLOCK = re.compile(r"\s*<(?:h[1-6]|ul|ol|li|pre|blockquote|table|figure|section|article|hr|dl)\b", re.IGNORECASE)
_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*")


@dataclass(frozen=True, slots=True)
class Record:
    """`version` names the format, as feedparser or a JSON Feed does. `base`: what its addresses are relative to. `warnings` are
    those about the feed."""

    version: str
    feed: Mapping[str, Any]
    entry: Mapping[str, Any]
    base: str | None = None
    warnings: Sequence[str] = ()

    @property
    def content(self) -> bytes:
        values = {
            "version": self.version,
            "base": self.base,
            "feed": self.feed,
            "entry": self.entry,
            "warnings": [*self.warnings],
        }
        return json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogatepass")

    @classmethod
    def of(cls, content: bytes) -> "Record":
        """What `content` was made of. Raises ParsingFailed."""
        try:
            values = json.loads(content.decode("utf-8", "surrogatepass"))
            feed, entry, warnings = (values[name] for name in ("feed", "entry", "warnings"))
            version, base = values["version"], values["base"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise ParsingFailed("no entry of a feed") from None
        are_right = isinstance(version, str) and isinstance(base, str | None) and isinstance(warnings, list)
        if not (are_right and isinstance(feed, Mapping) and isinstance(entry, Mapping)):
            raise ParsingFailed("no entry of a feed")
        return cls(version, feed, entry, base, [str(warning) for warning in warnings])


class Markup(NamedTuple):
    source: str
    is_html: bool


class Said(NamedTuple):
    """`fields` are named values as `draft_from_json` takes them, without any text. `contents` are said to be the text, all of it
    (one is enough where there are several); the summary may be that too."""

    fields: dict[str, Any]
    contents: tuple[Markup, ...]
    summary: Markup | None
    warnings: tuple[str, ...] = ()


def blocks_of(markup: Markup | None) -> list[Block]:
    """The paragraphs, with their kinds. Markup without a tag is text, and one without paragraphs has blank lines for them."""
    if markup is None:
        return []
    source = markup.source
    if not markup.is_html or not _TAG.search(source):
        return [Block(text) for text in paragraphs_of(html.unescape(source) if markup.is_html else source)]
    if not _BREAKING.search(source):
        parts = _BLANK_LINE.split(source.replace("\r\n", "\n"))
        source = "\n".join(part if len(parts) == 1 or _BLOCK.match(part) else f"<p>{part}</p>" for part in parts)
    return blocks_of_fragment(source)


def line_of(markup: Markup | None) -> str:
    """All of it as one line of plain text."""
    return one_line(" ".join(block.text for block in blocks_of(markup)))
