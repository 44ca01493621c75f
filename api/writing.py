"""POST, PUT, PATCH and DELETE of articles."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api import conditional, errors, examples
from api.answering import answered
from api.bodies import RawBody, decode_json, media_type
from api.dependencies import OpenArchive, PathRef
from api.errors import Refusal
from api.incoming import ConflictQuery, IncomingQuery, identified, named, read_article, read_items
from api.openapi import body_of, problems, refs
from api.operations import Writing
from api.shapes import ArticleBatch, BatchAnswer, BatchItem, Problem, WrittenArticle
from api.waiting import Preference, batch_preference, preference, searchable
from archive.answers import Added
from archive.archive import Archive
from archive.errors import ArchiveError, ArticleExists, ArticleNotFound, PreconditionFailed
from db.records import Draft

router = APIRouter(prefix="/v1", tags=["articles"], route_class=Writing)

Wish = Annotated[Preference, Depends(preference)]
BatchWish = Annotated[Preference, Depends(batch_preference)]

MERGE_PATCH = "application/merge-patch+json"
ARTICLE_BODY = body_of({"application/json": examples.ARTICLE, **examples.DOCUMENTS}, model="ArticleIn")
CREATED = {"model": WrittenArticle, "description": "Created. `Location` has its address, `ETag` its version."}


@router.post(
    "/articles",
    operation_id="create_article",
    summary="Store an article",
    response_model=WrittenArticle,
    responses={201: CREATED, **problems(404, 409)},
    openapi_extra=ARTICLE_BODY,
)
async def create_article(
    request: Request, body: RawBody, query: Annotated[IncomingQuery, Query()], archive: OpenArchive, wish: Wish
) -> Response:
    """JSON, or the bytes of a plain text, Markdown or HTML document, whose title, authors and dates are read from it.

    The same content again changes nothing and is answered with 200. The answer comes when the article is searchable, or after
    `Prefer: wait=SECONDS`; `indexing.state` says which."""

    def store() -> Added:
        return archive.add(identified(read_article(request, body), query), on_conflict=query.on_conflict)

    return await written(request, archive, store, wish)


@router.post(
    "/articles/batch",
    operation_id="create_articles",
    summary="Store up to 500 articles",
    status_code=207,
    response_model=BatchAnswer,
    responses=problems(409),
)
async def create_articles(
    request: Request, batch: ArticleBatch, query: Annotated[ConflictQuery, Query()], archive: OpenArchive, wish: BatchWish
) -> Response:
    """Each item stands by itself and has its own status in the answer; a bad one keeps no other from being stored.

    Waits for the articles to be searchable only if asked to, with `Prefer: wait=SECONDS`."""
    added = await run_in_threadpool(lambda: archive.add_many(read_items(batch.items), on_conflict=query.on_conflict))
    seq = max((item.seq for item in added if isinstance(item, Added)), default=None)
    ready = seq is None or await searchable(request, seq, wish.seconds)
    items = [_batch_item(index, item) for index, item in enumerate(added)]
    return answered(BatchAnswer(items=items, seq=seq, searchable=ready), 207, wish.headers)


def _batch_item(index: int, added: Added | ArchiveError) -> BatchItem:
    if isinstance(added, ArchiveError):
        problem = Problem.model_validate(errors.of(added))
        return BatchItem(index=index, status=problem.status, problem=problem)
    return BatchItem(
        index=index,
        status=201 if added.status == "created" else 200,
        id=added.id,
        outcome=added.status,
        revision=added.revision,
        seq=added.seq,
        warnings=added.warnings,
    )


@router.put(
    "/articles/{ref:ref}",
    operation_id="replace_article",
    summary="Put an article in the place of another",
    response_model=WrittenArticle,
    responses={201: CREATED, **refs(), **problems(409, 412)},
    openapi_extra=ARTICLE_BODY,
)
async def replace_article(request: Request, ref: PathRef, body: RawBody, archive: OpenArchive, wish: Wish) -> Response:
    """At an unknown `ext:SOURCE:ID` the article is created. `If-Match` guards against lost updates, `If-None-Match: *`
    only creates."""
    return await written(request, archive, lambda: _put(request, archive, ref, body), wish)


def _put(request: Request, archive: Archive, ref: str, body: bytes) -> Added:
    draft = named(read_article(request, body), ref)
    if conditional.must_be_new(request):
        return _create_only(archive, ref, draft)
    try:
        return archive.replace(ref, draft, if_match=conditional.acceptable_versions(request))
    except ArticleNotFound as missing:
        if conditional.must_exist(request):
            raise PreconditionFailed(missing.detail) from missing
        if not ref.startswith("ext:"):
            raise
    return archive.add(draft, on_conflict="error")


def _create_only(archive: Archive, ref: str, draft: Draft) -> Added:
    try:
        there = archive.article(ref, include=())
    except ArticleNotFound:
        if not ref.startswith("ext:"):
            raise
    else:
        raise PreconditionFailed(f"{ref!r} is in the archive already, as {there.id}.")
    try:
        return archive.add(draft, on_conflict="error")
    except ArticleExists as exists:
        raise PreconditionFailed(exists.detail) from exists


@router.patch(
    "/articles/{ref:ref}",
    operation_id="patch_article",
    summary="Change some fields of an article",
    response_model=WrittenArticle,
    responses={**refs(), **problems(409, 412)},
    openapi_extra=body_of({MERGE_PATCH: examples.PATCH, "application/json": examples.PATCH}),
)
async def patch_article(request: Request, ref: PathRef, body: RawBody, archive: OpenArchive, wish: Wish) -> Response:
    """A JSON merge patch (RFC 7396) in the names of `ArticleIn`: null takes a field away, lists are replaced whole."""

    def change() -> Added:
        return archive.patch(ref, _merge_patch(request, body), if_match=conditional.acceptable_versions(request))

    return await written(request, archive, change, wish)


def _merge_patch(request: Request, body: bytes) -> Mapping[str, Any]:
    media, _ = media_type(request)
    if media not in (MERGE_PATCH, "application/json"):
        raise Refusal("unsupported_media_type", f"Send {MERGE_PATCH}, not {media or 'a body without a Content-Type'}.")
    changes = decode_json(body)
    if not isinstance(changes, dict):
        raise errors.invalid("", "a merge patch is a JSON object")
    return changes


@router.delete(
    "/articles/{ref:ref}",
    operation_id="delete_article",
    summary="Take an article away for good",
    status_code=204,
    responses={**refs(), **problems(412)},
)
def delete_article(request: Request, ref: PathRef, archive: OpenArchive) -> Response:
    """Its paragraphs, revisions and original bytes are gone too; the change log remembers its id, at `Backfile-Seq`."""
    deleted = archive.delete(ref, if_match=conditional.acceptable_versions(request))
    return Response(status_code=204, headers={"Backfile-Seq": str(deleted.seq)})


async def written(request: Request, archive: Archive, write: Callable[[], Added], wish: Preference) -> Response:
    """Write, wait for it to be searchable, and answer with the article as it is then."""
    added = await run_in_threadpool(write)
    await searchable(request, added.seq, wish.seconds)
    return await run_in_threadpool(_written, archive, added, wish)


def _written(archive: Archive, added: Added, wish: Preference) -> Response:
    article = archive.article(added.id)
    shown = WrittenArticle(**dict(article), status=added.status, warnings=added.warnings)
    headers = {"ETag": conditional.article_tag(article), "Backfile-Seq": str(added.seq), **wish.headers}
    if added.status == "created":
        return answered(shown, 201, headers | {"Location": f"/v1/articles/{added.id}"})
    return answered(shown, 200, headers)
