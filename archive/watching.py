"""Looks at watched sources when they are due, and makes jobs of what is new.

A source is looked at by one process at a time, by a lock that dies with its holder; when it is due next lies in the database. So
two servers on one archive do not fetch twice. What has been listed and read is remembered, entry by entry, in the transaction
that stores it (archive/job_running.py).
"""

from typing import TYPE_CHECKING, Any, Final

from archive.background import Background
from archive.clock import now
from archive.listing import Listing, listing
from archive.parsing import ParsingFailed
from archive.parsing.sitemaps import Place
from archive.urls import normalize
from db import Connection, jobs, sources
from db.identity import index_key
from db.jobs import Input, NewJob
from db.sources import Entry, Source

if TYPE_CHECKING:
    from archive.archive import Archive
    from fetching import FetchFailed, Page

LONGEST_S: Final = 86_400
"""However often a source has failed, it is looked at once a day, or as seldom as it was asked to be."""
GONE: Final = 410


class Watcher(Background):
    """Of a server: looks at its sources."""

    def __init__(self, archive: "Archive") -> None:
        super().__init__("backfile-watch", self.step, archive.settings.follow_interval_s)
        self._archive = archive

    def step(self) -> bool:
        """Look at all that are due, and that nobody else is looking at; whether there was one."""
        with self._archive.db.read() as conn:
            due = sources.due(conn, now())
        looked = [self.look(key) for key in due if not self.stopping()]
        return any(looked)

    def look(self, key: int) -> bool:
        """Whether it was due, and nobody else was looking."""
        with self._archive.db.read() as conn:
            source = sources.by_key(conn, key)
        if source is None:
            return False
        with self._archive.db.exclusive(f"source-{source.id}", wait=0) as alone:
            if not alone:
                return False
            with self._archive.db.read() as conn:
                source, busy = sources.by_key(conn, key), jobs.of_source(conn, key) is not None
            if source is None or source.paused or source.due_at.micros > now().micros:
                return False
            if busy:
                self._put_off(source, source.interval_s)
                return True
            self._look_at(source)
            return True

    def _put_off(self, source: Source, seconds: float) -> None:
        """What it has listed before is still being read."""
        with self._archive.db.write() as conn:
            sources.change(conn, source.key, due_micros=_in(seconds))

    def _look_at(self, source: Source) -> None:
        from fetching import FetchFailed

        try:
            page = self._archive.fetcher.fetch(
                source.url, etag=source.etag, last_modified=source.last_modified, stopping=self.stopping
            )
            found = None if page.status == 304 else listing(page, source.kind, lambda place: self._part(source, place))
        except FetchFailed as failure:
            self._failed(source, failure)
        except ParsingFailed as failure:
            self._put_back(source, failure.code, f"{source.url}: {failure.reason}", None)
        else:
            self._found(source, page, found)

    def _part(self, source: Source, place: Place) -> "Page | None":
        """A sitemap that an index names, unless it was read in this very state."""
        with self._archive.db.read() as conn:
            if place.changed and sources.read_before(conn, source.key, [Entry(*place)]):
                return None
        return self._archive.fetcher.fetch(place.url, stopping=self.stopping)

    def _failed(self, source: Source, failure: "FetchFailed") -> None:
        if failure.code == "stopped":
            return
        self._put_back(source, failure.code, failure.reason, failure.retry_after_s, gone=failure.status == GONE)

    def _put_back(self, source: Source, code: str, detail: str, wait_s: float | None, *, gone: bool = False) -> None:
        """Ask again, after twice as long with each failure; what is gone for good is left alone."""
        failures = source.failures + 1
        seconds = max(wait_s or 0, min(source.interval_s * 2 ** min(failures, 20), max(LONGEST_S, source.interval_s)))
        values: dict[str, Any] = {"failures": failures, "code": code, "detail": detail[:1000], "paused": gone}
        with self._archive.db.write() as conn:
            sources.change(conn, source.key, **values, checked_micros=now().micros, due_micros=_in(seconds))

    def _found(self, source: Source, page: "Page", found: Listing | None) -> None:
        if found is not None and found.elsewhere is not None:
            self._move(source, found.elsewhere)
            return
        values: dict[str, Any] = {
            "failures": 0,
            "code": None,
            "detail": None,
            "checked_micros": now().micros,
            "due_micros": _in(source.interval_s),
            "etag": page.etag,
            "last_modified": page.last_modified,
        }
        with self._archive.db.write() as conn:
            if page.moved_permanently_to:
                values |= self._address(conn, source, page.moved_permanently_to)
            if found is not None:
                values["kind"] = found.kind
                if self._begin(conn, source, page, found):
                    values["changed_micros"] = now().micros
                sources.note_read(conn, source.key, dict.fromkeys(found.parts, True))
            sources.change(conn, source.key, **values)
        self._archive.worker.wake()

    def _move(self, source: Source, url: str) -> None:
        """A page was named, and the feed that it has is what is watched; where that is watched already, this one is let go."""
        with self._archive.db.write() as conn:
            address = self._address(conn, source, url)
            if address:
                sources.change(conn, source.key, **address, kind="feed", due_micros=now().micros)
            else:
                sources.change(conn, source.key, paused=True, code="watched_already", detail=f"{url} is watched already")

    def _address(self, conn: Connection, source: Source, url: str) -> dict[str, Any]:
        """The columns of another address, unless another source has it."""
        key = index_key(normalize(url))
        holder = sources.at(conn, key)
        return {"url": url, "url_key": key} if holder in (None, source.key) else {}

    def _begin(self, conn: Connection, source: Source, page: "Page", found: Listing) -> bool:
        """A job for what is new, if anything is."""
        known = sources.read_before(conn, source.key, found.entries)
        new = [entry for entry in dict.fromkeys(found.entries) if entry not in known]
        if not new:
            return False
        id = jobs.new_id()
        options = {**source.options, "follow": True, "map": {}}
        job = NewJob(kind="import", runner="server", fingerprint=id, options=options, source=source.key)
        jobs.create(conn, id, job, self._inputs(id, page, found, new), now())
        return True

    def _inputs(self, id: str, page: "Page", found: Listing, new: list[Entry]) -> list[Input]:
        if found.kind != "feed":
            return [Input("url", entry.name, entry.name, version=entry.version) for entry in new]
        self._archive.spool.keep(id, "feed", page.content)
        media_type = f"{page.media_type}; charset={page.charset}" if page.charset else page.media_type
        return [Input("upload", "feed", page.url, media_type, page.url, expected=len(new))]


def _in(seconds: float) -> int:
    return now().micros + round(seconds * 1e6)
