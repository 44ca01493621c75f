"""Shapes that only HTTP has: bodies of writes, answers to them, problems, health."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from archive.answers import Answer, ArticleOut, KeyOut
from archive.requests import Request
from db.records import Kind

Outcome = Literal["created", "updated", "unchanged", "skipped"]


class ProblemField(Answer):
    pointer: str = Field(description="JSON pointer (RFC 6901) into the body, or `/name` of a parameter or header.")
    detail: str


class Problem(Answer):
    """What went wrong (RFC 9457). Programs switch on `code`; people read `detail`."""

    type: str = Field(description="Where the code is explained, on this server.")
    title: str
    status: int
    detail: str
    code: str
    instance: str | None = Field(None, description="Path of the request.")
    errors: list[ProblemField] = Field([], description="Field by field, where fields are to blame.")
    request_id: str | None = Field(None, description="As in the header `X-Request-Id`; the server's log has it too.")


class WrittenArticle(ArticleOut):
    """The article as it is now, and what the write did. `unchanged`: the same content was there already."""

    status: Outcome
    warnings: list[str] = Field([], description="What could not be read in the article as it was sent.")


Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]


class ParagraphIn(BaseModel):
    text: Text
    kind: Kind = "paragraph"
    citations: list[Text] = Field([], description="Labels of the references cited in it, without brackets.")


class ReferenceIn(BaseModel):
    label: Text | None = None
    text: Text
    url: Text | None = None


class ArticleIn(BaseModel):
    """An article on its way in. A title or a text is needed, nothing else is. Unknown fields are kept in `extra`."""

    model_config = ConfigDict(extra="allow")

    title: Text = Field("", max_length=2000)
    dek: Text | None = Field(None, description="The lines under the title.", max_length=20_000)
    text: Text | None = Field(None, description="The body, paragraphs separated by blank lines. Instead of `paragraphs`.")
    paragraphs: list[ParagraphIn | Text] | None = Field(None, max_length=20_000, description="The body, paragraph by paragraph.")
    authors: list[Text] | Text = Field([], max_length=1000)
    categories: list[Text] | Text = Field([], max_length=1000)
    tags: list[Text] = Field([], max_length=1000)
    series: Text | None = Field(None, max_length=300)
    language: Text | None = Field(None, description="BCP 47, such as `en`.", max_length=300)
    source: Text | None = Field(None, description="Where it was published.", max_length=300)
    external_id: Text | None = Field(None, description="Its name there: with `source` it makes `ext:SOURCE:ID`.", max_length=1000)
    url: Text | None = Field(None, max_length=4000)
    canonical_url: Text | None = Field(None, max_length=4000)
    published_at: Text | None = Field(None, description="RFC 3339 date-time, or a date.")
    modified_at: Text | None = Field(None, description="RFC 3339 date-time, or a date.")
    references: list[ReferenceIn] = Field([], max_length=20_000)
    extra: dict[str, Any] = Field({}, description="Whatever else is known of it; kept and given back.")


class ArticleBatch(Request):
    items: list[Any] = Field(max_length=500, description="Articles (see `ArticleIn`). Each stands by itself.")


class BatchItem(Answer):
    """What became of one item: `status` is the one its own request would have had."""

    index: int
    status: int
    id: str | None = None
    outcome: Outcome | None = None
    revision: int | None = None
    seq: int | None = None
    warnings: list[str] = Field([])
    problem: Problem | None = None


class BatchAnswer(Answer):
    items: list[BatchItem]
    seq: int | None = Field(description="The latest write of this batch; null if nothing was written.")
    searchable: bool = Field(description="Whether all of it is searchable already.")


class NewKeyRequest(Request):
    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")] = Field(
        description="Whose it is, or what it is for."
    )
    scopes: list[Literal["read", "write", "admin"]] = Field(min_length=1, description="Each includes those before it.")
    expires_at: datetime | None = Field(None, description="When it stops working; never, if null.")


class CreatedKey(KeyOut):
    secret: str | None = Field(description="Shown this once; null where the answer repeats an earlier one (Idempotency-Key).")


class Liveness(Answer):
    status: Literal["ok"]


class Readiness(Answer):
    """`starting`: words can be searched, meaning not yet; `reasons` says why."""

    status: Literal["ready", "starting"]
    reasons: list[str]
