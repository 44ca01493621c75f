"""An article, to be read: with what it cites, what is related to it and why, and how it came to be what it is."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api import rendering
from api.articles import original_response
from api.dependencies import OpenArchive
from api.errors import Refusal
from api.room.calls import Call
from api.room.citing import Cited, cited_text
from api.room.differences import Difference, differences
from api.room.pages import HEADERS, Page, WritingPage, render
from api.room.templating import article_path
from archive.answers import ArticleOut, RelatedAnswer, RelatedItem
from archive.archive import Archive
from archive.errors import EncoderNotReady, StoryNotFound, TooManyQueries
from archive.requests import RelatedRequest, SearchRequest, Seed, StoryRequest

router = APIRouter(route_class=Page, include_in_schema=False)
writing = APIRouter(route_class=WritingPage, include_in_schema=False)

Id = Annotated[str, Path(max_length=100)]

RELATED = 5
IN_STORY = 200
AROUND = 3
"""Articles of the story shown on each side."""
NEAR = 0.35
"""Cosine from which on a paragraph elsewhere is worth showing: below, two paragraphs have little more in common than language."""
RELATIONS = {
    "duplicate": "the same text", "update": "another version", "same_story": "same story", "follow_up": "follow-up",
    "background": "background", "same_topic": "same topic",
}  # fmt: skip


@dataclass(frozen=True)
class Neighbour:
    """A related article, in words. `apart`: how much earlier or later it was published."""

    item: RelatedItem
    relation: str
    apart: str


@router.get("/articles")
def by_ref(archive: OpenArchive, ref: str = "") -> Response:
    """Whatever names it leads to its page."""
    if not ref:
        return RedirectResponse("/", 303)
    return RedirectResponse(article_path(archive.article(ref, ()).id), 303)


@router.get("/articles/{id}")
def page(request: Request, id: Id, archive: OpenArchive) -> Response:
    article = archive.article(id, ("paragraphs", "references", "original"))
    if article.id != id:
        return RedirectResponse(article_path(article.id), 303)
    related, missing = related_to(archive, article)
    story = in_story(archive, article)
    return render(
        request, "article.html", article=article, cited=Cited(article), cited_text=cited_text,
        related=[neighbour(article, item, story["ids"]) for item in related.items] if related else [],
        copies=related.also_in if related else [], missing=missing, **story,
        calls=[
            Call("get_article", {"ref": article.id}),
            Call("article_related", {"ref": article.id}, {"why": True, "limit": RELATED}),
        ],
    )  # fmt: skip


def related_to(archive: Archive, article: ArticleOut) -> tuple[RelatedAnswer | None, str]:
    """What is related; and why there is nothing, where it cannot be told now. The article is to be read in any case."""
    try:
        answer = archive.related(RelatedRequest(seeds=[Seed(ref=article.id)], limit=RELATED, why=True))
    except (EncoderNotReady, TooManyQueries) as error:
        return None, error.detail
    return answer, "" if answer.items else "Nothing in the archive is related to it so far."


def in_story(archive: Archive, article: ArticleOut) -> dict[str, Any]:
    """The story that it is in, and what of it came just before and after."""
    try:
        story = archive.story_of(article.id, StoryRequest(limit=IN_STORY))
    except StoryNotFound:
        return {"story": None, "story_part": [], "ids": frozenset()}
    place = next((at for at, each in enumerate(story.items) if each.id == article.id), 0)
    start = max(0, place - AROUND)
    ids = frozenset(each.id for each in story.items)
    return {"story": story, "story_part": story.items[start : place + AROUND + 1], "ids": ids}


def neighbour(article: ArticleOut, item: RelatedItem, story: Collection[str]) -> Neighbour:
    """A story holds together over several steps: two of its articles may have no more than the topic in common."""
    relation = "same_story" if item.article.id in story and item.relation in (None, "same_topic") else item.relation
    return Neighbour(item, RELATIONS[relation] if relation else "", apart(article, item))


def apart(article: ArticleOut, item: RelatedItem) -> str:
    days = item.why.days_apart if item.why else None
    if days is None:
        return ""
    if days == 0:
        return "the same day"
    later = (item.article.published_at or "")[:10] > (article.published_at or "")[:10]
    return f"{span(abs(days))} {'later' if later else 'earlier'}"


def span(days: int) -> str:
    """A number of days as people say it: `5 days`, `3 weeks`, `2 years`."""
    for least, length, name in ((730, 365.25, "year"), (60, 30.44, "month"), (14, 7, "week"), (0, 1, "day")):
        if days >= least:
            count = round(days / length)
            return f"{count} {name}{'' if count == 1 else 's'}"
    raise ValueError(days)


@router.get("/paragraphs/{id}/similar")
def similar(request: Request, id: Id, archive: OpenArchive) -> Response:
    """A piece of a page: the paragraph of another article that is most like this one."""
    found = archive.paragraph(id, around=0)
    search = SearchRequest(
        like=[found.paragraph.text], mode="semantic", level="paragraph", limit=50, min_relevance=0, matches=1, highlight=False
    )
    try:
        answer = archive.search(search)
    except (EncoderNotReady, TooManyQueries) as error:
        return render(request, "similar.html", nearest=None, missing=error.detail)
    elsewhere = [item for item in answer.items if item.article.id != found.article.id and item.matches]
    nearest = next((item for item in elsewhere if (item.matches[0].similarity or 0) >= NEAR), None)
    return render(request, "similar.html", nearest=nearest, missing="")


@router.get("/articles/{id}/revisions")
def revisions(request: Request, id: Id, archive: OpenArchive) -> Response:
    article = archive.article(id, ())
    return render(
        request, "revisions.html", article=article, revisions=archive.revisions(id).items,
        calls=[Call("list_revisions", {"ref": article.id})],
    )  # fmt: skip


@router.get("/articles/{id}/revisions/{number}")
def revision(request: Request, id: Id, number: Annotated[int, Path(ge=1, lt=2**31)], archive: OpenArchive) -> Response:
    """What it changed of the one before; the first has nothing before it, and is shown whole."""
    article = archive.article(id, ())
    shown = archive.revision(id, number)
    before = archive.revision(id, number - 1).document if number > 1 else None
    changes: Difference = differences(before or {}, shown.document or {})
    return render(
        request, "revision.html", article=article, revision=shown, changes=changes,
        calls=[Call("get_revision", {"ref": article.id, "number": str(number)})],
    )  # fmt: skip


@router.get("/articles/{id}/original")
def original(request: Request, id: Id, archive: OpenArchive) -> Response:
    """As a download: nothing in it runs here."""
    return original_response(request, archive.original(id))


@router.get("/articles/{id}/markdown")
def markdown(id: Id, archive: OpenArchive) -> Response:
    """As a file that can be put in again."""
    article = archive.article(id)
    headers = {
        **HEADERS,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(article.title[:80] or article.id, safe='')}.md",
    }
    return Response(rendering.markdown(article), headers=headers, media_type="text/markdown; charset=utf-8")


@writing.get("/articles/{id}/delete")
def to_delete(request: Request, id: Id, archive: OpenArchive) -> Response:
    article = archive.article(id, ())
    return render(request, "delete.html", article=article, calls=[Call("delete_article", {"ref": article.id})])


@writing.post("/articles/{id}/delete")
def delete(id: Id, archive: OpenArchive) -> Response:
    if not id.startswith("a_"):
        raise Refusal("malformed_ref", "An article is deleted by its id.")
    archive.delete(id)
    return RedirectResponse("/", 303)
