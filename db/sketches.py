"""Sketches of texts, and what they have found.

A sketch is made of one state of an article, named by its seq, and says nothing once the article has another. Whoever makes one
also stores how much the article resembles those that were sketched before it. Marks belong to paragraphs and go with them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, distinct, func, insert, select, union, union_all

from db import changes, dialects, meta
from db.dialects import among, among_given
from db.records import Keys
from db.tables import articles, paragraph_marks, paragraphs, resemblances, sketch_bands, sketches

_DONE: Final = "sketched"
"""Every article with a seq up to this one has its sketch, so that what is pending is looked for only after it."""
_OF_A_BAND: Final = 50
"""Of a crowd that shares a band only the oldest are candidates: through one of them the others are found."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What an article says, and how it stands. `paragraphs` are the internal keys and texts, in order."""

    key: int
    seq: int
    title: str
    published: int | None
    text_sha256: str
    paragraphs: list[tuple[int, str]]

    @property
    def text(self) -> str:
        """The title and the paragraphs, a line each."""
        return "\n".join((self.title, *(text for _, text in self.paragraphs)))


@dataclass(frozen=True, slots=True)
class Sketch:
    """`bands`: two articles that have one of them in common may resemble each other. `marks`: of each paragraph of some length,
    by its internal key; equal where the words are."""

    article: int
    seq: int
    bands: list[int]
    marks: dict[int, int]


class Resemblance(NamedTuple):
    """Of two articles, `one` being the lesser key: the share of their runs of words that both have, the cosine of the middles."""

    one: int
    other: int
    resemblance: float
    similarity: float


@dataclass(frozen=True, slots=True)
class Resemblances:
    """Parallel columns, each row as in Resemblance."""

    one: Keys
    other: Keys
    resemblance: NDArray[np.float64]
    similarity: NDArray[np.float64]


class Piece(NamedTuple):
    """Of an article what tells how it stands to others of the same words. `came` is when it was stored."""

    title: str
    published: int | None
    came: int
    text_sha256: str

    @property
    def since(self) -> int:
        """When it was published, else when it was stored; in microseconds."""
        return self.came if self.published is None else self.published


class Use(NamedTuple):
    """A paragraph, by its internal key, of another article."""

    paragraph: int
    article: int


# Making them


def done(conn: Connection) -> int:
    """The place in the change log up to which every article is sketched."""
    return min(int(meta.get(conn, _DONE) or 0), changes.seq(conn))


def _lacking(conn: Connection, *columns: ColumnElement[Any]) -> Select[Any]:
    current = (sketches.c.article == articles.c.key) & (sketches.c.seq == articles.c.seq)
    query = select(*columns).select_from(articles.outerjoin(sketches, current))
    return query.where(articles.c.seq > done(conn), sketches.c.article.is_(None))


def waiting(conn: Connection, before: int | None, limit: int) -> list[int]:
    """Articles without a current sketch, those of the earliest changes first; `before`: of changes before this seq only."""
    query = _lacking(conn, articles.c.key).order_by(articles.c.seq).limit(limit)
    return list(conn.execute(query if before is None else query.where(articles.c.seq < before)).scalars())


def pending(conn: Connection) -> int:
    """How many articles have no current sketch."""
    count: int = conn.execute(_lacking(conn, func.count())).scalar_one()
    return count


def wordings(conn: Connection, keys: Sequence[int]) -> dict[int, Wording]:
    """Those of the articles that exist."""
    head, part = articles.c, paragraphs.c
    query = select(head.key, head.seq, head.title, head.published_micros, head.text_sha256).where(among(head.key, keys))
    found = {row.key: Wording(*row, paragraphs=[]) for row in conn.execute(query)}
    texts = select(part.article, part.key, part.text).where(among(part.article, keys)).order_by(part.article, part.ordinal)
    for article, key, text in conn.execute(texts):
        found[article].paragraphs.append((key, text))
    return found


@cache
def _candidates(bands: int) -> Select[Any]:
    """For so many bands at once: a band that a crowd shares costs no more than another."""
    each = [
        select(
            select(sketch_bands.c.article)
            .where(sketch_bands.c.band == bindparam(f"band{number}"))
            .order_by(sketch_bands.c.article)
            .limit(_OF_A_BAND)
            .subquery()
            .c.article
        )
        for number in range(bands)
    ]
    shared = union_all(*each).subquery()
    article, times = shared.c.article, func.count()
    query = select(article).where(article != bindparam("own")).group_by(article)
    return query.order_by(times.desc(), article).limit(bindparam("most"))


def candidates(conn: Connection, sketch: Sketch, most: int) -> list[int]:
    """Other sketched articles that may resemble it, those that share the most bands first."""
    values = {f"band{number}": band for number, band in enumerate(sketch.bands)}
    return list(conn.execute(_candidates(len(sketch.bands)), {**values, "own": sketch.article, "most": most}).scalars())


def store(conn: Connection, made: Sequence[Sketch], found: Sequence[Resemblance], seqs: dict[int, int]) -> int:
    """Put the sketches in the place of earlier ones; how many. `seqs` says in which state each article was compared: what has
    changed since is left out, and is still waiting."""
    query = select(articles.c.key, articles.c.seq).where(among(articles.c.key, list(seqs)))
    present = {key for key, seq in conn.execute(query) if seqs[key] == seq}
    kept = [sketch for sketch in made if sketch.article in present]
    conn.execute(delete(sketches).where(among(sketches.c.article, [sketch.article for sketch in kept])))
    _insert(conn, sketches, [{"article": sketch.article, "seq": sketch.seq} for sketch in kept])
    _insert(conn, sketch_bands, [{"band": band, "article": sketch.article} for sketch in kept for band in set(sketch.bands)])
    _insert(conn, resemblances, [pair._asdict() for pair in found if pair.one in present and pair.other in present])
    marks = [{"mark": mark, "paragraph": key} for sketch in kept for key, mark in sketch.marks.items()]
    if marks:
        conn.execute(dialects.insert(conn, paragraph_marks).on_conflict_do_nothing(), marks)
    return len(kept)


def _insert(conn: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        conn.execute(insert(table), rows)


def reach(conn: Connection) -> int:
    """How far `done` could be: to before the first article that is waiting."""
    first = conn.execute(_lacking(conn, articles.c.seq).order_by(articles.c.seq).limit(1)).scalar_one_or_none()
    return changes.seq(conn) if first is None else int(first) - 1


def settle(conn: Connection) -> None:
    """Note how far of the change log everything is sketched, so that it need not be looked at again."""
    meta.set(conn, _DONE, str(reach(conn)))


# Asking them


def _both_current() -> Select[Any]:
    one, other = sketches.alias("one_sketch"), sketches.alias("other_sketch")
    this, that = articles.alias("this"), articles.alias("that")
    pair = resemblances.c
    return (
        select(pair.one, pair.other, pair.resemblance, pair.similarity)
        .join(one, one.c.article == pair.one)
        .join(this, (this.c.key == pair.one) & (this.c.seq == one.c.seq))
        .join(other, other.c.article == pair.other)
        .join(that, (that.c.key == pair.other) & (that.c.seq == other.c.seq))
    )


_CURRENT: Final = _both_current()
"""Pairs of which both are still what they were compared as. Made once: to make it took a third of a list of related articles."""


_RESEMBLING: Final = union(*(_CURRENT.where(among_given(column)) for column in (resemblances.c.one, resemblances.c.other)))


def every_resemblance(conn: Connection) -> Resemblances:
    return _columns(conn.execute(_CURRENT.order_by(resemblances.c.one, resemblances.c.other)).all())


def resembling(conn: Connection, keys: Sequence[int] | Keys) -> Resemblances:
    """The pairs that one of the articles is in."""
    return _columns(sorted(tuple(row) for row in conn.execute(_RESEMBLING, {"keys": keys})))


def _columns(rows: Sequence[Any]) -> Resemblances:
    one, other, resemblance, similarity = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Resemblances(
        np.array(one, np.int64), np.array(other, np.int64), np.array(resemblance, np.float64), np.array(similarity, np.float64)
    )


_PIECES: Final = select(
    *(articles.c[name] for name in ("key", "title", "published_micros", "ingested_micros", "text_sha256"))
).where(among_given(articles.c.key))


def pieces(conn: Connection, keys: Sequence[int] | Keys) -> dict[int, Piece]:
    """Those of the articles that exist."""
    return {row[0]: Piece(*row[1:]) for row in conn.execute(_PIECES, {"keys": keys})}


def same_texts(conn: Connection) -> dict[str, list[int]]:
    """Articles with the very same text, by its digest: their keys, ascending; texts that only one has are left out."""
    column = articles.c
    several = select(column.text_sha256).group_by(column.text_sha256).having(func.count() > 1)
    query = select(column.text_sha256, column.key).where(column.text_sha256.in_(several)).order_by(column.key)
    found: dict[str, list[int]] = defaultdict(list)
    for digest, key in conn.execute(query):
        found[digest].append(key)
    return dict(found)


def with_text(conn: Connection, text_sha256: str) -> list[int]:
    """The articles with that very text, ascending."""
    query = select(articles.c.key).where(articles.c.text_sha256 == text_sha256).order_by(articles.c.key)
    return list(conn.execute(query).scalars())


def users(conn: Connection, mark: int, own: int, most: int) -> tuple[int, list[Use]]:
    """How many articles but `own` have a paragraph of that mark, and the `most` that had it first, a paragraph of each."""
    part, marked = paragraphs.c, paragraph_marks.join(paragraphs, paragraphs.c.key == paragraph_marks.c.paragraph)
    condition = (paragraph_marks.c.mark == mark) & (part.article != own)
    count = conn.execute(select(func.count(distinct(part.article))).select_from(marked).where(condition)).scalar_one()
    since = func.coalesce(articles.c.published_micros, articles.c.ingested_micros)
    query = (
        select(func.min(part.key), part.article)
        .select_from(marked.join(articles, articles.c.key == part.article))
        .where(condition)
        .group_by(part.article, since)
    )
    found = conn.execute(query.order_by(since, part.article).limit(most)) if count else ()
    return count, [Use(*row) for row in found]


def having(conn: Connection, mark: int, keys: Sequence[int]) -> set[int]:
    """Which of the articles have a paragraph of that mark."""
    part, marked = paragraphs.c, paragraph_marks.join(paragraphs, paragraphs.c.key == paragraph_marks.c.paragraph)
    query = select(part.article).select_from(marked).where(paragraph_marks.c.mark == mark, among(part.article, keys))
    return set(conn.execute(query).scalars()) if keys else set()


# Checking them


def stored(conn: Connection, keys: Sequence[int]) -> tuple[dict[int, tuple[int, list[int]]], dict[int, int]]:
    """Of each of the articles that has a sketch its seq and its bands, ascending; and the marks of the articles' paragraphs."""
    seqs = {row.article: row.seq for row in conn.execute(select(sketches).where(among(sketches.c.article, keys)))}
    bands: dict[int, list[int]] = {key: [] for key in seqs}
    rows = conn.execute(select(sketch_bands).where(among(sketch_bands.c.article, keys)).order_by(sketch_bands.c.band))
    for band, article in rows:
        bands[article].append(band)
    marked = paragraph_marks.join(paragraphs, paragraphs.c.key == paragraph_marks.c.paragraph)
    query = (
        select(paragraph_marks.c.paragraph, paragraph_marks.c.mark).select_from(marked).where(among(paragraphs.c.article, keys))
    )
    return {key: (seq, bands[key]) for key, seq in seqs.items()}, {row.paragraph: row.mark for row in conn.execute(query)}
