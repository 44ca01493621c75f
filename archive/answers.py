"""What the archive answers: the JSON shapes of the HTTP interface and of `--json`."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from archive.relations import Relation
from archive.standing import Moment
from db.records import Kind

JobState = Literal["enqueued", "processing", "succeeded", "failed", "canceled"]


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Indexing(Answer):
    """How far an article's way into the indexes is. `coverage` is the share of its text that passages cover: always 1."""

    state: Literal["pending", "searchable"]
    seq: int
    passages: int
    coverage: float


class ParagraphOut(Answer):
    id: str
    ordinal: int
    kind: Kind
    text: str
    start: int
    end: int
    citations: list[str] = []


class ReferenceOut(Answer):
    label: str | None
    text: str
    url: str | None
    cited_by: list[str] = Field([], description="Ids of the paragraphs that cite it.")


class RevisionOut(Answer):
    number: int
    at: str
    sha256: str
    changed: list[str] = Field(description="Names of the fields that this revision changed.")
    paragraphs_added: int
    paragraphs_removed: int
    document: dict[str, Any] | None = Field(None, description="The whole article as it was; only for a single revision.")


class OriginalOut(Answer):
    media_type: str
    charset: str | None
    name: str | None
    bytes: int
    content_base64: str


class ArticleOut(Answer):
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
    language_detected: bool = Field(False, description="The language is what the text looks like; no source states it.")
    published_at: str | None = Field(description="As its source wrote it: a date-time with its own offset, or a date.")
    modified_at: str | None
    ingested_at: str
    updated_at: str
    revision: int
    seq: int
    sha256: str
    paragraphs: list[ParagraphOut] | None = None
    references: list[ReferenceOut] | None = None
    citations_without_entry: list[str] | None = None
    revisions: list[RevisionOut] | None = None
    original: OriginalOut | None = None
    extra: dict[str, Any] | None = None
    aliases: list[str] | None = Field(
        None, description="Other names that lead to it, as refs: addresses and ids that it once had, or was found under."
    )
    indexing: Indexing | None = None


class ArticlePage(Answer):
    items: list[ArticleOut]
    count: int
    next: str | None


class ArticleParagraphs(Answer):
    article: ArticleOut
    items: list[ParagraphOut]


class ParagraphInContext(Answer):
    article: ArticleOut
    paragraph: ParagraphOut
    before: list[ParagraphOut]
    after: list[ParagraphOut]


class Revisions(Answer):
    items: list[RevisionOut]


class Added(Answer):
    """What a write did. `unchanged`: the same content was there already; `skipped`: it was there and was to be left alone."""

    id: str
    status: Literal["created", "updated", "unchanged", "skipped"]
    revision: int
    seq: int
    warnings: list[str] = []


class Deleted(Answer):
    id: str
    seq: int


class SemanticSignal(Answer):
    similarity: float = Field(description="Cosine of query and best passage; belongs to the model.")
    rank: int


class LexicalSignal(Answer):
    bm25: float
    rank: int


class Signals(Answer):
    semantic: SemanticSignal | None = None
    lexical: LexicalSignal | None = None


class Match(Answer):
    paragraph_id: str
    ordinal: int
    text: str
    highlights: list[tuple[int, int]] = Field([], description="Character offsets [start, end) of the query's words in `text`.")
    similarity: float | None = None
    relevance: float | None = None


class AlsoIn(Answer):
    """A duplicate of the item, left out of the list."""

    id: str
    title: str
    url: str | None
    source: str | None
    external_id: str | None
    published_at: str | None
    relation: Relation | None = Field(None, description="What it is to the seeds, in lists of related articles.")


class SearchItem(Answer):
    rank: int
    article: ArticleOut
    relevance: float = Field(description="How likely people judge it relevant, 0 to 1; comparable between queries.")
    score: float = Field(description="The order of this answer and nothing else.")
    signals: Signals
    matches: list[Match]
    also_in: list[AlsoIn] = []
    explain: dict[str, Any] | None = None


class Rejected(Answer):
    """What was found, and is not relevant enough to be an item."""

    article: ArticleOut
    relevance: float
    signals: Signals


class Count(Answer):
    value: int
    relation: Literal["eq", "gte"]


class IndexState(Answer):
    """How far the answer's index had read."""

    seq: int
    pending: int = Field(description="Changes that the answer does not know yet.")
    model: str


class FacetValue(Answer):
    value: str
    count: int


class Told(Answer):
    """An answer, and the moment for which it holds; callers are not told that one."""

    _moment: Moment = PrivateAttr()

    @property
    def moment(self) -> Moment:
        return self._moment

    def at(self, moment: Moment) -> Self:
        self._moment = moment
        return self


class SearchAnswer(Told):
    query: dict[str, Any]
    mode_used: Literal["hybrid", "semantic", "lexical"]
    degraded: bool
    warnings: list[str]
    items: list[SearchItem]
    rejected: list[Rejected] = Field([], description="With `explain`: the best of what is less relevant than `min_relevance`.")
    count: Count
    facets: dict[str, list[FacetValue]]
    index: IndexState
    took_ms: float
    next: str | None


class PassagePair(Answer):
    """A paragraph of the seed and the paragraph of the related article that it meets."""

    seed_paragraph_id: str | None = Field(description="null where the seed is a text.")
    seed_text: str
    paragraph_id: str
    text: str
    similarity: float


class Why(Answer):
    pairs: list[PassagePair]
    shared_terms: list[str] = Field(description="Rare words that both use, the rarest first.")
    shared_tags: list[str]
    shared_authors: list[str]
    days_apart: int | None
    cites: bool = Field(description="The seed links to or cites the related article.")
    cited_by: bool


class RelatedItem(Answer):
    rank: int
    article: ArticleOut
    relevance: float
    score: float
    similarity: float = Field(description="Mean cosine of the best-matching passages, both ways.")
    relation: Relation | None = Field(
        None, description="What it is to the seeds, the closest that can be said of any of them; null where nothing can."
    )
    also_in: list[AlsoIn] = []
    why: Why | None = None


class RelatedAnswer(Told):
    query: dict[str, Any]
    degraded: bool
    warnings: list[str]
    items: list[RelatedItem]
    also_in: list[AlsoIn] = Field([], description="Copies of the seeds, left out of the items.")
    count: Count
    index: IndexState
    took_ms: float
    next: str | None


class RelatedBatchLine(Answer):
    """One line of a batch: either `items`, or `not_modified`, or a `problem`."""

    index: int
    ref: str | None
    etag: str | None = None
    not_modified: bool = False
    items: list[RelatedItem] | None = None
    problem: dict[str, Any] | None = None


class DuplicateOut(Answer):
    """An article of a group of duplicates, and which of the others it is closest to."""

    article: ArticleOut
    relation: Literal["exact", "near"] | None = Field(description="`exact`: the very same text; null for the first of a group.")
    of: str | None = Field(description="Id of the article that it is a duplicate of: an earlier one, where there is one.")
    resemblance: float | None = Field(None, description="Share of the runs of four words that only one or both have: 1 if equal.")
    similarity: float | None = Field(None, description="Cosine of the middles of both; null for exact duplicates.")


class DuplicateGroup(Answer):
    """Articles of which each is a duplicate of another of the group, the earliest first."""

    kind: Literal["exact", "near"] = Field(description="`exact`: all have the very same text.")
    first: str = Field(description="Id of the article that was published first, or stored first where that is unknown.")
    count: int = Field(description="Articles of the group, also those that are not shown.")
    items: list[DuplicateOut]


class DuplicatesPage(Answer):
    items: list[DuplicateGroup]
    count: int = Field(description="Groups in all.")
    pending: int = Field(description="Articles whose near duplicates and paragraphs are not looked up yet.")
    next: str | None


class ArticleDuplicates(Answer):
    """The duplicates of one article, the earliest first."""

    article: ArticleOut
    first: str = Field(description="Id of the article that was first: one of these, or the article itself.")
    items: list[DuplicateOut]
    count: int
    pending: int = Field(description="Articles whose near duplicates and paragraphs are not looked up yet.")


class ReuseOut(Answer):
    """A paragraph of another article that says the same, or nearly so."""

    article: AlsoIn
    paragraph_id: str
    ordinal: int
    text: str
    kind: Literal["verbatim", "near"] = Field(description="`verbatim`: the same words in the same order.")
    resemblance: float = Field(description="Share of the runs of four words that only one or both have: 1 if equal.")
    containment: float = Field(description="Share of the shorter one's runs of four words that the other has too.")


class ParagraphReuse(Answer):
    """A paragraph that other articles have too."""

    paragraph_id: str
    ordinal: int
    text: str
    articles: int = Field(description="Other articles that have it: many, where it is boilerplate.")
    first: AlsoIn = Field(description="The article that had it first, as far as is known: it may be this one.")
    items: list[ReuseOut] = Field(description="Where, the earliest first.")


class ReuseAnswer(Answer):
    article: ArticleOut
    items: list[ParagraphReuse] = Field(description="The paragraphs that other articles have too, in order.")
    paragraphs: int = Field(description="Paragraphs that count: those of eight words and more.")
    reused: int = Field(description="How many of these other articles have too.")
    pending: int = Field(description="Articles whose near duplicates and paragraphs are not looked up yet.")


class StoryOut(Answer):
    """Articles that report the same developing event; of a list with filters, those of them that pass."""

    id: str
    title: str = Field(description="That of the representative.")
    articles: int
    first_published_at: str | None = Field(description="null where none of its articles has a date.")
    last_published_at: str | None
    active_at: str = Field(description="When its latest article was published; ingested, if none has a date.")
    representative: ArticleOut = Field(description="The article that the others have most in common with.")


class StoryPage(Answer):
    items: list[StoryOut]
    count: int
    seq: int = Field(description="How far the change log has been judged.")
    pending: int = Field(description="Changes that have not been judged yet.")
    next: str | None


class StoryTimeline(StoryOut):
    """A story with its articles, in order of time."""

    items: list[ArticleOut]
    seq: int = Field(description="How far the change log has been judged.")
    pending: int = Field(description="Changes that have not been judged yet.")
    next: str | None


class FacetCounts(Answer):
    facets: dict[str, list[FacetValue]]
    articles: int


class Period(Answer):
    period: str = Field(description="`YYYY`, `YYYY-MM` or `YYYY-MM-DD`.")
    count: int


class Timeline(Answer):
    interval: Literal["year", "month", "day"]
    items: list[Period]
    undated: int


class CalendarPage(Answer):
    """Counts of the periods within, and for a day its articles."""

    period: str | None
    periods: list[Period]
    items: list[ArticleOut]
    count: int
    closed: bool = Field(description="The period lies in the past.")
    next: str | None = None


class OnThisDay(Answer):
    month: int
    day: int
    items: list[ArticleOut]


class Suggestion(Answer):
    kind: Literal["title", "author", "tag", "category"]
    value: str
    count: int
    article_id: str | None = None


class Suggestions(Answer):
    items: list[Suggestion]


class ChangeOut(Answer):
    seq: int
    id: str
    deleted: bool
    at: str


class Changes(Answer):
    items: list[ChangeOut]
    seq: int = Field(description="Ask on with `since` of this.")
    more: bool


class IndexStatus(Answer):
    warnings: list[str] = Field([], description="What to know of the archive, such as languages that the model was not made for.")
    articles: int
    paragraphs: int
    passages: int
    pending: int = Field(description="Articles that are stored and not wholly searchable yet.")
    seq: int = Field(description="Latest write of the database.")
    vector_seq: int
    word_seq: int
    story_seq: int = Field(description="How far the stories have been judged.")
    lag_s: float = Field(description="Age of the oldest write that the indexes lack.")
    coverage: float
    model: str
    model_digest: str
    dimension: int
    window: int
    backend: str
    vector_index: str
    encoder_ready: bool


class CheckReport(Answer):
    """Proof that the indexes equal the database: every vector and every document compared, not counted."""

    clean: bool
    missing: int = Field(description="In the database, not in an index.")
    extra: int = Field(description="In an index, not in the database.")
    wrong: int = Field(description="In both, and different.")
    pending: int
    articles: int
    passages: int
    seq: int
    examples: list[str] = []
    took_ms: float


class RebuildReport(Answer):
    articles: int
    passages: int
    encoded: int = Field(description="Vectors made anew; 0 when all were stored.")
    seq: int
    took_ms: float


class Region(Answer):
    """A part of the map. `central`: ids of the articles in its middle."""

    text: str
    x: float
    y: float
    central: list[str]


class MapOut(Answer):
    """Articles on a plane, column by column: what stands at a place in one list belongs to what stands there in the others."""

    ids: list[str]
    titles: list[str]
    x: list[float] = Field(description="-1 to 1.")
    y: list[float] = Field(description="-1 to 1, upwards.")
    days: list[str | None] = Field(description="When each was published, as far as is known.")
    sources: list[str | None]
    categories: list[str | None] = Field(description="The first category of each.")
    regions: list[Region]
    count: int
    seq: int = Field(description="The state of the archive that the map shows.")
    pending: int = Field(description="Changes that it does not show yet.")
    computed_at: str | None = Field(description="null where there is no map yet.")

    @classmethod
    def nothing(cls, pending: int) -> Self:
        return cls(
            ids=[], titles=[], x=[], y=[], days=[], sources=[], categories=[], regions=[], count=0, seq=0, pending=pending,
            computed_at=None,
        )  # fmt: skip


class MapFound(Answer):
    """Ids of the articles that a search has found."""

    ids: list[str]


class ChoreReport(Answer):
    """A check or a rebuild that has ended, and what it found."""

    chore: Literal["check", "rebuild"]
    at: str
    report: dict[str, Any]


class KeyOut(Answer):
    id: str
    name: str
    scopes: list[str]
    created_at: str
    expires_at: str | None
    revoked_at: str | None


class NewKey(KeyOut):
    secret: str = Field(description="Shown this once.")


class Keys(Answer):
    items: list[KeyOut]


class JobOut(Answer):
    """Work that goes on after the request: an import. Its numbers are those of items, of which each may be an article."""

    id: str
    kind: Literal["import", "reparse"]
    state: JobState = Field(description="`succeeded`: everything was read, and what could not be stored is in its errors.")
    detail: str | None = Field(description="Why it failed as a whole.")
    source: str | None = Field(description="Id of the watched source that it works for.")
    total: int = Field(description="Items, as far as is known: it grows where a file turns out to have more.")
    done: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    failed: int
    warnings: int
    rate: float | None = Field(description="Items a second, while it was worked on.")
    remaining_s: float | None = Field(description="Seconds until it is done, at this rate.")
    seq: int = Field(description="Place in the change log of the last article it wrote; 0 if none.")
    searchable: bool = Field(description="Whether all that it has stored so far can be searched.")
    created_at: str
    started_at: str | None
    updated_at: str
    finished_at: str | None


class JobPage(Answer):
    items: list[JobOut]
    next: str | None


class FieldProblem(Answer):
    pointer: str
    detail: str


class JobNote(Answer):
    """An item that was not stored, or, among the warnings, not wholly understood. A line of NDJSON."""

    kind: Literal["error", "warning"]
    place: str = Field(description="File with line, member, record or entry; or an address.")
    code: str
    detail: str
    errors: list[FieldProblem] = Field([], description="What is wrong with which field.")


class DraftParagraph(Answer):
    kind: Kind
    text: str
    citations: list[str] = []


class DraftReference(Answer):
    label: str | None
    text: str
    url: str | None


class DraftOut(Answer):
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


class PreviewItem(Answer):
    place: str
    article: DraftOut | None = Field(description="As it would be stored, with its paragraphs; null where there is none.")
    problem: JobNote | None = Field(description="Why there is none.")
    warnings: list[str] = []


class Preview(Answer):
    """What an import would begin with; nothing is stored."""

    items: list[PreviewItem]
    map: dict[str, str] = Field(description="Our names of fields, and what the records call them: as given, or as guessed.")
    expected: int = Field(description="How many items there are, as far as can be told without reading all.")


class SourceOut(Answer):
    """A feed, a sitemap or a list of addresses that is looked at again and again."""

    id: str
    url: str
    kind: Literal["auto", "feed", "sitemap", "list"] = Field(description="`auto` until it has been looked at.")
    interval_s: int
    paused: bool
    source: str | None
    on_conflict: str
    state: Literal["waiting", "importing", "failing", "paused"]
    created_at: str
    checked_at: str | None = Field(description="When it was last asked.")
    changed_at: str | None = Field(description="When it last had something new.")
    due_at: str | None = Field(description="When it will be asked next; null while paused.")
    failures: int = Field(description="How often in a row it could not be read; each time it is waited longer.")
    code: str | None = Field(description="Why it could not be read the last time.")
    detail: str | None
    created: int
    updated: int
    unchanged: int
    skipped: int
    failed: int
    job: str | None = Field(description="Id of the job that reads what is new, while there is one.")


class SourcePage(Answer):
    items: list[SourceOut]
    count: int
    next: str | None
