"""Related articles: of one article, of several seeds, of a text, and of many seeds line by line."""

from collections.abc import Iterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Body, Query
from pydantic import Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import errors, examples
from api.answering import answered, encoded
from api.asking import Asking, told
from api.bodies import RawBody, decode_json, media_type
from api.conditional import weak_tag
from api.dependencies import OpenArchive, PathRef
from api.errors import Refusal
from api.openapi import body_of, ndjson, problems, refs
from archive.answers import RelatedAnswer, RelatedBatchLine
from archive.archive import Archive
from archive.errors import ArchiveError, FieldError
from archive.requests import Ref, RelatedOptions, RelatedRequest, Seed, Text

router = APIRouter(prefix="/v1", tags=["related"], route_class=Asking)

POSSIBLE = problems(400, 404, 409, 410, 503)
NDJSON = "application/x-ndjson"
LINES_AS = (NDJSON, "application/jsonl", "text/plain")
LINES = 10_000


class RelatedQuery(RelatedOptions):
    ref: list[Ref] = Field([], max_length=50, description="Articles to relate to.", examples=[[examples.REF]])
    text: Text | None = Field(None, description="A text that is not in the archive; the first line may be its title.")

    def to_request(self) -> RelatedRequest:
        seeds = [Seed(ref=ref) for ref in self.ref] + ([Seed(text=self.text)] if self.text else [])
        if not seeds:
            raise errors.invalid("/ref", "name at least one article, or send a text")
        return with_seeds(self, seeds)


class RelatedLine(RelatedOptions):
    """A line of a batch: a seed, its own options, and the tag of the answer that the caller has already."""

    ref: Ref | None = None
    text: Text | None = None
    if_etag: str | None = Field(
        None, max_length=200, description="`etag` of an earlier answer: unchanged lists are not sent again."
    )


def with_seeds(options: RelatedOptions, seeds: list[Seed]) -> RelatedRequest:
    """The options with seeds to them."""
    given = {name: getattr(options, name) for name in RelatedOptions.model_fields if name in options.model_fields_set}
    return RelatedRequest(seeds=seeds, **given)


@router.get(
    "/articles/{ref:ref}/related",
    operation_id="article_related",
    summary="Articles related to an article",
    response_model=RelatedAnswer,
    responses={**refs(), **POSSIBLE, **problems(304)},
)
def article_related(request: Request, ref: PathRef, query: Annotated[RelatedOptions, Query()], archive: OpenArchive) -> Response:
    """Never the article itself; its duplicates collapse into `also_in`. `why=true` shows the paragraph
    pairs that carry each relation."""
    return told(request, archive.related(with_seeds(query, [Seed(ref=ref)])))


@router.get(
    "/related",
    operation_id="related",
    summary="Articles related to several, or to a text",
    response_model=RelatedAnswer,
    responses={**POSSIBLE, **problems(304)},
)
def related(request: Request, query: Annotated[RelatedQuery, Query()], archive: OpenArchive) -> Response:
    """`ref` may be repeated; `text` is a text that is not in the archive."""
    return told(request, archive.related(query.to_request()))


@router.post(
    "/related",
    operation_id="related_post",
    summary="Related articles with a JSON body",
    response_model=RelatedAnswer,
    responses=POSSIBLE,
)
def related_post(query: Annotated[RelatedRequest, Body(openapi_examples=examples.RELATED)], archive: OpenArchive) -> Response:
    """As `related`, with weights for the seeds and room for long texts. `next` is the cursor itself."""
    return answered(archive.related(query))


@router.post(
    "/related/batch",
    operation_id="related_batch",
    summary="Related articles of many seeds, line by line",
    response_class=StreamingResponse,
    responses=ndjson("RelatedBatchLine"),
    openapi_extra=body_of(dict.fromkeys(LINES_AS) | {"text/plain": examples.RELATED_LINES}),
)
def related_batch(
    request: Request, body: RawBody, defaults: Annotated[RelatedOptions, Query()], archive: OpenArchive
) -> StreamingResponse:
    """NDJSON in, NDJSON out: a line `{"ref": …}` or `{"text": …}` with any options of `related`, and `if_etag`; for each, in
    order, a line with `items` and `etag`, or `not_modified`, or a `problem`. Options in the query string hold for all lines."""
    media, _ = media_type(request)
    if media not in LINES_AS:
        raise Refusal("unsupported_media_type", f"Send {NDJSON}: one JSON object a line.", headers={"Accept": NDJSON})
    lines = [line for line in body.splitlines() if line.strip()]
    if len(lines) > LINES:
        raise errors.invalid("", f"{len(lines)} lines; send at most {LINES} at once")
    return StreamingResponse(answers(archive, lines, defaults), media_type=NDJSON)


def answers(archive: Archive, lines: list[bytes], defaults: RelatedOptions) -> Iterator[bytes]:
    shared = defaults.model_dump(include=defaults.model_fields_set)
    for index, line in enumerate(lines):
        yield encoded(answer_line(archive, index, line, shared)) + b"\n"


def answer_line(archive: Archive, index: int, line: bytes, shared: dict[str, Any]) -> RelatedBatchLine:
    """The answer to one line; what is wrong with it stays with it."""
    ref = None
    try:
        asked = RelatedLine.model_validate(shared | _object(line))
        ref = asked.ref
        return _answer(archive, index, asked)
    except ValidationError as invalid:
        fields = errors.fields_of(invalid.errors(include_url=False, include_input=False), below=0)
        problem = errors.document("invalid_request", errors.sentence(fields[0]), fields)
    except Refusal as refusal:
        problem = errors.document(refusal.code, refusal.detail, refusal.errors)
    except ArchiveError as error:
        problem = errors.of(error)
    return RelatedBatchLine(index=index, ref=ref, problem=problem)


def _object(line: bytes) -> dict[str, Any]:
    value = decode_json(line)
    if not isinstance(value, dict):
        raise errors.invalid("", "a line is a JSON object")
    return value


def _answer(archive: Archive, index: int, asked: RelatedLine) -> RelatedBatchLine:
    if (asked.ref is None) == (asked.text is None):
        raise Refusal("invalid_request", "Name either a ref or a text.", [FieldError("/ref", "name either a ref or a text")])
    answer = archive.related(with_seeds(asked, [Seed(ref=asked.ref, text=asked.text)]))
    content = orjson.dumps([item.model_dump() for item in answer.items])
    etag = weak_tag(content)
    if asked.if_etag == etag:
        return RelatedBatchLine(index=index, ref=asked.ref, etag=etag, not_modified=True)
    return RelatedBatchLine(index=index, ref=asked.ref, etag=etag, items=answer.items)
