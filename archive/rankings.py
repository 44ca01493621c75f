"""Rankings, their pages, and the memory of them: pages neither repeat nor skip while the archive grows."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

from archive import cursors
from archive.answers import Count, IndexState
from archive.errors import CursorExpired, IndexBehind, MalformedCursor
from archive.memory import Memory
from archive.requests import Paged
from archive.shelf import Shelved
from archive.standing import Moment, Standing
from db import Connection, changes

if TYPE_CHECKING:
    from archive.archive import Archive

REMEMBERED = 256
MIN_SEQ_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class State:
    """How far the indexes were when a ranking was made."""

    vectors: int
    words: int

    @property
    def seq(self) -> int:
        return min(self.vectors, self.words)


@dataclass(slots=True, kw_only=True)
class Candidate:
    """An article, or one of its paragraphs, in a ranking. `also` has the keys of the duplicates it stands for.

    Not frozen, because that takes three times as long to make; nobody changes one all the same."""

    article: int
    seq: int
    ordinal: int | None = None
    similarity: float | None = None
    semantic_rank: int | None = None
    bm25: float | None = None
    lexical_rank: int | None = None
    relevance: float = 0.0
    score: float = 0.0
    also: tuple[int, ...] = ()


class Rows(Sequence[Candidate]):
    """Candidates that are kept in columns, and become objects when they are looked at."""

    @abstractmethod
    def row(self, number: int) -> Candidate:
        """The candidate in that row."""

    @overload
    def __getitem__(self, place: int) -> Candidate: ...

    @overload
    def __getitem__(self, place: slice) -> list[Candidate]: ...

    def __getitem__(self, place: int | slice) -> Candidate | list[Candidate]:
        if isinstance(place, int):
            return self.row(range(len(self))[place])
        return [self.row(row) for row in range(len(self))[place]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Candidates, best first, and what is to be said about how they were found. `details` belongs to whoever ranked."""

    candidates: Sequence[Candidate]
    complete: bool = True
    mode_used: str = "hybrid"
    degraded: bool = False
    warnings: tuple[str, ...] = ()
    details: Any = None

    @property
    def count(self) -> Count:
        return Count(value=len(self.candidates), relation="eq" if self.complete else "gte")


Rankings = Memory[tuple[str, State], Ranking]
"""The latest rankings, by query and state of the indexes."""


@dataclass(slots=True)
class Page:
    """The stretch of a ranking that one answer shows, joined to the database."""

    ranking: Ranking
    moment: Moment
    standing: Standing
    state: State
    query: str
    limit: int
    next: str | None = None
    items: list[tuple[int, Candidate, Shelved]] = field(default_factory=list)
    """(rank counted from 1, candidate, its article)"""

    @property
    def keys(self) -> list[int]:
        return sorted(self.articles)

    @property
    def articles(self) -> dict[int, Shelved]:
        return {candidate.article: article for _, candidate, article in self.items}


def open_page(archive: "Archive", conn: Connection, request: Paged, rank: Callable[[Standing], Ranking]) -> Page:
    """The page that the request asks for, of a remembered ranking or one that `rank` makes. The transaction's first question.

    An article that was deleted or changed since the ranking was made is passed over, and the page filled with what follows.
    Raises MalformedCursor, CursorMismatch, CursorExpired."""
    standing = archive.standings.at(conn)
    moment = archive.moment(standing.seq)
    query = cursors.fingerprint({"of": type(request).__name__, **request.fingerprint()})
    state = State(moment.vectors, moment.words)
    offset = 0
    if request.cursor:
        state_then, offset = _position(cursors.read(request.cursor, query))
        if state_then != state and archive.rankings.get((query, state_then)) is None:
            raise CursorExpired(
                "The archive has changed since the first page, and its ranking is gone; start again without the cursor."
            )
        state = state_then
    ranking = archive.rankings.get((query, state))
    if ranking is None:
        ranking = rank(standing)
        if not ranking.degraded:
            archive.rankings.keep((query, state), ranking)
    page = Page(ranking, moment, standing, state, query, request.limit)
    _fill(archive, conn, page, offset)
    return page


def _fill(archive: "Archive", conn: Connection, page: Page, offset: int) -> None:
    candidates = page.ranking.candidates
    while len(page.items) < page.limit and offset < len(candidates):
        part = candidates[offset : offset + page.limit - len(page.items)]
        current = {each.article: each.seq for each in part if page.standing.holds(each.article, each.seq)}
        found = archive.shelf.take(conn, current)
        for candidate in part:
            offset += 1
            if candidate.article in found:
                page.items.append((offset, candidate, found[candidate.article]))
    if offset < len(candidates):
        page.next = cursors.write(page.query, [page.state.vectors, page.state.words, offset])


def _position(position: list[Any]) -> tuple[State, int]:
    match position:
        case [int(vectors), int(words), int(offset)] if offset >= 0:
            return State(vectors, words), offset
    raise MalformedCursor("The cursor is not one of this archive's; start again without it.")


def index_state(archive: "Archive", conn: Connection, page: Page) -> IndexState:
    read = page.state.seq
    pending = changes.count_after(conn, read) if read < page.moment.seq else 0
    return IndexState(seq=read, pending=pending, model=archive.encoder.name)


def wait_for(archive: "Archive", min_seq: int | None) -> None:
    """Raises IndexBehind when the indexes do not get that far in a few seconds."""
    if min_seq is not None and not archive.indexer.wait(min_seq, MIN_SEQ_WAIT_S):
        raise IndexBehind(f"The index has not read up to seq {min_seq} yet; try again in a few seconds.")
