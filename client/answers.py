"""The JSON of the answers, as types. Nothing is parsed or checked: what the server sent is what you have.

Descriptions of the fields are in the HTTP reference; a test keeps names and this file together.
"""

from typing import Any, Literal, TypedDict

from client.problems import FieldError

Kind = Literal["paragraph", "heading", "quote", "list", "code", "caption"]


Outcome = Literal["created", "updated", "unchanged", "skipped"]

Relation = Literal["duplicate", "update", "same_story", "follow_up", "background", "same_topic"]


class ProblemDocument(TypedDict):
    """What went wrong (RFC 9457), where it stands in an answer."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str | None
    errors: list[FieldError]
    request_id: str | None


class Indexing(TypedDict):
    """How far an article's way into the indexes is. `coverage` is the share of its text that passages cover: always 1."""

    state: Literal["pending", "searchable"]
    seq: int
    passages: int
    coverage: float


class Paragraph(TypedDict):
    id: str
    ordinal: int
    kind: Kind
    text: str
    start: int
    end: int
    citations: list[str]


class Reference(TypedDict):
    label: str | None
    text: str
    url: str | None
    cited_by: list[str]


class Revision(TypedDict):
    number: int
    at: str
    sha256: str
    changed: list[str]
    paragraphs_added: int
    paragraphs_removed: int
    document: dict[str, Any] | None


class Original(TypedDict):
    media_type: str
    charset: str | None
    name: str | None
    bytes: int
    content_base64: str


class Article(TypedDict):
    """An article. Fields that were not asked for with `include` are null."""

    id: str
    title: str
    dek: str | None
    url: str | None
    canonical_url: str | None
    source: str | None
    external_id: str | None
    authors: list[str]
    categories: list[str]
    tags: list[str]
    series: str | None
    language: str | None
    language_detected: bool
    published_at: str | None
    modified_at: str | None
    ingested_at: str
    updated_at: str
    revision: int
    seq: int
    sha256: str
    paragraphs: list[Paragraph] | None
    references: list[Reference] | None
    citations_without_entry: list[str] | None
    revisions: list[Revision] | None
    original: Original | None
    extra: dict[str, Any] | None
    aliases: list[str] | None
    indexing: Indexing | None


class ArticlePage(TypedDict):
    items: list[Article]
    count: int
    next: str | None


class ArticleParagraphs(TypedDict):
    article: Article
    items: list[Paragraph]


class ParagraphInContext(TypedDict):
    article: Article
    paragraph: Paragraph
    before: list[Paragraph]
    after: list[Paragraph]


class Revisions(TypedDict):
    items: list[Revision]


class WrittenArticle(Article):
    """The article as it is now, and what the write did. `unchanged`: the same content was there already."""

    status: Outcome
    warnings: list[str]


class BatchItem(TypedDict):
    """What became of one article of a batch. `status` is the one that it would have got by itself."""

    index: int
    status: int
    id: str | None
    outcome: Outcome | None
    revision: int | None
    seq: int | None
    warnings: list[str]
    problem: ProblemDocument | None


class BatchAnswer(TypedDict):
    items: list[BatchItem]
    seq: int | None
    searchable: bool


class SemanticSignal(TypedDict):
    similarity: float
    rank: int


class LexicalSignal(TypedDict):
    bm25: float
    rank: int


class Signals(TypedDict):
    semantic: SemanticSignal | None
    lexical: LexicalSignal | None


class Match(TypedDict):
    paragraph_id: str
    ordinal: int
    text: str
    highlights: list[tuple[int, int]]
    similarity: float | None
    relevance: float | None


class AlsoIn(TypedDict):
    """A duplicate of the item, left out of the list."""

    id: str
    title: str
    url: str | None
    source: str | None
    external_id: str | None
    published_at: str | None
    relation: Relation | None


class SearchItem(TypedDict):
    rank: int
    article: Article
    relevance: float
    score: float
    signals: Signals
    matches: list[Match]
    also_in: list[AlsoIn]
    explain: dict[str, Any] | None


class Count(TypedDict):
    value: int
    relation: Literal["eq", "gte"]


class IndexState(TypedDict):
    """How far the answer's index had read."""

    seq: int
    pending: int
    model: str


class FacetValue(TypedDict):
    value: str
    count: int


class Rejected(TypedDict):
    """What was found, and is not relevant enough to be an item."""

    article: Article
    relevance: float
    signals: Signals


class SearchAnswer(TypedDict):
    query: dict[str, Any]
    mode_used: Literal["hybrid", "semantic", "lexical"]
    degraded: bool
    warnings: list[str]
    items: list[SearchItem]
    rejected: list[Rejected]
    count: Count
    facets: dict[str, list[FacetValue]]
    index: IndexState
    took_ms: float
    next: str | None


class PassagePair(TypedDict):
    """A paragraph of the seed and the paragraph of the related article that it meets."""

    seed_paragraph_id: str | None
    seed_text: str
    paragraph_id: str
    text: str
    similarity: float


class Why(TypedDict):
    pairs: list[PassagePair]
    shared_terms: list[str]
    shared_tags: list[str]
    shared_authors: list[str]
    days_apart: int | None
    cites: bool
    cited_by: bool


class RelatedItem(TypedDict):
    rank: int
    article: Article
    relevance: float
    score: float
    similarity: float
    relation: Relation | None
    also_in: list[AlsoIn]
    why: Why | None


class RelatedAnswer(TypedDict):
    query: dict[str, Any]
    degraded: bool
    warnings: list[str]
    items: list[RelatedItem]
    also_in: list[AlsoIn]
    count: Count
    index: IndexState
    took_ms: float
    next: str | None


class RelatedBatchLine(TypedDict):
    """One line of a batch: either `items`, or `not_modified`, or a `problem`."""

    index: int
    ref: str | None
    etag: str | None
    not_modified: bool
    items: list[RelatedItem] | None
    problem: dict[str, Any] | None


class Duplicate(TypedDict):
    """An article of a group of duplicates, and which of the others it is closest to."""

    article: Article
    relation: Literal["exact", "near"] | None
    of: str | None
    resemblance: float | None
    similarity: float | None


class DuplicateGroup(TypedDict):
    """Articles of which each is a duplicate of another of the group, the earliest first."""

    kind: Literal["exact", "near"]
    first: str
    count: int
    items: list[Duplicate]


class DuplicatesPage(TypedDict):
    items: list[DuplicateGroup]
    count: int
    pending: int
    next: str | None


class ArticleDuplicates(TypedDict):
    """The duplicates of one article, the earliest first."""

    article: Article
    first: str
    items: list[Duplicate]
    count: int
    pending: int


class Reuse(TypedDict):
    """A paragraph of another article that says the same, or nearly so."""

    article: AlsoIn
    paragraph_id: str
    ordinal: int
    text: str
    kind: Literal["verbatim", "near"]
    resemblance: float
    containment: float


class ParagraphReuse(TypedDict):
    """A paragraph that other articles have too."""

    paragraph_id: str
    ordinal: int
    text: str
    articles: int
    first: AlsoIn
    items: list[Reuse]


class ReuseAnswer(TypedDict):
    article: Article
    items: list[ParagraphReuse]
    paragraphs: int
    reused: int
    pending: int


class Story(TypedDict):
    """Articles that report the same developing event; of a list with filters, those of them that pass."""

    id: str
    title: str
    articles: int
    first_published_at: str | None
    last_published_at: str | None
    active_at: str
    representative: Article


class Region(TypedDict):
    """A part of the map, with the ids of the articles in its middle."""

    text: str
    x: float
    y: float
    central: list[str]


class Map(TypedDict):
    """Articles on a plane, column by column."""

    ids: list[str]
    titles: list[str]
    x: list[float]
    y: list[float]
    days: list[str | None]
    sources: list[str | None]
    categories: list[str | None]
    regions: list[Region]
    count: int
    seq: int
    pending: int
    computed_at: str | None


class StoryPage(TypedDict):
    items: list[Story]
    count: int
    seq: int
    pending: int
    next: str | None


class StoryTimeline(Story):
    """A story with its articles, in order of time."""

    items: list[Article]
    seq: int
    pending: int
    next: str | None


class FacetCounts(TypedDict):
    facets: dict[str, list[FacetValue]]
    articles: int


class Period(TypedDict):
    period: str
    count: int


class Timeline(TypedDict):
    interval: Literal["year", "month", "day"]
    items: list[Period]
    undated: int


class CalendarPage(TypedDict):
    """Counts of the periods within, and for a day its articles."""

    period: str | None
    periods: list[Period]
    items: list[Article]
    count: int
    closed: bool
    next: str | None


class OnThisDay(TypedDict):
    month: int
    day: int
    items: list[Article]


class Suggestion(TypedDict):
    kind: Literal["title", "author", "tag", "category"]
    value: str
    count: int
    article_id: str | None


class Suggestions(TypedDict):
    items: list[Suggestion]


class Change(TypedDict):
    seq: int
    id: str
    deleted: bool
    at: str


class Changes(TypedDict):
    items: list[Change]
    seq: int
    more: bool


class IndexStatus(TypedDict):
    warnings: list[str]
    articles: int
    paragraphs: int
    passages: int
    pending: int
    seq: int
    vector_seq: int
    word_seq: int
    story_seq: int
    lag_s: float
    coverage: float
    model: str
    model_digest: str
    dimension: int
    window: int
    backend: str
    vector_index: str
    encoder_ready: bool


class CheckReport(TypedDict):
    """Proof that the indexes equal the database: every vector and every document compared, not counted."""

    clean: bool
    missing: int
    extra: int
    wrong: int
    pending: int
    articles: int
    passages: int
    seq: int
    examples: list[str]
    took_ms: float


class RebuildReport(TypedDict):
    articles: int
    passages: int
    encoded: int
    seq: int
    took_ms: float


class Key(TypedDict):
    id: str
    name: str
    scopes: list[str]
    created_at: str
    expires_at: str | None
    revoked_at: str | None


class CreatedKey(Key):
    """`secret` is shown this once; null where the answer repeats an earlier one."""

    secret: str | None


class Keys(TypedDict):
    items: list[Key]


class Liveness(TypedDict):
    status: Literal["ok"]


class Readiness(TypedDict):
    """`starting`: words can be searched, meaning not yet; `reasons` says why."""

    status: Literal["ready", "starting"]
    reasons: list[str]


JobState = Literal["enqueued", "processing", "succeeded", "failed", "canceled"]


class Job(TypedDict):
    """Work that goes on after the request: an import. Its numbers are those of items, of which each may be an article."""

    id: str
    kind: Literal["import", "reparse"]
    state: JobState
    detail: str | None
    source: str | None
    total: int
    done: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    failed: int
    warnings: int
    rate: float | None
    remaining_s: float | None
    seq: int
    searchable: bool
    created_at: str
    started_at: str | None
    updated_at: str
    finished_at: str | None


class JobPage(TypedDict):
    items: list[Job]
    next: str | None


class JobNote(TypedDict):
    """An item that was not stored, or, among the warnings, not wholly understood."""

    kind: Literal["error", "warning"]
    place: str
    code: str
    detail: str
    errors: list[FieldError]


class DraftParagraph(TypedDict):
    kind: Kind
    text: str
    citations: list[str]


class DraftReference(TypedDict):
    label: str | None
    text: str
    url: str | None


class Draft(TypedDict):
    """An article before it is stored."""

    title: str
    dek: str | None
    url: str | None
    canonical_url: str | None
    source: str | None
    external_id: str | None
    authors: list[str]
    categories: list[str]
    tags: list[str]
    series: str | None
    language: str | None
    published_at: str | None
    modified_at: str | None
    paragraphs: list[DraftParagraph]
    references: list[DraftReference]
    extra: dict[str, Any]


class PreviewItem(TypedDict):
    place: str
    article: Draft | None
    problem: JobNote | None
    warnings: list[str]


class Preview(TypedDict):
    """What an import would begin with; nothing is stored."""

    items: list[PreviewItem]
    map: dict[str, str]
    expected: int


class Source(TypedDict):
    """A feed, a sitemap or a list of addresses that is looked at again and again."""

    id: str
    url: str
    kind: Literal["auto", "feed", "sitemap", "list"]
    interval_s: int
    paused: bool
    source: str | None
    on_conflict: str
    state: Literal["waiting", "importing", "failing", "paused"]
    created_at: str
    checked_at: str | None
    changed_at: str | None
    due_at: str | None
    failures: int
    code: str | None
    detail: str | None
    created: int
    updated: int
    unchanged: int
    skipped: int
    failed: int
    job: str | None


class SourcePage(TypedDict):
    items: list[Source]
    count: int
    next: str | None
