"""What callers may ask: the same models for query strings, JSON bodies, the shell and the evaluations."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from archive.answers import JobState
from archive.parsing.dates import moment
from archive.parsing.mapping import parse_option
from archive.relations import Relation
from db.records import Filters

FacetField = Literal["source", "author", "category", "tag", "series", "language", "year", "month"]
PresenceField = Literal[
    "title", "dek", "author", "category", "tag", "series", "language", "source",
    "url", "canonical_url", "external_id", "published_at", "modified_at", "references",
]  # fmt: skip
Sort = Literal[
    "published_at", "-published_at", "modified_at", "-modified_at", "ingested_at", "-ingested_at",
    "updated_at", "-updated_at", "title", "-title",
]  # fmt: skip
StorySort = Literal["-active_at", "active_at", "-articles", "articles"]
Include = Literal["body", "paragraphs", "references", "revisions", "original", "extra"]

Value = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00]*$")]
Values = Annotated[list[Value], Field(max_length=100)]
Ref = Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\x00]*$")]
Text = Annotated[str, Field(min_length=1, max_length=200_000, pattern=r"^[^\x00]*$")]
Limit = Annotated[int, Field(ge=1, le=200)]
Cursor = Annotated[str, Field(max_length=4000)]
DATE_HELP = "An RFC 3339 date-time, or a date (its midnight UTC)."


def _micros(date: str | None) -> int | None:
    return None if date is None else moment(date).micros


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FilterRequest(Request):
    """Which articles: repeated values are alternatives, different fields add up."""

    source: Values = Field([], description="Where it was published.", examples=[["The Harbour Review"]])
    author: Values = Field([], description="Name of an author.")
    category: Values = Field([], description="Category.")
    tag: Values = Field([], description="Tag.")
    series: Values = Field([], description="Series or column.")
    language: Values = Field([], description="Language tag (BCP 47); `en` finds `en-GB` too.")
    published_after: str | None = Field(None, description=f"Published at or after. {DATE_HELP}", examples=["2020-01-01"])
    published_before: str | None = Field(None, description=f"Published before. {DATE_HELP}")
    modified_after: str | None = Field(None, description=f"Modified at or after. {DATE_HELP}")
    modified_before: str | None = Field(None, description=f"Modified before. {DATE_HELP}")
    has: list[PresenceField] = Field([], description="Only articles that have these fields.")
    missing: list[PresenceField] = Field([], description="Only articles that lack these fields.")

    @field_validator("published_after", "published_before", "modified_after", "modified_before")
    @classmethod
    def _is_a_date(cls, value: str | None) -> str | None:
        if value is not None:
            moment(value)
        return value

    def filters(self) -> Filters:
        return Filters(
            source=tuple(self.source),
            author=tuple(self.author),
            category=tuple(self.category),
            tag=tuple(self.tag),
            series=tuple(self.series),
            language=tuple(self.language),
            published_after=_micros(self.published_after),
            published_before=_micros(self.published_before),
            modified_after=_micros(self.modified_after),
            modified_before=_micros(self.modified_before),
            has=tuple(self.has),
            missing=tuple(self.missing),
        )


class Paged(Request):
    limit: Limit = Field(20, description="How many items a page has.")
    cursor: Cursor | None = Field(None, description="`next` of the page before; bound to the other parameters.")

    def fingerprint(self) -> dict[str, Any]:
        """All that a cursor is bound to."""
        return self.model_dump(exclude={"cursor", "limit"})


class ArticleListRequest(FilterRequest, Paged):
    sort: Sort = Field("-published_at", description="Order; `-` means descending. Articles without the field come last.")
    include: list[Include] = Field([], description="What else to show of each article; `body` shows its paragraphs.")


class SearchRequest(FilterRequest, Paged):
    q: str = Field(
        "", max_length=20_000, description='What to look for. Words in "double quotes" must occur, in that order.',
        examples=["why did the ferry sink"],
    )  # fmt: skip
    mode: Literal["hybrid", "semantic", "lexical"] = Field("hybrid", description="By meaning and by words, or by one of them.")
    level: Literal["article", "paragraph"] = Field("article", description="What an item is.")
    like: list[Text] = Field([], max_length=20, description="Refs or texts that answers should resemble.")
    unlike: list[Text] = Field([], max_length=20, description="Refs or texts that answers should not resemble.")
    min_relevance: float | None = Field(
        None, ge=0, le=1,
        description="Leave out what is less relevant than this: 0.02 if it is not given, which leaves an answer empty if the"
        " archive has nothing about the subject; 0 leaves out nothing.",
    )  # fmt: skip
    sort: Literal["relevance", "published_at", "-published_at"] = Field("relevance", description="Order of the items found.")
    recency: float | None = Field(
        None, gt=0, le=100_000, description="Half-life in days: older articles sink; changes `score`, never `relevance`."
    )
    diversity: float = Field(0, ge=0, le=1, description="0: by score alone; towards 1: unlike one another first (MMR).")
    matches: int = Field(3, ge=0, le=20, description="How many matching paragraphs to show in each article.")
    highlight: bool = Field(True, description="Mark the words of the query in the matches, as character offsets.")
    facets: list[FacetField] = Field([], description="Count the items found by these fields.")
    collapse: bool = Field(True, description="Show articles with the very same text once, the others in `also_in`.")
    explain: bool = Field(False, description="Say how the numbers came about.")
    include: list[Literal["body"]] = Field([], description="`body` shows each article's paragraphs.")
    min_seq: int | None = Field(
        None, ge=0, lt=2**63, description="Answer only when the index has read this far (waits a little)."
    )

    @field_validator("q")
    @classmethod
    def _has_no_nul(cls, value: str) -> str:
        if "\x00" in value:
            raise ValueError("must not contain NUL characters")
        return value


class Seed(Request):
    """What the answers should be related to: an article (`ref`) or a text that is not in the archive."""

    ref: Ref | None = Field(None, description="`a_…`, `url:…`, `ext:SOURCE:ID` or `sha256:…`.")
    text: Text | None = Field(None, description="A text that is not in the archive; the first line may be its title.")
    weight: float = Field(1, gt=0, le=100, description="How much this seed counts.")


class RelatedOptions(FilterRequest, Paged):
    """Everything about related articles but what they should be related to."""

    limit: Limit = Field(10, description="How many items a page has.")
    avoid: list[Ref] = Field([], max_length=50, description="Articles whose like should not appear.")
    before: str | None = Field(None, description=f"Published before. {DATE_HELP}")
    after: str | None = Field(None, description=f"Published at or after. {DATE_HELP}")
    diversity: float = Field(0, ge=0, le=1, description="0: by score alone; towards 1: unlike one another first (MMR).")
    per_series: int | None = Field(
        2,
        ge=1,
        le=200,
        description="At most so many of one series, as the article or the head of its title names it; null for any number.",
    )
    min_relevance: float = Field(0, ge=0, le=1, description="Leave out what is less relevant than this.")
    relation: list[Relation] = Field(
        [], description="Only articles that are one of these to a seed, among the 200 that are related most."
    )
    why: bool = Field(
        False, description="Show what carries each relation: paragraph pairs, rare words and tags shared, days apart."
    )
    include: list[Literal["body"]] = Field([], description="`body` shows each article's paragraphs.")

    _dates = field_validator("before", "after")(FilterRequest._is_a_date.__func__)  # type: ignore[attr-defined]

    def window(self) -> tuple[int | None, int | None]:
        """`after` and `before` in microseconds."""
        return _micros(self.after), _micros(self.before)


class RelatedRequest(RelatedOptions):
    seeds: list[Seed] = Field(min_length=1, max_length=50, description="One or several seeds.")


DuplicateKind = Annotated[
    Literal["exact", "near"] | None,
    Field(description="`exact`: the very same text; `near`: nearly so. Both, if it is not given."),
]


class DuplicatesRequest(FilterRequest, Paged):
    kind: DuplicateKind = None
    members: Limit = Field(20, description="How many articles of each group to show.")


class ArticleDuplicatesRequest(Request):
    kind: DuplicateKind = None
    limit: Limit = Field(20, description="How many duplicates to show.")


class ReuseRequest(Request):
    limit: Limit = Field(5, description="How many uses of each paragraph to show.")


class StoryRequest(Paged):
    limit: Limit = Field(100, description="How many of its articles a page has.")


class StoryListRequest(FilterRequest, Paged):
    min_articles: int = Field(
        2, ge=1, le=1_000_000, description="Only stories with at least so many articles that pass the filters."
    )
    sort: StorySort = Field("-active_at", description="By the latest article, or by how many there are; `-` means descending.")


OnConflict = Literal["update", "skip", "error"]
CONFLICT_HELP = (
    "What to do where an article with the same identity (`source` and `external_id`, or the URL) is there with other content: "
    "`update` it, `skip` this one, or take it for an error (`error`)."
)
Url = Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\x00-\x20]+$")]
Label = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00]*$")]


class ImportOptions(Request):
    """What holds for everything in an import."""

    source: Label | None = Field(None, description="Where it was published, where an article does not say it.")
    on_conflict: OnConflict = Field("update", description=CONFLICT_HELP)
    follow: bool = Field(
        False,
        description="Fetch the pages that a feed only sums up; of feeds that were fetched themselves they always are. Otherwise "
        "the summaries are stored.",
    )
    map: list[Annotated[str, Field(max_length=1000)]] = Field(
        [],
        max_length=50,
        description="What fields of JSON and CSV records are called, as `OURS=THEIRS`; dots lead into objects. Guessed from the "
        "first records where nothing is said.",
        examples=[["title=headline", "text=content.rendered"]],
    )

    @field_validator("map")
    @classmethod
    def _are_pairs(cls, pairs: list[str]) -> list[str]:
        for pair in pairs:
            parse_option(pair)
        return pairs

    def as_options(self) -> dict[str, Any]:
        """As a job keeps them."""
        return {
            "source": self.source,
            "on_conflict": self.on_conflict,
            "follow": self.follow,
            "map": dict(parse_option(pair) for pair in self.map),
        }


class UrlImport(ImportOptions):
    urls: list[Url] = Field(
        min_length=1, max_length=10_000, description="Pages, feeds, and files of any format that is read.",
        examples=[["https://harbour-review.example/2024/10/03/lantern-point-shines-again/"]],
    )  # fmt: skip


class JobListRequest(Paged):
    state: list[JobState] = Field([], description="Only jobs in one of these states.")
    source: Annotated[str, Field(max_length=100)] | None = Field(None, description="Only jobs of this watched source.")


class JobNotesRequest(Request):
    warnings: bool = Field(False, description="Warnings too: what was stored, and not wholly understood.")


class SourceRequest(Request):
    """An address that is to be watched."""

    url: Url = Field(description="Of a feed, a sitemap, or a plain text with one address a line.")
    interval_s: int = Field(3600, ge=60, le=30 * 86400, description="Seconds between two looks at it.")
    source: Label | None = Field(None, description="Where its articles were published, where they do not say it.")
    on_conflict: OnConflict = Field("update", description=CONFLICT_HELP)


class SourceChange(Request):
    interval_s: int | None = Field(None, ge=60, le=30 * 86400, description="Seconds between two looks at it.")
    paused: bool | None = Field(None, description="Whether it is left alone.")
    source: Label | None = Field(None, description="Where its articles were published, where they do not say it.")


class SuggestRequest(Request):
    prefix: str = Field(
        min_length=1, max_length=200, pattern=r"^[^\x00]*$", description="What has been typed so far.", examples=["har"]
    )
    kinds: list[Literal["title", "author", "tag", "category"]] = Field([], description="Of what kinds; all if none is named.")
    limit: Annotated[int, Field(ge=1, le=50)] = Field(10, description="How many of each kind.")


class FacetRequest(FilterRequest):
    field: list[FacetField] = Field([], description="Which fields to count by; all if none is named.")
    limit: Limit = Field(20, description="How many values of each field.")


class TimelineRequest(FilterRequest):
    interval: Literal["year", "month", "day"] = Field("month", description="Length of a period.")
    by: Literal["published", "ingested"] = Field(
        "published", description="By when articles were published, in their own time zones, or came into the archive (UTC)."
    )


class MapRequest(FilterRequest):
    """Which articles of the map."""


class ChangesRequest(Request):
    since: int = Field(0, ge=0, lt=2**63, description="Changes after this `seq`.")
    limit: Annotated[int, Field(ge=1, le=1000)] = Field(200, description="How many at most.")
    wait: float = Field(0, ge=0, le=60, description="Seconds to wait for a change if there is none yet.")
