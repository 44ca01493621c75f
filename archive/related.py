"""Related articles: what is like the seeds, ranked, without copies, and the reasons for each."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from archive import relevance
from archive.answers import AlsoIn, RelatedAnswer, RelatedItem
from archive.collapsing import COMPARED, collapsed
from archive.company import in_company
from archive.diversity import unlike_first
from archive.likeness import NEAREST, Likeness, likeness, nearness
from archive.profiles import relations
from archive.rankings import Page, Ranking, index_state, open_page
from archive.reading import also_in, present
from archive.reasons import why
from archive.refs import resolve
from archive.relations import Relation
from archive.relatives import Relatives
from archive.requests import RelatedRequest
from archive.seeds import Source, sources, stored
from archive.standing import Standing
from db import Connection, articles
from db.records import Filters, Keys

if TYPE_CHECKING:
    from archive.archive import Archive

WORDS_WEIGHT: Final = 1.5
"""What the words in common add to the alignment; measured in docs/decisions/0014-relations.md."""
AVOID_WEIGHT: Final = 0.5


@dataclass(frozen=True, slots=True)
class Details:
    """What is remembered beside a ranking: the copies of seeds, the versions of all copies; the seeds."""

    of_seeds: Sequence[int]
    copies: Mapping[int, int]
    seeds: Sequence[Source]


def related(archive: "Archive", request: RelatedRequest) -> RelatedAnswer:
    started = time.perf_counter()
    archive.indexer.keep_pace()
    with archive.db.read() as conn:
        page = open_page(archive, conn, request, lambda standing: _rank(archive, conn, standing, request))
        details: Details = page.ranking.details
        copies = _copies(archive, conn, details, page)
        known = relations(archive, conn, page.standing, details.seeds, [*page.keys, *copies])
        copies = {key: copy.model_copy(update={"relation": known.get(key)}) for key, copy in copies.items()}
        items = _items(archive, conn, request, page, copies, known)
        index = index_state(archive, conn, page)
    return RelatedAnswer(
        query=request.model_dump(exclude_defaults=True),
        degraded=page.ranking.degraded,
        warnings=list(page.ranking.warnings),
        items=items,
        also_in=[copies[key] for key in details.of_seeds if key in copies],
        count=page.ranking.count,
        index=index,
        took_ms=round((time.perf_counter() - started) * 1000, 2),
        next=page.next,
    ).at(page.moment)


# Ranking


def _rank(archive: "Archive", conn: Connection, standing: Standing, request: RelatedRequest) -> Ranking:
    seeds = sources(archive, conn, request.seeds, whole=request.why)
    avoided = [stored(archive, conn, resolve(conn, ref)) for ref in request.avoid]
    filters = _filters(request)
    found = likeness(archive, seeds, articles.keys(conn, filters) if filters else None)
    own = [source.key for source in (*seeds, *avoided) if source.key is not None]
    others = found.take(standing.current(found.groups, found.versions) & ~np.isin(found.groups, own))
    ranked = _ranked(archive, request, others, avoided)
    index = archive.indexer.vectors.index
    middles = archive.resemblances.middles.of(index, ranked.articles[:COMPARED], ranked.versions[:COMPARED])
    ranked = ranked.by_score(in_company(ranked.scores, middles))
    texts = standing.texts[ranked.articles]
    copies = collapsed(conn, index, archive.resemblances, ranked.articles, ranked.versions, texts, seeds)
    shown = ranked.collapsed(copies)
    if request.relation:
        shown = shown.take(_which_are(archive, conn, standing, seeds, shown.articles, request.relation))
    if request.diversity:
        shown = shown.rescored(*unlike_first(index, shown.articles, shown.scores, request.diversity))
    if request.per_series is not None:
        shown = shown.within(request.per_series, standing.series[shown.articles])
    beside = [row for rows in (*copies.also.values(), copies.of_seeds) for row in rows]
    details = Details(
        of_seeds=np.sort(ranked.articles[copies.of_seeds]).tolist(),
        copies=dict(zip(ranked.articles[beside].tolist(), ranked.versions[beside].tolist(), strict=True)),
        seeds=seeds,
    )
    return Ranking(candidates=shown, complete=len(found.groups) < NEAREST, details=details)


def _ranked(archive: "Archive", request: RelatedRequest, found: Likeness, avoided: Sequence[Source]) -> Relatives:
    worth = relevance.related(archive.indexer.yardstick().place(found.similarity), found.words)
    enough = worth >= request.min_relevance
    found, worth = found.take(enough), worth[enough]
    scores = found.similarity + WORDS_WEIGHT * found.words
    if avoided:
        scores -= AVOID_WEIGHT * _nearest_of(archive, avoided, found.groups)
    return Relatives.ranked(found, worth, scores)


def _nearest_of(archive: "Archive", avoided: Sequence[Source], groups: Keys) -> NDArray[np.float64]:
    """(groups,): how alike each is to that of the avoided that it is most alike to; at least 0."""
    index = archive.indexer.vectors.index
    alike = np.zeros(len(groups))
    for source in avoided:
        alike = np.maximum(alike, nearness(index, source, groups))
    return alike


def _which_are(
    archive: "Archive", conn: Connection, standing: Standing, seeds: Sequence[Source], groups: Keys, wanted: Sequence[Relation]
) -> NDArray[np.int64]:
    """Rows of the first COMPARED."""
    known = relations(archive, conn, standing, seeds, groups[:COMPARED].tolist())
    return np.array([row for row, key in enumerate(groups[:COMPARED].tolist()) if known.get(key) in wanted], np.int64)


def _filters(request: RelatedRequest) -> Filters:
    """`before` and `after` narrow what the filters on the date of publication say."""
    filters = request.filters()
    after, before = request.window()
    return replace(
        filters,
        published_after=_tighter(filters.published_after, after, max),
        published_before=_tighter(filters.published_before, before, min),
    )


def _tighter(one: int | None, other: int | None, choose: Callable[[int, int], int]) -> int | None:
    return choose(one, other) if one is not None and other is not None else one if one is not None else other


# Showing


def _copies(archive: "Archive", conn: Connection, details: Details, page: Page) -> dict[int, AlsoIn]:
    """Those to be named on the page, of which each is still what it was when it was ranked."""
    keys = {*details.of_seeds, *(key for _, candidate, _ in page.items for key in candidate.also)}
    if not keys:
        return {}
    current = {key: details.copies[key] for key in keys if page.standing.holds(key, details.copies[key])}
    return {key: also_in(shelved.article) for key, shelved in archive.shelf.take(conn, current).items()}


def _items(
    archive: "Archive",
    conn: Connection,
    request: RelatedRequest,
    page: Page,
    copies: Mapping[int, AlsoIn],
    known: Mapping[int, Relation],
) -> list[RelatedItem]:
    reasons = why(archive, conn, page.ranking.details.seeds, page) if request.why else {}
    return [
        RelatedItem(
            rank=rank,
            article=present(shelved.article, request.include) if request.include else shelved.shown,
            relevance=round(candidate.relevance, 4),
            score=round(candidate.score, 6),
            similarity=round(candidate.similarity or 0.0, 4),
            relation=known.get(candidate.article),
            also_in=[copies[key] for key in candidate.also if key in copies],
            why=reasons.get(candidate.article),
        )
        for rank, candidate, shelved in page.items
    ]
