"""Which paragraphs of an article a query met."""

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from archive import fusion
from archive.answers import Match
from archive.queries import Query
from archive.rankings import Candidate, Page
from archive.requests import SearchRequest
from db import Connection, articles, passages
from db.records import Keys, Paragraph
from embeddings import Vectors
from lexical import Words, highlight

if TYPE_CHECKING:
    from archive.archive import Archive

PARAGRAPHS_PER_ARTICLE = 50
"""How many of an article's paragraphs each search looks at for its matches, on average over a page."""

WEIGHTS = (1.0, 0.5)
"""Of meaning and of words in the choice of paragraphs: within an article, a word of the question is met by chance more often."""

Place = tuple[int, int]
"""(article, ordinal)"""


def matches_of(
    archive: "Archive", conn: Connection, request: SearchRequest, query: Query, page: Page
) -> dict[tuple[int, int | None], list[Match]]:
    """For each item of the page, the paragraphs that matched, best first; for a paragraph, itself."""
    groups = np.array(page.keys, np.int64)
    paragraphs = articles.paragraphs_of(conn, page.keys)
    near = _near(archive, conn, query.vector, groups) if query.vector is not None else {}
    said = _said(archive, conn, query.words, groups) if request.mode != "semantic" else {}
    order = _by_article(near, said)

    def shown(candidate: Candidate) -> list[Match]:
        article, ordinal = candidate.article, candidate.ordinal
        places = order[article][: request.matches] if ordinal is None else [(article, ordinal)]
        own = paragraphs.get(article, ())  # none, where only a title was stored
        there = [place for place in places if place[1] < len(own)]
        return [_match(own[place[1]], near.get(place), said.get(place), request, query) for place in there]

    return {(candidate.article, candidate.ordinal): shown(candidate) for _, candidate, _ in page.items}


def _near(archive: "Archive", conn: Connection, vector: Vectors, groups: Keys) -> dict[Place, float]:
    """Paragraphs by the similarity of their passage, nearest first."""
    hits = archive.indexer.vectors.index.search(vector, PARAGRAPHS_PER_ARTICLE * max(1, len(groups)), groups=groups)
    stored = passages.by_key(conn, hits.ids)
    found: dict[Place, float] = {}
    for id, similarity in zip(hits.ids.tolist(), hits.similarities.tolist(), strict=True):
        if id in stored:
            found.setdefault((stored[id].article, stored[id].paragraph), similarity)
    return found


def _said(archive: "Archive", conn: Connection, words: Words, groups: Keys) -> dict[Place, float]:
    """Paragraphs by BM25, best first."""
    hits = archive.indexer.words.paragraphs.search(words, PARAGRAPHS_PER_ARTICLE * max(1, len(groups)), groups=groups)
    stored = articles.paragraphs_by_key(conn, hits.ids)
    found = zip(hits.ids.tolist(), hits.scores.tolist(), strict=True)
    return {(stored[id][0], stored[id][1].ordinal): score for id, score in found if id in stored}


def _by_article(near: dict[Place, float], said: dict[Place, float]) -> dict[int, list[Place]]:
    """Each article's places in the order of both rankings together."""
    rankings = [{place: rank for rank, place in enumerate(ranking, 1)} for ranking in (near, said)]
    scores = fusion.reciprocal_rank(rankings, WEIGHTS)
    order: dict[int, list[Place]] = defaultdict(list)
    for place in sorted(scores, key=lambda place: (-scores[place], place)):
        order[place[0]].append(place)
    return order


def _match(paragraph: Paragraph, similarity: float | None, bm25: float | None, request: SearchRequest, query: Query) -> Match:
    return Match(
        paragraph_id=paragraph.id,
        ordinal=paragraph.ordinal,
        text=paragraph.text,
        highlights=highlight(paragraph.text, query.marked) if request.highlight else [],
        similarity=round(similarity, 4) if similarity is not None else None,
        relevance=round(query.relevance(similarity, bm25), 4),
    )
