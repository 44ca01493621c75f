"""Related articles: candidates by vectors and by words, scored passage against passage, and the reasons for each."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from archive import relevance
from archive.alignment import Passages, Scored, align_all
from archive.answers import RelatedAnswer, RelatedItem
from archive.copies import without_near_copies
from archive.diversity import diversified
from archive.passages import context, encoded, split
from archive.queries import unit
from archive.rankings import Candidate, Page, Ranking, index_state, open_page
from archive.reading import also_in, present
from archive.reasons import why
from archive.refs import resolve
from archive.relevance import Background
from archive.requests import RelatedRequest, Seed
from db import Connection, articles, passages
from db.records import Article, Filters, Keys, Passage, PassageDraft, Vectors
from lexical import Words

if TYPE_CHECKING:
    from archive.archive import Archive

NEAREST: Final = 200
"""Candidates by meaning for each seed as a whole, and as many by words; those are scored passage by passage."""
PER_PASSAGE: Final = 20
"""Candidates more for each passage of a seed: an article may be related by one of many subjects."""
PASSAGES_ASKED: Final = 32
WORDS_WEIGHT: Final = 0.5
"""What the words in common add to the alignment; measured in docs/decisions/0006-related.md."""
AVOID_WEIGHT: Final = 0.5


@dataclass(frozen=True, slots=True)
class Source:
    """A seed, ready to compare: an article of the archive (`key`) or a text."""

    key: int | None
    article: Article | None
    text: str
    weight: float
    passages: Passages
    texts: tuple[str, ...]
    """What each of the passages says."""


def related(archive: "Archive", request: RelatedRequest) -> RelatedAnswer:
    started = time.perf_counter()
    with archive.db.read() as conn:
        page = open_page(archive, conn, request, lambda _: _rank(archive, conn, request))
        sources: Sequence[Source] = page.ranking.details[0]
        items = _items(archive, conn, request, page, sources)
        index = index_state(archive, conn, page)
        own = articles.many(conn, page.ranking.details[1])
    return RelatedAnswer(
        query=request.model_dump(exclude_defaults=True),
        degraded=page.ranking.degraded,
        warnings=list(page.ranking.warnings),
        items=items,
        also_in=[also_in(article) for article in own.values()],
        count=page.ranking.count,
        index=index,
        took_ms=round((time.perf_counter() - started) * 1000, 2),
        next=page.next,
    ).at(page.moment)


# Seeds


def _sources(archive: "Archive", conn: Connection, seeds: Sequence[Seed]) -> list[Source]:
    return [_source(archive, conn, seed) for seed in seeds]


def _source(archive: "Archive", conn: Connection, seed: Seed) -> Source:
    if seed.ref is not None:
        return _stored(archive, conn, resolve(conn, seed.ref), seed.weight)
    archive.indexer.require_encoder()
    title, paragraphs = _read(seed.text or "")
    return _encoded(archive, None, None, title, paragraphs, seed.weight)


def _stored(archive: "Archive", conn: Connection, key: int, weight: float) -> Source:
    """From the stored vectors; an article whose vectors are still to come is encoded here."""
    article = articles.many(conn, [key], paragraphs=True, references=True)[key]
    texts = [paragraph.text for paragraph in article.paragraphs]
    vectors = passages.vectors_of(conn, archive.indexer.model, [key])[key]
    if vectors is None:
        archive.indexer.require_encoder()
        return _encoded(archive, key, article, article.title, texts, weight)
    return _source_of(key, article, article.title, texts, passages.of_articles(conn, [key]).get(key, []), vectors[1], weight)


def _encoded(
    archive: "Archive", key: int | None, article: Article | None, title: str, paragraphs: Sequence[str], weight: float
) -> Source:
    parts = split(title, paragraphs, archive.encoder)
    body = "\n\n".join(paragraphs)
    head = context(title, archive.encoder)
    vectors = archive.encoder.encode([encoded(head, body[part.start : part.end]) for part in parts])
    return _source_of(key, article, title, paragraphs, parts, vectors, weight)


def _source_of(
    key: int | None,
    article: Article | None,
    title: str,
    paragraphs: Sequence[str],
    parts: Sequence[Passage | PassageDraft],
    vectors: Vectors,
    weight: float,
) -> Source:
    body = "\n\n".join(paragraphs)
    tokens = np.array([max(1, part.tokens) for part in parts], np.float32)
    return Source(
        key=key,
        article=article,
        text="\n\n".join((title, body)),
        weight=weight,
        passages=Passages(vectors, tokens, tuple(part.paragraph for part in parts)),
        texts=tuple(body[part.start : part.end] or title for part in parts),
    )


def _read(text: str) -> tuple[str, list[str]]:
    """A short first line before others is the title of a text."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    if len(paragraphs) > 1 and len(paragraphs[0]) <= 200 and "\n" not in paragraphs[0]:
        return paragraphs[0], paragraphs[1:]
    return "", paragraphs or [text]


# Ranking


def _rank(archive: "Archive", conn: Connection, request: RelatedRequest) -> Ranking:
    sources = _sources(archive, conn, request.seeds)
    avoided = [_stored(archive, conn, resolve(conn, ref), 1.0) for ref in request.avoid]
    filters = _filters(request)
    among = articles.keys(conn, filters) if filters else None
    own = {source.key for source in (*sources, *avoided) if source.key is not None}
    scores = _scores(archive, sources, among)
    standing = articles.standing(conn, sorted(scores))
    fresh = [key for key in scores if key in standing and key not in own and scores[key].version in (None, standing[key].seq)]
    background = archive.indexer.background()
    candidates = [_candidate(background, key, scores[key], standing[key]) for key in fresh]
    candidates = _away_from(archive, avoided, [c for c in candidates if c.relevance >= request.min_relevance])
    candidates.sort(key=lambda c: (-c.score, c.article))
    candidates, copies_of_seeds = without_near_copies(conn, archive.indexer.vectors.index, candidates, sources)
    if request.diversity:
        candidates = diversified(candidates, archive.indexer.vectors.index, request.diversity)
    candidates = _per_series(candidates, request.per_series)
    return Ranking(candidates=candidates, complete=len(scores) < NEAREST, details=(sources, copies_of_seeds))


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


def _scores(archive: "Archive", sources: Sequence[Source], among: Keys | None) -> dict[int, Scored]:
    """Every candidate's alignment with all seeds, weighted, and the words that it shares with them."""
    index = archive.indexer.vectors.index
    groups = np.unique(np.concatenate([_near(archive, source, among) for source in sources]))
    entries = index.entries(groups.tolist())
    said = [_said(archive, source, groups) for source in sources]
    total = sum(source.weight for source in sources)
    scores: dict[int, Scored] = {}
    for source, words in zip(sources, said, strict=True):
        for group, similarity, version in align_all(source.passages, entries):
            share = source.weight / total
            known = scores.get(group, Scored(version))
            scores[group] = known.plus(share * similarity, share * words.get(group, 0.0))
    return scores


def _near(archive: "Archive", source: Source, among: Keys | None) -> Keys:
    """Groups worth a closer look."""
    index = archive.indexer.vectors.index
    vectors = source.passages.vectors
    found = [index.search(unit(vectors.mean(axis=0)), NEAREST, groups=among, distinct=True).groups]
    if len(vectors) > 1:
        some = vectors[np.linspace(0, len(vectors) - 1, min(len(vectors), PASSAGES_ASKED)).astype(int)]
        found += [index.search(vector, PER_PASSAGE, groups=among, distinct=True).groups for vector in some]
    found.append(archive.indexer.words.articles.search(Words(source.text), NEAREST, groups=among).groups)
    return np.concatenate(found)


def _said(archive: "Archive", source: Source, groups: Keys) -> dict[int, float]:
    """For each group how much of the seed's words it has: BM25 as a share of the most there could be."""
    words, index = Words(source.text), archive.indexer.words.articles
    hits = index.search(words, max(1, len(groups)), groups=groups)
    ceiling = index.ceiling(words)
    return (
        {group: score / ceiling for group, score in zip(hits.groups.tolist(), hits.scores.tolist(), strict=True)}
        if ceiling
        else {}
    )


def _candidate(background: Background, key: int, scored: Scored, standing: articles.Standing) -> Candidate:
    meant = background.of_similarity(scored.similarity)
    return Candidate(
        article=key,
        seq=standing.seq,
        similarity=scored.similarity,
        relevance=relevance.together(meant, relevance.LEXICAL_SHARE * scored.words),
        score=scored.similarity + WORDS_WEIGHT * scored.words,
        published=standing.published_micros,
        series=standing.series,
        text=standing.text_sha256,
    )


def _away_from(archive: "Archive", avoided: Sequence[Source], candidates: list[Candidate]) -> list[Candidate]:
    if not avoided or not candidates:
        return candidates
    entries = archive.indexer.vectors.index.entries([candidate.article for candidate in candidates])
    likeness: dict[int, float] = {}
    for source in avoided:
        for group, similarity, _ in align_all(source.passages, entries):
            likeness[group] = max(similarity, likeness.get(group, 0.0))
    return [replace(c, score=c.score - AVOID_WEIGHT * likeness.get(c.article, 0.0)) for c in candidates]


def _per_series(candidates: Sequence[Candidate], at_most: int | None) -> list[Candidate]:
    if at_most is None:
        return list(candidates)
    seen: dict[str, int] = {}
    kept = []
    for candidate in candidates:
        name = (candidate.series or "").casefold()
        seen[name] = seen.get(name, 0) + 1
        if not name or seen[name] <= at_most:
            kept.append(candidate)
    return kept


# Showing


def _items(
    archive: "Archive", conn: Connection, request: RelatedRequest, page: Page, sources: Sequence[Source]
) -> list[RelatedItem]:
    copies = articles.many(conn, [key for _, candidate, _ in page.items for key in candidate.also])
    reasons = why(archive, conn, sources, page) if request.why else {}
    return [
        RelatedItem(
            rank=rank,
            article=present(shelved.article, request.include),
            relevance=round(candidate.relevance, 4),
            score=round(candidate.score, 6),
            similarity=round(candidate.similarity or 0.0, 4),
            also_in=[also_in(copies[key]) for key in candidate.also if key in copies],
            why=reasons.get(candidate.article),
        )
        for rank, candidate, shelved in page.items
    ]
