"""Sources that are watched: made, shown, changed, and let go."""

from typing import TYPE_CHECKING

from archive import cursors
from archive.answers import SourceOut, SourcePage
from archive.clock import now
from archive.errors import FieldError, InvalidRequest, SourceNotFound
from archive.imports import unusable
from archive.requests import Paged, SourceChange, SourceRequest
from archive.urls import normalize
from db import Connection, jobs, sources
from db.sources import Source

if TYPE_CHECKING:
    from archive.archive import Archive


def watch(archive: "Archive", request: SourceRequest) -> tuple[SourceOut, bool]:
    """The source, and whether it is new; one that is there stays as it is."""
    if wrong := unusable(request.url):
        raise InvalidRequest(f"/url {wrong}.", [FieldError("/url", wrong)])
    options = {"source": request.source, "on_conflict": request.on_conflict}
    with archive.db.write() as conn:
        source, made = sources.create(conn, request.url, normalize(request.url), "auto", options, request.interval_s, now())
        answer = shown(conn, source)
    archive.watcher.wake()
    return answer, made


def listed(archive: "Archive", request: Paged) -> SourcePage:
    query = cursors.fingerprint({"sources": True})
    after = cursors.read(request.cursor, query)[0] if request.cursor else 0
    with archive.db.read() as conn:
        found = sources.page(conn, after, request.limit + 1)
        items = [shown(conn, source) for source in found[: request.limit]]
        count = sources.count(conn)
    following = cursors.write(query, [found[request.limit - 1].key]) if len(found) > request.limit else None
    return SourcePage(items=items, count=count, next=following)


def show(archive: "Archive", id: str) -> SourceOut:
    with archive.db.read() as conn:
        return shown(conn, find(conn, id))


def find(conn: Connection, id: str) -> Source:
    source = sources.get(conn, id)
    if source is None:
        raise SourceNotFound(id)
    return source


def change(archive: "Archive", id: str, request: SourceChange) -> SourceOut:
    """Only what is named in the request. One that is no longer paused is looked at at once."""
    with archive.db.write() as conn:
        source = find(conn, id)
        values = request.model_dump(exclude_unset=True, exclude_none=True, exclude={"source"})
        if "source" in request.model_fields_set:
            values["options"] = {**source.options, "source": request.source}
        if source.paused and values.get("paused") is False:
            values["due_micros"] = now().micros
        if values:
            sources.change(conn, source.key, **values)
        answer = shown(conn, find(conn, id))
    archive.watcher.wake()
    return answer


def check(archive: "Archive", id: str) -> SourceOut:
    """Have it looked at now, whenever it would be due."""
    with archive.db.write() as conn:
        sources.change(conn, find(conn, id).key, due_micros=now().micros, paused=False)
        answer = shown(conn, find(conn, id))
    archive.watcher.wake()
    return answer


def forget(archive: "Archive", id: str) -> None:
    """It is watched no more; what came from it stays."""
    with archive.db.write() as conn:
        sources.remove(conn, find(conn, id).key)
    archive.db.forget_exclusive(f"source-{id}")


def shown(conn: Connection, source: Source) -> SourceOut:
    working = jobs.of_source(conn, source.key)
    state = "paused" if source.paused else "importing" if working else "failing" if source.failures else "waiting"
    return SourceOut(
        id=source.id,
        url=source.url,
        kind=source.kind,
        interval_s=source.interval_s,
        paused=source.paused,
        source=source.options.get("source"),
        on_conflict=source.options.get("on_conflict", "update"),
        state=state,
        created_at=source.created_at.text,
        checked_at=source.checked_at and source.checked_at.text,
        changed_at=source.changed_at and source.changed_at.text,
        due_at=None if source.paused else source.due_at.text,
        failures=source.failures,
        code=source.code,
        detail=source.detail,
        **source.counts._asdict(),
        job=jobs.by_key(conn, working).id if working else None,
    )
