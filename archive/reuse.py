"""Paragraph by paragraph: which other articles have the same one, or nearly the same, and who had it first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from archive.answers import AlsoIn, ParagraphReuse, ReuseAnswer, ReuseOut
from archive.errors import ArticleNotFound
from archive.reading import also_in, present
from archive.refs import resolve
from archive.requests import ReuseRequest
from archive.shingles import Shingles, shingles
from archive.sketching import mark
from db import Connection, articles, passages, sketches
from db.records import Article, Keys, Paragraph

if TYPE_CHECKING:
    from archive.archive import Archive

RESEMBLANCE: Final = 0.5
CONTAINMENT: Final = 0.8
"""A paragraph is nearly the same as another if they resemble each other so much, or one has so much of the other."""
NEAREST: Final = 30
"""Passages nearest to each of the article's own that are looked through."""
SIMILAR: Final = 0.7
"""Cosine from which on their paragraphs may be nearly the same."""
COPIES: Final = 100
"""Articles resembling this one that are looked through whole."""


@dataclass(frozen=True, slots=True)
class Found:
    """A paragraph of another article, and how it stands to one of this."""

    article: int
    paragraph: Paragraph
    verbatim: bool
    resemblance: float
    containment: float


class Runs:
    """The runs of words of an article's paragraphs, ready to be compared with another paragraph's at once."""

    def __init__(self, paragraphs: Sequence[Paragraph]) -> None:
        each = [shingles(paragraph.text) for paragraph in paragraphs]
        self.sizes = np.array([len(runs) for runs in each])
        runs = np.concatenate([*each, np.empty(0, np.uint64)])
        owners = np.repeat(np.arange(len(each)), self.sizes)
        order = np.argsort(runs, kind="stable")
        self._runs, self._owners = runs[order], owners[order]

    def near(self, other: Shingles) -> Iterator[tuple[int, float, float]]:
        """(which, resemblance, containment) of the paragraphs that are nearly the same as the other."""
        common = np.bincount(self._owners[np.isin(self._runs, other)], minlength=len(self.sizes))
        resemblance = common / (self.sizes + len(other) - common)
        containment = common / np.minimum(self.sizes, len(other))
        for which in np.flatnonzero((resemblance >= RESEMBLANCE) | (containment >= CONTAINMENT)).tolist():
            yield which, float(resemblance[which]), float(containment[which])


def reuse(archive: "Archive", ref: str, request: ReuseRequest) -> ReuseAnswer:
    with archive.db.read() as conn:
        key = resolve(conn, ref)
        own = articles.get(conn, key, references=False, extra=False)
        if own is None:
            raise ArticleNotFound(ref)
        counted = [(found, paragraph) for paragraph in own.paragraphs if (found := mark(paragraph.text)) is not None]
        runs = Runs([paragraph for _, paragraph in counted])
        alike = _nearly(conn, runs, key, _candidates(archive, conn, key))
        answers = [
            _paragraph(conn, own, paragraph, said, alike.get(which, []), request.limit)
            for which, (said, paragraph) in enumerate(counted)
        ]
        pending = sketches.pending(conn)
    items = [answer for answer in answers if answer is not None]
    return ReuseAnswer(article=present(own), items=items, paragraphs=len(counted), reused=len(items), pending=pending)


# What may be the same


def _candidates(archive: "Archive", conn: Connection, key: int) -> Keys:
    """Paragraphs, by their internal keys, of other articles that mean nearly the same, and of those that resemble this one."""
    index = archive.indexer.vectors.index
    own = index.entries([key]).vectors
    hits = index.search_many(own, NEAREST) if len(own) else []
    near = [hit.ids[(hit.similarities >= SIMILAR) & (hit.groups != key)] for hit in hits]
    known = sketches.resembling(conn, [key])
    closest = np.argsort(-known.resemblance, kind="stable")[:COPIES]
    others = np.setdiff1d(np.concatenate([known.one[closest], known.other[closest]]), [key])
    of_copies = [part for parts in articles.paragraph_keys(conn, others).values() for part in parts]
    of_passages = passages.paragraph_keys(conn, np.unique(np.concatenate([*near, np.empty(0, np.int64)])))
    return np.union1d(np.array(of_copies, np.int64), of_passages)


def _nearly(conn: Connection, runs: Runs, own: int, candidates: Keys) -> dict[int, list[Found]]:
    """For each paragraph of the article those of the candidates that are nearly the same, of each article the nearest."""
    found: dict[int, dict[int, Found]] = {}
    for article, paragraph in articles.paragraphs_by_key(conn, candidates).values():
        if article == own or mark(paragraph.text) is None:
            continue
        for which, resemblance, containment in runs.near(shingles(paragraph.text)):
            use = Found(article, paragraph, False, resemblance, containment)
            best = found.setdefault(which, {}).setdefault(article, use)
            if use.resemblance > best.resemblance:
                found[which][article] = use
    return {which: list(uses.values()) for which, uses in found.items()}


# Who has it


def _paragraph(
    conn: Connection, own: Article, paragraph: Paragraph, said: int, alike: Sequence[Found], limit: int
) -> ParagraphReuse | None:
    """None where no other article has it."""
    count, uses = sketches.users(conn, said, own.key, max(limit, 1))
    texts = articles.paragraphs_by_key(conn, [use.paragraph for use in uses]) if uses else {}
    same = [Found(use.article, texts[use.paragraph][1], True, 1.0, 1.0) for use in uses]
    near = [use for use in alike if mark(use.paragraph.text) != said]
    if not count and not near:
        return None
    verbatim = sketches.having(conn, said, [use.article for use in near])
    near = [use for use in near if use.article not in verbatim]
    homes = articles.many(conn, [use.article for use in (*same, *near)])
    in_time = sorted((*same, *near), key=lambda use: _since(homes[use.article]))
    first = min([own, *homes.values()], key=_since)
    return ParagraphReuse(
        paragraph_id=paragraph.id,
        ordinal=paragraph.ordinal,
        text=paragraph.text,
        articles=count + len(near),
        first=also_in(first),
        items=[_use(use, also_in(homes[use.article])) for use in in_time[:limit]],
    )


def _since(article: Article) -> tuple[int, int]:
    """When it was published, else when it was stored."""
    return (article.published_at or article.ingested_at).micros, article.key


def _use(use: Found, article: AlsoIn) -> ReuseOut:
    return ReuseOut(
        article=article,
        paragraph_id=use.paragraph.id,
        ordinal=use.paragraph.ordinal,
        text=use.paragraph.text,
        kind="verbatim" if use.verbatim else "near",
        resemblance=round(use.resemblance, 4),
        containment=round(use.containment, 4),
    )
