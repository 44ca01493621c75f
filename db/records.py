"""The values that go into the database and come out of it.

Plain frozen dataclasses: no SQLAlchemy, no JSON, no HTTP. A `Draft` is an article before it is stored; an `Article` is one
that has an identity, a revision and a place (`seq`) in the change log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Keys: TypeAlias = NDArray[np.int64]
"""Internal article or passage keys, ascending unless said otherwise."""

Vectors: TypeAlias = NDArray[np.float32]
"""(n, dimension), unit length."""

Kind = Literal["paragraph", "heading", "quote", "list", "code", "caption"]
Label = Literal["author", "category", "tag"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time, as its source wrote it and as the clock orders it.

    `text` is an RFC 3339 date-time with the source's own offset, or a full-date where only the day is known: no hour is ever
    invented. `micros` counts microseconds since 1970-01-01T00:00Z; a full-date counts from its midnight UTC.
    """

    text: str
    micros: int

    @classmethod
    def of(cls, at: datetime) -> "Moment":
        """`at` must carry a time zone."""
        text = at.isoformat().replace("+00:00", "Z")
        return cls(text, (at - _EPOCH) // timedelta(microseconds=1))

    @classmethod
    def at(cls, micros: int) -> "Moment":
        """The moment in UTC that many microseconds after the epoch."""
        return cls.of(_EPOCH + timedelta(microseconds=micros))

    @property
    def day(self) -> str:
        """The calendar day in the source's own time zone, `YYYY-MM-DD`."""
        return self.text[:10]


@dataclass(frozen=True, slots=True)
class ParagraphDraft:
    """One paragraph to be stored. `citations` are the labels cited in it, in order, without brackets."""

    text: str
    kind: Kind = "paragraph"
    citations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """An entry of an article's own list of sources."""

    label: str | None
    text: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Original:
    """The bytes an article came from, untouched."""

    content: bytes
    media_type: str
    charset: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An article before it is stored. At least one of title and paragraphs is not empty.

    `extra` keeps what the source had and no field of ours holds (JSON values); `warnings` says what could not be read.
    `aliases` are further addresses it was found under, such as one that led to `url`. `partial`: only a summary of the article,
    which never takes the place of more. `language_detected`: the language is what the text looks like; no source states it.
    """

    title: str = ""
    paragraphs: tuple[ParagraphDraft, ...] = ()
    dek: str | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    series: str | None = None
    language: str | None = None
    source: str | None = None
    url: str | None = None
    canonical_url: str | None = None
    external_id: str | None = None
    published_at: Moment | None = None
    modified_at: Moment | None = None
    references: tuple[Reference, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    original: Original | None = None
    warnings: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    partial: bool = False
    language_detected: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A stored paragraph. `start` and `end` are character offsets into the body, the paragraphs joined by a blank line.

    `id` is made of the article's id, the text and its how-manieth occurrence, so it stays for as long as the text does.
    """

    id: str
    ordinal: int
    kind: Kind
    text: str
    start: int
    end: int
    citations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A stored article. `key` is internal; `id` is what callers see. `seq` is its latest place in the change log.

    `sha256` covers all content fields, `text_sha256` only the text: equal means an exact duplicate in words.
    `paragraphs`, `references` and `extra` are filled by reads that ask for them.
    """

    key: int
    id: str
    seq: int
    revision: int
    sha256: str
    text_sha256: str
    ingested_at: Moment
    updated_at: Moment
    title: str
    dek: str | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    series: str | None = None
    language: str | None = None
    language_detected: bool = False
    source: str | None = None
    url: str | None = None
    canonical_url: str | None = None
    external_id: str | None = None
    published_at: Moment | None = None
    modified_at: Moment | None = None
    paragraphs: tuple[Paragraph, ...] = ()
    references: tuple[Reference, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PassageDraft:
    """What will be encoded: body[start:end], with the title before it, out of the paragraphs first..last (ordinals).

    `paragraph` is the ordinal of the one it stands for; `digest` is the sha256 of the encoded text; `tokens` counts what the
    model reads of it, without special tokens.
    """

    ordinal: int
    paragraph: int
    first: int
    last: int
    start: int
    end: int
    tokens: int
    digest: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A stored passage of the article `article` (its key)."""

    key: int
    article: int
    ordinal: int
    paragraph: int
    first: int
    last: int
    start: int
    end: int
    tokens: int
    digest: str


@dataclass(frozen=True, slots=True)
class Change:
    """An article's latest place in the log. `deleted` rows outlive their article: they are the tombstones."""

    seq: int
    article: int
    id: str
    deleted: bool
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which articles: values of one field are alternatives, fields add up.

    Values match whole, without regard to case; a language also matches with a script or region (`en`: `en-GB`).
    Dates are half-open: `after` <= date < `before`, in microseconds (Moment.micros).
    `published_on` is a year, month or day (`2021`, `2021-03`, `2021-03-04`) of the source's own calendar.
    `has` and `missing` name fields: author, category, tag, series, language, source, url, canonical_url, external_id,
    published_at, modified_at, dek, title, references.
    """

    source: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    published_after: int | None = None
    published_before: int | None = None
    published_on: str | None = None
    modified_after: int | None = None
    modified_before: int | None = None
    has: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Filters()


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save did. `seq` is the article's latest place in the change log, also when nothing changed."""

    key: int
    id: str
    seq: int
    revision: int
    state: Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class Revision:
    """A state an article had or has. `document` is the whole article then, as JSON values (see db.revisions)."""

    number: int
    at: Moment
    sha256: str
    changed: tuple[str, ...]
    paragraphs_added: int
    paragraphs_removed: int
    document: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """An API key, without its secret. `prefix` is the secret's beginning, by which people tell keys apart."""

    id: str
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: Moment
    expires_at: Moment | None
    revoked_at: Moment | None = None
