"""Which paragraphs of an article a query met."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from archive.answers import Match
from archive.legs import articles_of, ordinals_of, unit_of
from archive.queries import Query
from archive.rankings import Candidate, Page
from archive.requests import SearchRequest
from archive.shelf import Shelved
from db.records import Article, Keys, Paragraph
from embeddings import Vectors
from lexical import Span, Words, highlight

if TYPE_CHECKING:
    from archive.archive import Archive

PARAGRAPHS_PER_ARTICLE = 50
"""How many of an article's paragraphs each search looks at for its matches, on average over a page."""

Found = dict[int, float]
"""Paragraphs (`legs.Units`) with their scores, best first."""


def matches_of(archive: "Archive", request: SearchRequest, query: Query, page: Page) -> dict[tuple[int, int | None], list[Match]]:
    """For each item of the page, the paragraphs that matched, best first; for a paragraph, itself."""
    shown = page.articles
    if not request.matches and request.level == "article":
        return {(candidate.article, candidate.ordinal): [] for _, candidate, _ in page.items}
    groups = np.array(sorted(shown), np.int64)
    near = _near(archive, query.vector, groups, shown) if query.vector is not None else {}
    said = _said(archive, query.words, groups, shown) if request.mode != "semantic" else {}
    order = _by_article(query, near, said)

    places = {(item.article, item.ordinal): _places(item, shelved.article, order, request) for _, item, shelved in page.items}
    texts = [shown[article].article.paragraphs[place].text for (article, _), found in places.items() for place in found]
    spans = iter(highlight(texts, query.marked) if request.highlight else [[]] * len(texts))

    units = [unit_of(article, place) for (article, _), found in places.items() for place in found]
    similarities, bm25 = (np.array([scores.get(unit, 0.0) for unit in units]) for scores in (near, said))
    coverage, articles = page.ranking.details.coverage, articles_of(np.array(units, np.int64))
    worth = iter(coverage.relevance(query, articles, similarities, bm25).tolist())

    def match(article: int, place: int) -> Match:
        unit = unit_of(article, place)
        return _match(shown[article].article.paragraphs[place], near.get(unit), next(worth), next(spans))

    return {item: [match(item[0], place) for place in found] for item, found in places.items()}


def _places(candidate: Candidate, article: Article, order: Mapping[int, Sequence[int]], request: SearchRequest) -> list[int]:
    """The ordinals of the paragraphs to show; none, where only a title was stored."""
    wanted = order.get(candidate.article, ())[: request.matches] if candidate.ordinal is None else [candidate.ordinal]
    return [place for place in wanted if place < len(article.paragraphs)]


def _near(archive: "Archive", vector: Vectors, groups: Keys, shown: Mapping[int, Shelved]) -> Found:
    """Paragraphs by the similarity of their passage."""
    hits = archive.indexer.vectors.index.search(vector, PARAGRAPHS_PER_ARTICLE * max(1, len(groups)), groups=groups)
    parts = [shown[group].passages.get(id) for group, id in zip(hits.groups.tolist(), hits.ids.tolist(), strict=True)]
    return _found(hits.groups, parts, hits.similarities)


def _said(archive: "Archive", words: Words, groups: Keys, shown: Mapping[int, Shelved]) -> Found:
    """Paragraphs by BM25."""
    hits = archive.indexer.words.paragraphs.search(words, PARAGRAPHS_PER_ARTICLE * max(1, len(groups)), groups=groups)
    parts = [shown[group].paragraphs.get(id) for group, id in zip(hits.groups.tolist(), hits.ids.tolist(), strict=True)]
    return _found(hits.groups, parts, hits.scores)


def _found(groups: Keys, ordinals: Sequence[int | None], scores: NDArray[np.float32]) -> Found:
    found: Found = {}
    for group, ordinal, score in zip(groups.tolist(), ordinals, scores.tolist(), strict=True):
        if ordinal is not None:
            found.setdefault(unit_of(group, ordinal), score)
    return found


def _by_article(query: Query, near: Found, said: Found) -> dict[int, list[int]]:
    """Each article's paragraphs (their ordinals), best first."""
    units = np.array(sorted({*near, *said}), np.int64)
    lowest = min(near.values(), default=0.0)
    similarities = np.array([near.get(unit, lowest) for unit in units.tolist()])
    bm25 = np.array([said.get(unit, 0.0) for unit in units.tolist()])
    best_first = units[np.argsort(-query.evidence(similarities, bm25), kind="stable")]
    order: dict[int, list[int]] = defaultdict(list)
    for article, ordinal in zip(articles_of(best_first).tolist(), ordinals_of(best_first).tolist(), strict=True):
        order[article].append(ordinal)
    return order


def _match(paragraph: Paragraph, similarity: float | None, worth: float, highlights: list[Span]) -> Match:
    return Match(
        paragraph_id=paragraph.id,
        ordinal=paragraph.ordinal,
        text=paragraph.text,
        highlights=highlights,
        similarity=round(similarity, 4) if similarity is not None else None,
        relevance=round(worth, 4),
    )
