"""Ids, digests and folded copies: what makes two things the same. Pure functions."""

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any, Protocol

from db.errors import NotStorable
from db.records import Draft, Moment

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
NOT_CONTENT = frozenset({"original", "warnings", "aliases", "partial", "language_detected"})
"""The fields of a Draft that may differ between two copies of the same article."""
_LONGEST = 200
"""Characters of an indexed text; PostgreSQL indexes at most 2,704 bytes."""


def new_article_id(now: Moment) -> str:
    """`a_` and 20 characters: 50 bits of the time in milliseconds, so that ids grow with it, and 50 random ones."""
    return "a_" + _base32((max(now.micros, 0) // 1000 << 50) | secrets.randbits(50), 20)


def new_story_id(now: Moment) -> str:
    """As that of an article, with `s_`."""
    return new_article_id(now).replace("a_", "s_", 1)


def paragraph_ids(article_id: str, texts: Iterable[str]) -> Iterator[str]:
    """An id for each paragraph, the same for as long as its text is: `p_` and 130 bits in 26 characters."""
    seen: dict[str, int] = {}
    for text in texts:
        seen[text] = occurrence = seen.get(text, 0) + 1
        digest = hashlib.sha256(f"{article_id}\n{occurrence}\n{text}".encode()).digest()
        yield "p_" + _base32(int.from_bytes(digest[:17]) >> 6, 26)


def _base32(number: int, length: int) -> str:
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(5 * (length - 1), -1, -5))


TELLING_LENGTH = 300
"""Characters of text that no two articles share by chance."""


def content_digest(draft: Draft) -> str:
    """sha256 over all content fields: what the source says, but not the original bytes, and not what we make of it, such as
    warnings and a language that was detected. Raises NotStorable."""
    content = {field.name: _plain(getattr(draft, field.name)) for field in fields(Draft) if field.name not in NOT_CONTENT}
    return _digest(content | {"language": None} if draft.language_detected else content)


def text_digest(draft: Draft) -> str:
    """Equal for exact duplicates in words: sha256 over the paragraph texts, and over the title where they are too short to tell
    an article from another; the same piece often runs under several titles. Raises NotStorable."""
    texts = [paragraph.text for paragraph in draft.paragraphs]
    return _digest(["" if is_telling(draft) else draft.title, texts])


def is_telling(draft: Draft) -> bool:
    """Whether the text is so long that no other article has it by chance."""
    return sum(len(paragraph.text) for paragraph in draft.paragraphs) >= TELLING_LENGTH


class Named(Protocol):
    @property
    def url(self) -> str | None: ...
    @property
    def canonical_url(self) -> str | None: ...
    @property
    def external_id(self) -> str | None: ...
    @property
    def source(self) -> str | None: ...


def is_nameless(article: Named) -> bool:
    """Whether it has neither an address nor an id of its own."""
    return not (article.url or article.canonical_url or article.external_id)


def _plain(value: Any) -> Any:
    """The value as JSON has it. A moment is what its source wrote; other records are the list of their fields."""
    if isinstance(value, Moment):
        return value.text
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return [_plain(getattr(value, name)) for name in value.__dataclass_fields__]
    return value


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical_json(value)).hexdigest()


def canonical_json(value: Any) -> bytes:
    """One spelling for equal values. Raises NotStorable for what the databases would refuse or alter."""
    try:
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=dict)
        encoded = text.encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise NotStorable(f"cannot be stored: {error}") from error
    if _has_nul(text):
        raise NotStorable("cannot be stored: it has a NUL character")
    return encoded


_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def _has_nul(json_text: str) -> bool:
    return "\\u0000" in json_text and _ESCAPED_NUL.search(json_text) is not None


def is_storable(text: str) -> bool:
    """Whether any database of ours could hold the text; one that cannot be held equals nothing that is."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def fold(value: str) -> str:
    """Equal for values that differ only in case; short enough for an index."""
    return index_key(value.casefold())


def fold_language(tag: str) -> str:
    """Equal for language tags that differ only in case, or in `_` for `-`."""
    return fold(tag.replace("_", "-"))


def index_key(value: str) -> str:
    """The value itself, or for a very long one its beginning and its sha256."""
    if len(value) <= _LONGEST:
        return value
    return value[: _LONGEST - 64] + hashlib.sha256(value.encode()).hexdigest()


def ext_key(source: str | None, external_id: str) -> str:
    """What a source's own id is unique as."""
    return index_key(f"{source or ''}:{external_id}")


def title_sort(title: str) -> str:
    """Titles are ordered by their first 200 characters, without regard to case."""
    return title.casefold()[:_LONGEST]


def words_of(text: str) -> str:
    """The words in lower case, each after a space, so that ` pre` finds the words that begin with `pre`."""
    return "".join(f" {word}" for word in re.findall(r"[^\W_]+", text.casefold()))
