"""GET of articles and their parts."""

from collections.abc import Collection
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from api import conditional, examples, negotiation, rendering
from api.answering import REVALIDATE, cached, encoded, paged
from api.dependencies import OpenArchive, PathRef
from api.openapi import also_as, problems, refs
from api.operations import Reading
from archive.answers import ArticleOut, ArticlePage, ArticleParagraphs, ParagraphInContext, RevisionOut, Revisions
from archive.archive import Archive
from archive.requests import ArticleListRequest, Include, Ref
from archive.requests import Request as Parameters
from db.records import Original

router = APIRouter(prefix="/v1", tags=["articles"], route_class=Reading)

ALWAYS: tuple[Include, ...] = ("paragraphs", "references", "extra")
"""What a single article shows without being asked."""
SHOWN_AS = ("application/json", "text/markdown", "text/plain")


class ArticleQuery(Parameters):
    include: list[Include] = Field(
        [], description="What to show beside paragraphs, references and extra: `revisions`, `original`."
    )


class LookupQuery(ArticleQuery):
    ref: Ref = Field(description="`a_…`, `url:https://…`, `ext:SOURCE:ID` or `sha256:…`.", examples=[examples.REF])


class OriginalQuery(Parameters):
    revision: int | None = Field(None, ge=1, lt=2**31, description="Of this revision; of the current one, if not given.")


class ContextQuery(Parameters):
    around: int = Field(2, ge=0, le=100, description="How many neighbours to show on each side.")


@router.get(
    "/articles", operation_id="list_articles", summary="List articles", response_model=ArticlePage, responses=problems(304, 400)
)
def list_articles(request: Request, query: Annotated[ArticleListRequest, Query()], archive: OpenArchive) -> Response:
    """By any filters, sorted, page by page; without their text unless `include=body` asks for it."""
    return paged(request, archive.articles(query))


@router.get(
    "/articles/lookup",
    operation_id="lookup_article",
    summary="The article that a ref names",
    response_model=ArticleOut,
    responses={**also_as(*SHOWN_AS[1:]), **refs(), **problems(304, 406)},
)
def lookup_article(request: Request, query: Annotated[LookupQuery, Query()], archive: OpenArchive) -> Response:
    """As `get_article`, with the ref as a parameter: easier to write where it is a URL."""
    return shown(request, archive, query.ref, query.include)


@router.get(
    "/articles/{ref:ref}/original",
    operation_id="get_original",
    summary="The bytes an article came from",
    response_class=Response,
    responses={
        200: {"description": "The bytes, as a download.", "content": {"*/*": {}}},
        **refs(),
        **problems(304),
    },
)
def get_original(request: Request, ref: PathRef, query: Annotated[OriginalQuery, Query()], archive: OpenArchive) -> Response:
    """As they were sent, in their own media type. Browsers save them and run nothing in them."""
    return original_response(request, archive.original(ref, query.revision))


def original_response(request: Request, original: Original) -> Response:
    tag = conditional.bytes_tag(original.content)
    headers = {
        "ETag": tag,
        "Cache-Control": REVALIDATE,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(original.name or 'original', safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Content-Type": _content_type(original.media_type, original.charset),
    }
    if conditional.not_modified(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(original.content, headers=headers)


def _content_type(media_type: str, charset: str | None) -> str:
    """As stored, if it can stand in a header."""
    whole = f"{media_type}; charset={charset}" if charset else media_type
    return whole if whole.isascii() and whole.isprintable() and "/" in media_type else "application/octet-stream"


@router.get(
    "/articles/{ref:ref}/paragraphs",
    operation_id="list_paragraphs",
    summary="The paragraphs of an article",
    response_model=ArticleParagraphs,
    responses={**refs(), **problems(304)},
)
def list_paragraphs(request: Request, ref: PathRef, archive: OpenArchive) -> Response:
    """In order, each with the id that it keeps for as long as its text stays the same."""
    return cached(request, archive.paragraphs(ref))


@router.get(
    "/articles/{ref:ref}/revisions",
    operation_id="list_revisions",
    summary="The history of an article",
    response_model=Revisions,
    responses={**refs(), **problems(304)},
)
def list_revisions(request: Request, ref: PathRef, archive: OpenArchive) -> Response:
    """Newest first, the current one included."""
    return cached(request, archive.revisions(ref))


@router.get(
    "/articles/{ref:ref}/revisions/{number}",
    operation_id="get_revision",
    summary="An article as it was",
    response_model=RevisionOut,
    responses={**refs(), **problems(304)},
)
def get_revision(
    request: Request, ref: PathRef, number: Annotated[int, Path(ge=1, lt=2**31, examples=[1])], archive: OpenArchive
) -> Response:
    """The whole document of a revision, and what it changed."""
    return cached(request, archive.revision(ref, number))


@router.get(
    "/paragraphs/{id}",
    operation_id="get_paragraph",
    summary="A paragraph in its context",
    response_model=ParagraphInContext,
    responses=problems(304, 404),
)
def get_paragraph(
    request: Request,
    id: Annotated[str, Path(max_length=200, description="`p_…`")],
    query: Annotated[ContextQuery, Query()],
    archive: OpenArchive,
) -> Response:
    """With its neighbours and its article."""
    return cached(request, archive.paragraph(id, query.around))


@router.get(
    "/articles/{ref:ref}",
    operation_id="get_article",
    summary="An article",
    response_model=ArticleOut,
    responses={**also_as(*SHOWN_AS[1:]), **refs(), **problems(304, 406)},
)
def get_article(request: Request, ref: PathRef, query: Annotated[ArticleQuery, Query()], archive: OpenArchive) -> Response:
    """As JSON, Markdown or plain text (`Accept`). The `ETag` may be sent back in `If-Match` when the article is changed."""
    return shown(request, archive, ref, query.include)


def shown(request: Request, archive: Archive, ref: str, include: Collection[Include]) -> Response:
    """The article in the representation that the caller likes best."""
    media = negotiation.best(request, SHOWN_AS)
    more = sorted({*include} - {*ALWAYS, "body"})
    article = archive.article(ref, include={*ALWAYS, *more})
    tag = conditional.article_tag(article, more if media == SHOWN_AS[0] else [media])
    headers = {"ETag": tag, "Cache-Control": REVALIDATE, "Vary": "Accept"}
    if conditional.not_modified(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(_represented(article, media), headers=headers, media_type=media)


def _represented(article: ArticleOut, media: str) -> bytes:
    if media == "text/markdown":
        return rendering.markdown(article).encode()
    return rendering.plain_text(article).encode() if media == "text/plain" else encoded(article)
