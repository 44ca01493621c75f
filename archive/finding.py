"""What a search finds: by meaning and by words, in one order, and how sure the archive covers the subject at all."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from archive import fusion, legs, relevance
from archive.candidates import Columns
from archive.legs import NOTHING, Leg, articles_of
from archive.queries import Numbers, Query
from archive.queries import unit as unit_length
from archive.requests import SearchRequest
from archive.standing import Standing
from db import Connection
from db.records import Keys
from embeddings import VectorIndex, Vectors
from lexical import WordIndex, Words

if TYPE_CHECKING:
    from archive.archive import Archive

ASKED_AGAIN: Final = 100
"""Candidates that are put in the order of the query moved towards the best of them."""
BEST: Final = 3


@dataclass(frozen=True, slots=True)
class Coverage:
    """How sure it is, 0 to 1, that the archive covers the subject.

    The articles `holding` (their keys) every telling word of what was asked, and those with most of what words can reach, are
    about it whatever else the archive has; they are judged by their words if meaning says less."""

    sure: float
    holding: Keys
    complete: bool = True
    """No article beyond those holds them all."""

    def relevance(self, query: Query, articles: Keys, similarities: Numbers, bm25: Numbers) -> Numbers:
        judged = query.judged(similarities, bm25)
        about_it = query.share(bm25) >= relevance.MOST
        if len(self.holding):
            about_it |= np.isin(articles, self.holding)
        if not about_it.any():
            return self.sure * judged
        return np.where(about_it, np.maximum(judged, query.judged_by_words(bm25)), self.sure * judged)


@dataclass(frozen=True, slots=True)
class Said:
    """What words find. `holding`: the keys of the articles that hold all that tell something, ascending; `complete`: of every one
    of them."""

    leg: Leg
    holding: Keys
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """`beyond`: no article beyond the depth that was searched is more relevant than this; less than 0, if there is none."""

    columns: Columns
    coverage: Coverage
    beyond: float
    mode_used: str


def said_by(
    archive: "Archive",
    conn: Connection,
    standing: Standing,
    request: SearchRequest,
    words: Words,
    marked: Words,
    among: Keys | None,
) -> Said:
    """`marked`: those of the words that tell something."""
    if request.mode == "semantic":
        return Said(NOTHING, np.empty(0, np.int64))
    index, depth = word_index(archive, request), archive.settings.search_depth
    leg = legs.lexical(conn, standing, index, words, depth, among, request.level)
    telling = tuple(marked.text.split())
    if request.mode == "lexical" or not request.q or not telling:
        return Said(leg, np.empty(0, np.int64))
    hits = index.search(Words(marked.text, telling + words.phrases), depth, groups=among)
    return Said(leg, np.unique(hits.groups), complete=hits.total <= depth)


def found_by(
    archive: "Archive", conn: Connection, standing: Standing, request: SearchRequest, query: Query, said: Said, among: Keys | None
) -> Found:
    semantic, lexical = _semantic(archive, conn, standing, request, query, among), said.leg
    columns = Columns.fused(query, semantic or NOTHING, lexical, standing)
    if semantic is not None and request.mode == "hybrid" and request.sort == "relevance":
        columns = _asked_again(archive, conn, standing, request, query, columns)
    coverage = _coverage(archive, request, query, semantic, said, among)
    similarities, bm25 = (semantic or NOTHING).filled(columns.similarities), lexical.filled(columns.bm25)
    columns = replace(columns, relevance=coverage.relevance(query, articles_of(columns.units), similarities, bm25))
    beyond = _beyond(query, coverage, columns, semantic or NOTHING, lexical)
    mode_used = "lexical" if semantic is None else request.mode
    return Found(columns, coverage, beyond, mode_used)


def _beyond(query: Query, coverage: Coverage, columns: Columns, semantic: Leg, lexical: Leg) -> float:
    """Both searches give the best first: what they have not found is no better than the last that they have."""
    if semantic.complete and lexical.complete:
        return -1.0
    if not coverage.complete or len(np.setdiff1d(coverage.holding, articles_of(columns.units))):
        return 1.0
    similarity, bm25 = semantic.filled(np.array([np.nan])), lexical.filled(np.array([np.nan]))
    return float(coverage.relevance(query, np.array([-1]), similarity, bm25)[0])


def word_index(archive: "Archive", request: SearchRequest) -> WordIndex:
    words = archive.indexer.words
    return words.articles if request.level == "article" else words.paragraphs


def _semantic(
    archive: "Archive", conn: Connection, standing: Standing, request: SearchRequest, query: Query, among: Keys | None
) -> Leg | None:
    if query.vector is None:
        return None
    within = among
    if query.words.phrases:  # quoted words must occur, whatever finds an article
        within = _with_all(word_index(archive, request), query.words.phrases, among)
    index, depth = archive.indexer.vectors.index, archive.settings.search_depth
    return legs.semantic(conn, standing, index, query.vector, depth, within, request.level)


def _with_all(index: WordIndex, phrases: tuple[str, ...], among: Keys | None) -> Keys:
    """The articles that hold all the phrases, ascending."""
    return np.unique(index.search(Words("", phrases), max(1, len(index)), groups=among).groups)


def _asked_again(
    archive: "Archive", conn: Connection, standing: Standing, request: SearchRequest, query: Query, columns: Columns
) -> Columns:
    """The first candidates in the order of the query moved towards the best passages of the first three."""
    assert query.vector is not None
    index = archive.indexer.vectors.index
    best = _best_passages(index, articles_of(columns.units[:BEST]), query.vector)
    if len(best) == 0:
        return columns
    moved = (1 - fusion.FEEDBACK) * query.vector + fusion.FEEDBACK * unit_length(best.mean(axis=0))
    among, depth = np.unique(articles_of(columns.units[:ASKED_AGAIN])), archive.settings.search_depth
    again = legs.semantic(conn, standing, index, unit_length(moved), depth, among, request.level)
    return columns.asked_again(query, again, ASKED_AGAIN)


def _best_passages(index: VectorIndex, articles: Keys, vector: Vectors) -> Vectors:
    """(n, dimension): of each of the articles the passage that is nearest to the vector."""
    entries = index.entries(articles.tolist())
    similarities = entries.vectors @ vector
    rows = [np.flatnonzero(entries.groups == article) for article in dict.fromkeys(articles.tolist())]
    best: Vectors = entries.vectors[[row[np.argmax(similarities[row])] for row in rows if len(row)]]
    return best


def _coverage(
    archive: "Archive", request: SearchRequest, query: Query, semantic: Leg | None, said: Said, among: Keys | None
) -> Coverage:
    if semantic is None:
        return Coverage(1.0, np.empty(0, np.int64))
    sure = relevance.covered(query.yardstick.place(_nearest(archive, request, query, semantic, among)))
    return Coverage(sure, said.holding, said.complete)


def _nearest(archive: "Archive", request: SearchRequest, query: Query, semantic: Leg, among: Keys | None) -> Numbers:
    """Similarities of those articles of the whole archive, whatever the filters, that tell whether it covers the subject."""
    assert query.vector is not None
    wanted = relevance.neighbours(len(archive.indexer.words.articles))
    found = semantic.scores[:wanted]
    if among is not None or query.words.phrases or request.level != "article":
        found = archive.indexer.vectors.index.search(query.vector, wanted, distinct=True).similarities
    return found.astype(np.float64)
