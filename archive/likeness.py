"""What an archive has that is like the seeds: candidates by meaning and by words, scored passage against passage."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from archive.alignment import aligned
from archive.seeds import Source
from db.records import Keys
from embeddings import Products, VectorIndex, Vectors
from lexical import WordHits, WordIndex, Words

if TYPE_CHECKING:
    from archive.archive import Archive

NEAREST: Final = 200
"""Candidates by meaning for each seed as a whole, and as many by words; those are scored passage by passage."""
PER_PASSAGE: Final = 20
"""Candidates more for each passage of a seed: an article may be related by one of many subjects."""
PASSAGES_ASKED: Final = 32
MULTIPLIED: Final = 32_768
"""Passages: as many as do not settle. An index of up to so many is multiplied with the seed as a whole, and candidates and scores
are read off that one product; a larger one is searched, and the candidates' passages are fetched
(docs/decisions/0011-related-speed.md)."""
WORDS_AT_ONCE: Final = 1000
"""Articles whose scores one search by words gives. Those of candidates beyond are asked for by themselves."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Columns, ascending by group. `words`: the rare words that the seeds and each have in common, as a share of both: BM25 over
    the most that there could be for the seed and for the other, of which the lengths tell; the geometric mean of the two."""

    groups: Keys
    versions: Keys
    similarity: NDArray[np.float64]
    words: NDArray[np.float64]

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Likeness":
        return Likeness(*(getattr(self, column.name)[rows] for column in fields(self)))


def likeness(archive: "Archive", sources: Sequence[Source], among: Keys | None) -> Likeness:
    """Of every candidate with all seeds, by their weights."""
    index, words = archive.indexer.vectors.index, archive.indexer.words.articles
    said = [words.search(Words(source.telling), WORDS_AT_ONCE, groups=among) for source in sources]
    near = [_near(index, source, among, keep=len(sources) == 1) for source in sources]
    groups = np.unique(np.concatenate([*(each.groups for each in near), *(hits.groups[:NEAREST] for hits in said)]))
    versions, known = np.zeros(len(groups), np.int64), np.zeros(len(groups), np.int64)
    similarity, share_of_words = np.zeros(len(groups)), np.zeros(len(groups))
    total = sum(source.weight for source in sources)
    for source, each, hits in zip(sources, near, said, strict=True):
        found = each.products.among(np.isin(each.products.groups, groups)) if each.products else _products(index, source, groups)
        places = np.searchsorted(groups, found.groups)
        versions[places] = np.where(known[places], versions[places], found.versions)
        known[places] += versions[places] == found.versions  # not, if it has been replaced between two seeds
        similarity[places] += source.weight / total * aligned(source.passages, found)
        said_of = _said(words, source, hits, groups)[places]
        both = said_of * np.sqrt(len(source.passages.vectors) / found.sizes())
        share_of_words[places] += source.weight / total * np.minimum(1.0, both)
    return Likeness(groups, versions, similarity, share_of_words).take(known == len(sources))


def nearness(index: VectorIndex, source: Source, groups: Keys) -> NDArray[np.float64]:
    """(groups,): how alike the source and each of the groups are, which ascend; 0 for what the index has not."""
    found = _products(index, source, groups)
    alike = np.zeros(len(groups))
    alike[np.searchsorted(groups, found.groups)] = aligned(source.passages, found)
    return alike


def _products(index: VectorIndex, source: Source, groups: Keys) -> Products:
    return index.products(source.passages.vectors, groups)


@dataclass(frozen=True, slots=True)
class _Near:
    """Groups worth a closer look. `products`: of the source's passages with at least these groups, if they came about."""

    groups: Keys
    products: Products | None = None


def _near(index: VectorIndex, source: Source, among: Keys | None, *, keep: bool) -> _Near:
    """`keep`: with the products."""
    vectors = source.passages.vectors
    some = vectors[np.linspace(0, len(vectors) - 1, min(len(vectors), PASSAGES_ASKED)).astype(int)]
    asked = np.vstack([source.passages.middle, some])
    if len(index) > MULTIPLIED:
        return _Near(_searched(index, asked, among))
    found = index.products(asked, among)
    near = found.groups[_nearest(found.best())]
    return _Near(near, replace(found, values=found.values[1:]) if keep and len(some) == len(vectors) else None)


def _searched(index: VectorIndex, asked: Vectors, among: Keys | None) -> Keys:
    whole = index.search(asked[0], NEAREST, groups=among, distinct=True)
    each = index.search_many(asked[1:], PER_PASSAGE, groups=among, distinct=True)
    return np.concatenate([whole.groups, *(hits.groups for hits in each)])


def _nearest(best: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which groups are among the nearest to the middle (the first row), or to one of the passages (the others)."""
    count = best.shape[1]
    if count <= NEAREST:
        return np.ones(count, np.bool_)
    chosen = np.zeros(count, np.bool_)
    chosen[np.argpartition(best[0], -NEAREST)[-NEAREST:]] = True
    chosen[np.argpartition(best[1:], -PER_PASSAGE, axis=1)[:, -PER_PASSAGE:]] = True
    return chosen


def _said(index: WordIndex, source: Source, hits: WordHits, groups: Keys) -> NDArray[np.float64]:
    words = Words(source.telling)
    scores = np.zeros(len(groups))
    _place(scores, groups, hits)
    if hits.total > len(hits):
        others = np.setdiff1d(groups, hits.groups, assume_unique=True)
        _place(scores, groups, index.search(words, max(1, len(others)), groups=others))
    ceiling = index.ceiling(words)
    return scores / ceiling if ceiling else scores


def _place(scores: NDArray[np.float64], groups: Keys, hits: WordHits) -> None:
    """The scores of those hits that are among the groups (ascending), in their places."""
    wanted = np.isin(hits.groups, groups)
    scores[np.searchsorted(groups, hits.groups[wanted])] = hits.scores[wanted]
