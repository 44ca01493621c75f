"""The two searches that a ranking is made of. Each is joined to the database: what an index says of a state that is no longer
the article's is dropped, and what is left is ranked from 1 without gaps."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from db import Connection, articles, passages
from db.articles import Standing
from db.records import Keys
from embeddings import VectorIndex, Vectors
from lexical import WordIndex, Words

Unit: TypeAlias = tuple[int, int | None]
"""(article, ordinal of the paragraph, or None where whole articles are ranked)"""

Found: TypeAlias = tuple[int, int, Unit | None, float]
"""(article, version, unit, score), best first; the unit is None where the database no longer has it"""


@dataclass(frozen=True, slots=True)
class Leg:
    """What one search found. `complete`: nothing that matches lies beyond the depth it was asked for."""

    ranks: Mapping[Unit, int] = field(default_factory=dict)
    scores: Mapping[Unit, float] = field(default_factory=dict)
    standing: Mapping[int, Standing] = field(default_factory=dict)
    complete: bool = True


def semantic_leg(
    conn: Connection, index: VectorIndex, query: Vectors, depth: int, among: Keys | None, level: Literal["article", "paragraph"]
) -> Leg:
    """The articles, or paragraphs, of the nearest passages."""
    by_article = level == "article"
    hits = index.search(query, depth, groups=among, distinct=by_article)
    found = zip(hits.groups.tolist(), hits.versions.tolist(), hits.similarities.tolist(), strict=True)
    if by_article:
        return _leg(conn, [(group, version, (group, None), score) for group, version, score in found], len(hits) < depth)
    stored = passages.by_key(conn, hits.ids)
    units = [
        (group, stored[id].paragraph) if id in stored else None
        for group, id in zip(hits.groups.tolist(), hits.ids.tolist(), strict=True)
    ]
    return _leg(conn, [(g, v, unit, s) for (g, v, s), unit in zip(found, units, strict=True)], len(hits) < depth)


def lexical_leg(
    conn: Connection, index: WordIndex, words: Words, depth: int, among: Keys | None, level: Literal["article", "paragraph"]
) -> Leg:
    """The articles, or paragraphs, that use the words, by BM25."""
    hits = index.search(words, depth, groups=among)
    found = zip(hits.groups.tolist(), hits.versions.tolist(), hits.scores.tolist(), strict=True)
    complete = hits.total <= depth
    if level == "article":
        return _leg(conn, [(group, version, (group, None), score) for group, version, score in found], complete)
    stored = articles.paragraphs_by_key(conn, hits.ids)
    units = [(stored[id][0], stored[id][1].ordinal) if id in stored else None for id in hits.ids.tolist()]
    return _leg(conn, [(g, v, unit, s) for (g, v, s), unit in zip(found, units, strict=True)], complete)


def _leg(conn: Connection, found: Iterable[Found], complete: bool) -> Leg:
    found = list(found)
    standing = articles.standing(conn, sorted({article for article, *_ in found}))
    scores: dict[Unit, float] = {}
    for article, version, unit, score in found:
        if unit is not None and article in standing and standing[article].seq == version:
            scores.setdefault(unit, score)
    return Leg({unit: rank for rank, unit in enumerate(scores, 1)}, scores, standing, complete)
