"""What a job reads: its inputs one after another, item by item, from where it was left."""

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from archive import parsing
from archive.parsing import Given, Item, Link, Unreadable
from db import jobs, sources
from db.jobs import Cursor, Input, Job
from db.records import Draft
from db.sources import Entry

if TYPE_CHECKING:
    from archive.archive import Archive
    from fetching import Page

log = logging.getLogger("backfile.jobs")

FROM_FEED: Final = ("external_id", "source")
"""What a feed says of a page, and the page is known by from then on."""
IF_MISSING: Final = (
    "title", "dek", "authors", "categories", "tags", "series", "language", "published_at", "modified_at", "canonical_url",
)  # fmt: skip
"""What a feed says of a page, where the page does not say it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no article. `temporary`: it may be there another time."""

    code: str
    detail: str
    errors: tuple[tuple[str, str], ...] = ()
    temporary: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One item read. `cursor`: where the job goes on after it. `outcome`: None where there is nothing to store or to tell.
    `entry`: what it is to the source that listed it. `over`: the key of the article whose place the draft takes, where that is
    known."""

    cursor: Cursor
    place: str
    outcome: Draft | Failure | Link | None
    entry: Entry | None = None
    over: int | None = None


class Reading:
    """One pass over what is left of a job."""

    def __init__(self, archive: "Archive", job: Job, stopping: Callable[[], bool]) -> None:
        """`stopping`: whether to leave off; then `steps` ends early."""
        self._archive = archive
        self._job = job
        self._stopping = stopping
        self._follows = job.options.get("follow", False)

    def steps(self) -> Iterator[Step]:
        """Every item that is left, and at the end of each input one without an outcome."""
        start = self._job.cursor
        for position, each in self._inputs(start.input):
            behind = start.item if position == start.input else 0
            for step in self._steps_of(position, each, behind):
                if self._stopping():
                    return
                yield step

    def _inputs(self, position: int) -> Iterator[tuple[int, Input]]:
        """From a position on."""
        while True:
            with self._archive.db.read() as conn:
                some = jobs.inputs(conn, self._job.key, position)
            if not some:
                return
            yield from some
            position = some[-1][0] + 1

    def _steps_of(self, position: int, each: Input, behind: int) -> Iterator[Step]:
        entry = Entry(each.location, each.version) if each.version is not None else None
        with self._opened(position, each) as opened:
            if isinstance(opened, Failure):
                yield Step(Cursor(position, 1), each.place, opened, entry)
            else:
                stream, given = opened
                for number, item in enumerate(parsing.items_in(stream, given), start=1):
                    if number > behind:
                        yield self._step(Cursor(position, number), item, replace(each, url=given.url), entry)
        yield Step(Cursor(position + 1, 0), each.place, None)

    def _step(self, cursor: Cursor, item: Item, each: Input, entry: Entry | None) -> Step:
        outcome = item.read()
        if isinstance(outcome, Unreadable):
            return Step(cursor, item.place, Failure(outcome.code, outcome.reason, outcome.errors), entry)
        if self._job.source is not None and entry is None:
            entry = entry_of(outcome)
            if entry is not None and self._is_known(entry):
                return Step(cursor, item.place, None)
        if isinstance(outcome, Link):
            return self._linked(cursor, item.place, outcome, entry, follows=self._follows or each.kind == "url")
        return Step(cursor, item.place, self._finished(outcome, each), entry)

    def _is_known(self, entry: Entry) -> bool:
        assert self._job.source is not None
        with self._archive.db.read() as conn:
            return bool(sources.read_before(conn, self._job.source, [entry]))

    def _linked(self, cursor: Cursor, place: str, link: Link, entry: Entry | None, *, follows: bool) -> Step:
        """A link to a feed is an input of its own; a page that a feed sums up is fetched here, and the summary stands where it
        cannot be."""
        if link.draft is None:
            return Step(cursor, place, link, entry)
        if not follows:
            return Step(cursor, place, self._finished(link.draft, None), entry)
        page = self._page(link.url, link.draft)
        if isinstance(page, Draft):
            return Step(cursor, place, self._finished(page, None), entry)
        if page.temporary:
            return Step(cursor, place, page, entry)
        told = replace(link.draft, warnings=(*link.draft.warnings, f"only the summary is stored: {page.detail}"))
        return Step(cursor, place, self._finished(told, None), entry)

    def _page(self, url: str, known: Draft) -> Draft | Failure:
        page = self._fetched(url)
        if isinstance(page, Failure):
            return page
        given = Given(media_type=page.media_type, charset=page.charset, url=page.url, place=url)
        outcomes = [item.read() for item in parsing.items_in(io.BytesIO(page.content), given)]
        match outcomes:
            case [Draft() as draft]:
                return merged(draft, known, (url, *page.redirects))
            case [Unreadable() as none]:
                return Failure(none.code, none.reason, none.errors)
        return Failure("no_article", f"{url} is no page of one article")

    def _finished(self, draft: Draft, each: Input | None) -> Draft:
        """With what was said about all of them."""
        if each is not None and each.kind == "url" and draft.url == each.url != each.location:
            draft = replace(draft, aliases=(*draft.aliases, each.location))
        return with_source(draft, self._job.options)

    @contextmanager
    def _opened(self, position: int, each: Input) -> Iterator[tuple[BinaryIO, Given] | Failure]:
        found = self._found(position, each)
        if isinstance(found, Failure):
            yield found
            return
        path, given = found
        try:
            stream = path.open("rb")
        except OSError as error:
            yield Failure("unreadable_file", f"the file cannot be read: {error.strerror or error}")
            return
        with stream:
            yield stream, given

    def _found(self, position: int, each: Input) -> tuple[Path, Given] | Failure:
        """Where the bytes are, after fetching them if they are elsewhere; what was fetched before is not fetched again."""
        options = self._job.options
        given = Given(
            name=Path(each.place).name, media_type=each.media_type, url=each.url, mapping=options.get("map", {}), place=each.place
        )
        if each.kind == "file":
            return Path(each.location), replace(given, media_type=options.get("media_type") or each.media_type)
        if each.kind == "upload":
            return self._archive.spool.path(self._job.id, each.location), given
        path = self._archive.spool.path(self._job.id, str(position))
        if each.url is None or not path.exists():
            page = self._fetched(each.location)
            if isinstance(page, Failure):
                return page
            media_type = f"{page.media_type}; charset={page.charset}" if page.charset else page.media_type
            self._archive.spool.keep(self._job.id, str(position), page.content)
            with self._archive.db.write() as conn:
                jobs.found(conn, self._job.key, position, page.url, media_type)
            given = replace(given, url=page.url, media_type=media_type)
        return path, replace(given, name=None)

    def _fetched(self, url: str) -> "Page | Failure":
        from fetching import FetchFailed

        try:
            return self._archive.fetcher.fetch(url, stopping=self._stopping)
        except FetchFailed as failure:
            return Failure(failure.code, failure.reason, temporary=failure.temporary)


def entry_of(outcome: Draft | Link) -> Entry | None:
    """What an item of a feed is to its source: named by its own id, in the state that its bytes have."""
    draft = outcome.draft if isinstance(outcome, Link) else outcome
    if draft is None or draft.original is None:
        return None
    name = draft.external_id or draft.url
    return Entry(name, sha256(draft.original.content).hexdigest()) if name else None


def merged(page: Draft, known: Draft, addresses: tuple[str, ...]) -> Draft:
    """The page, with what the feed that led to it knows of it."""
    values: dict[str, Any] = {name: getattr(known, name) or getattr(page, name) for name in FROM_FEED}
    values |= {name: getattr(page, name) or getattr(known, name) for name in IF_MISSING}
    values["dek"] = values["dek"] or summary(known)
    return replace(page, **values, aliases=tuple(dict.fromkeys((*page.aliases, *addresses))))


def summary(known: Draft) -> str | None:
    """What a feed sums a page up in: the text of the article, for as long as there is no other."""
    return " ".join(known.paragraphs[0].text.split()) if known.partial and len(known.paragraphs) == 1 else None


def with_source(draft: Draft, options: Any) -> Draft:
    source = options.get("source")
    return replace(draft, source=source) if source and not draft.source else draft
