"""The two searches that a ranking is made of. Each is joined to the database: what an index says of a state that is no longer
the article's is dropped, and what is left is ranked from 1 without gaps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from db import Connection, articles, passages
from db.articles import Standing
from db.records import Keys
from embeddings import VectorIndex, Vectors
from lexical import WordIndex, Words

Unit: TypeAlias = tuple[int, int | None]
"""(article, ordinal of the paragraph, or None where whole articles are ranked)"""


@dataclass(frozen=True, slots=True)
class Leg:
    """What one search found. `complete`: nothing that matches lies beyond the depth it was asked for."""

    ranks: Mapping[Unit, int] = field(default_factory=dict)
    scores: Mapping[Unit, float] = field(default_factory=dict)
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """What an index answered: (article, version, unit, score), best first; the unit is None where the database has it no more."""

    hits: Sequence[tuple[int, int, Unit | None, float]]
    complete: bool


def semantic(
    conn: Connection, index: VectorIndex, query: Vectors, depth: int, among: Keys | None, level: Literal["article", "paragraph"]
) -> Found:
    """The articles, or paragraphs, of the nearest passages."""
    hits = index.search(query, depth, groups=among, distinct=level == "article")
    units = _articles(hits.groups) if level == "article" else _of_passages(conn, hits.ids)
    return Found(_rows(hits.groups, hits.versions, units, hits.similarities), len(hits) < depth)


def lexical(
    conn: Connection, index: WordIndex, words: Words, depth: int, among: Keys | None, level: Literal["article", "paragraph"]
) -> Found:
    """The articles, or paragraphs, that use the words, by BM25."""
    hits = index.search(words, depth, groups=among)
    units = _articles(hits.groups) if level == "article" else _of_paragraphs(conn, hits.ids)
    return Found(_rows(hits.groups, hits.versions, units, hits.scores), hits.total <= depth)


def joined(conn: Connection, found: Mapping[str, Found]) -> tuple[dict[str, Leg], Mapping[int, Standing]]:
    """What of it is still so, with how the articles stand."""
    standing = articles.standing(conn, sorted({article for each in found.values() for article, *_ in each.hits}))
    return {name: _leg(each, standing) for name, each in found.items()}, standing


def _leg(found: Found, standing: Mapping[int, Standing]) -> Leg:
    scores: dict[Unit, float] = {}
    for article, version, unit, score in found.hits:
        if unit is not None and article in standing and standing[article].seq == version:
            scores.setdefault(unit, score)
    return Leg({unit: rank for rank, unit in enumerate(scores, 1)}, scores, found.complete)


def _rows(
    groups: Keys, versions: Keys, units: Iterable[Unit | None], scores: NDArray[np.float32]
) -> list[tuple[int, int, Unit | None, float]]:
    return list(zip(groups.tolist(), versions.tolist(), units, scores.tolist(), strict=True))


def _articles(groups: Keys) -> list[Unit | None]:
    return [(group, None) for group in groups.tolist()]


def _of_passages(conn: Connection, ids: Keys) -> list[Unit | None]:
    stored = passages.by_key(conn, ids)
    return [(stored[id].article, stored[id].paragraph) if id in stored else None for id in ids.tolist()]


def _of_paragraphs(conn: Connection, ids: Keys) -> list[Unit | None]:
    stored = articles.paragraphs_by_key(conn, ids)
    return [(stored[id][0], stored[id][1].ordinal) if id in stored else None for id in ids.tolist()]
