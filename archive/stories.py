"""Stories as they are answered: lists, one with its articles in order of time, and the one that an article is in.

How they come about: archive.story_follower.
"""

from typing import TYPE_CHECKING

from archive import cursors
from archive.answers import StoryOut, StoryPage, StoryTimeline
from archive.errors import MalformedCursor, StoryNotFound
from archive.reading import present
from archive.refs import resolve
from archive.requests import StoryListRequest, StoryRequest
from db import Connection, articles, changes, stories, story_links
from db.records import Article, Filters
from db.stories import After, Story

if TYPE_CHECKING:
    from archive.archive import Archive


def listed(archive: "Archive", request: StoryListRequest) -> StoryPage:
    query = cursors.fingerprint({"of": "stories", **request.fingerprint()})
    after = _position(request.cursor, query)
    with archive.db.read() as conn:
        page = stories.page(
            conn, request.filters(), sort=request.sort, at_least=request.min_articles, limit=request.limit, after=after
        )
        standing_for = articles.many(conn, [story.representative for story in page.items])
        seq, pending = _judged(conn)
    return StoryPage(
        items=[StoryOut(**_shown(story, standing_for[story.representative])) for story in page.items],
        count=page.count,
        seq=seq,
        pending=pending,
        next=cursors.write(query, list(page.after)) if page.after else None,
    )


def timeline(archive: "Archive", id: str, request: StoryRequest) -> StoryTimeline:
    with archive.db.read() as conn:
        key = stories.find(conn, id)
        shown = _timeline(conn, key, request) if key is not None else None
    if shown is None:
        raise StoryNotFound(f"No story has the id {id!r}.")
    return shown


def of_article(archive: "Archive", ref: str, request: StoryRequest) -> StoryTimeline:
    with archive.db.read() as conn:
        article = resolve(conn, ref)
        key = stories.of_articles(conn, [article]).get(article)
        shown = _timeline(conn, key, request) if key is not None else None
        pending = _judged(conn)[1]
    if shown is None:
        soon = f" {pending} changes have not been judged yet; it may be in one soon." if pending else ""
        raise StoryNotFound(f"The article {ref!r} is in no story.{soon}")
    return shown


def _timeline(conn: Connection, key: int, request: StoryRequest) -> StoryTimeline | None:
    """None for a story that has lost all its articles, which is to be cleared away yet."""
    story = stories.described(conn, [key], Filters()).get(key)
    if story is None:
        return None
    query = cursors.fingerprint({"story": key})
    keys, after = stories.timeline(conn, key, limit=request.limit, after=_position(request.cursor, query))
    found = articles.many(conn, [*keys, story.representative])
    seq, pending = _judged(conn)
    return StoryTimeline(
        **_shown(story, found[story.representative]),
        items=[present(found[article]) for article in keys],
        seq=seq,
        pending=pending,
        next=cursors.write(query, list(after)) if after else None,
    )


def _shown(story: Story, representative: Article) -> dict[str, object]:
    return {
        "id": story.id,
        "title": representative.title,
        "articles": story.size,
        "first_published_at": story.first.text if story.first else None,
        "last_published_at": story.last.text if story.last else None,
        "active_at": story.active.text,
        "representative": present(representative),
    }


def _judged(conn: Connection) -> tuple[int, int]:
    """How far the change log has been judged, and how many changes have not."""
    seq = story_links.progress(conn).seq
    return seq, changes.count_after(conn, seq)


def _position(cursor: str | None, query: str) -> After | None:
    match cursors.read(cursor, query) if cursor else None:
        case None:
            return None
        case [int(value), int(key)]:
            return value, key
    raise MalformedCursor("The cursor is not one of this archive's; start again without it.")
