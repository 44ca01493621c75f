"""What may be asked, as types. Every field may be left out; the HTTP reference describes them and has the defaults."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

Values = str | Sequence[str]
"""One value, or several of which any will do."""

Scope = Literal["read", "write", "admin"]
OnConflict = Literal["update", "skip", "error"]


class Filters(TypedDict, total=False):
    source: Values
    author: Values
    category: Values
    tag: Values
    series: Values
    language: Values
    published_after: str
    published_before: str
    modified_after: str
    modified_before: str
    has: Values
    missing: Values


class ListQuery(Filters, total=False):
    """`limit` is the size of a page."""

    sort: str
    include: Values
    limit: int
    cursor: str


class SearchQuery(Filters, total=False):
    mode: Literal["hybrid", "semantic", "lexical"]
    level: Literal["article", "paragraph"]
    like: Values
    unlike: Values
    min_relevance: float
    sort: Literal["relevance", "published_at", "-published_at"]
    recency: float
    diversity: float
    matches: int
    highlight: bool
    facets: Values
    collapse: bool
    explain: bool
    include: Values
    min_seq: int
    limit: int
    cursor: str


class RelatedQuery(Filters, total=False):
    avoid: Values
    before: str
    after: str
    diversity: float
    per_series: int | None
    min_relevance: float
    relation: Values
    why: bool
    include: Values
    limit: int
    cursor: str


class DuplicatesQuery(Filters, total=False):
    kind: Literal["exact", "near"]
    members: int
    limit: int
    cursor: str


class StoryListQuery(Filters, total=False):
    """`min_articles`: of those that pass the filters."""

    min_articles: int
    sort: Literal["-active_at", "active_at", "-articles", "articles"]
    limit: int
    cursor: str


class Seed(TypedDict, total=False):
    """An article of the archive (`ref`) or a text that is not in it; one of the two."""

    ref: str
    text: str
    weight: float


class BatchSeed(Seed, total=False):
    """A line of a batch: with `if_etag`, an unchanged list is not sent again."""

    if_etag: str


class NewArticle(TypedDict, total=False):
    """An article to be stored: at least a title or some text. `text` has its paragraphs separated by blank lines."""

    title: str
    dek: str | None
    text: str
    paragraphs: Sequence[str | Mapping[str, Any]]
    authors: Sequence[str]
    categories: Sequence[str]
    tags: Sequence[str]
    series: str | None
    language: str | None
    source: str | None
    external_id: str | None
    url: str | None
    canonical_url: str | None
    published_at: str | None
    modified_at: str | None
    references: Sequence[Mapping[str, Any]]
    extra: Mapping[str, Any]


class SourceChanges(TypedDict, total=False):
    """What may be changed of a watched source."""

    interval_s: int
    paused: bool
    source: str | None
