"""How the indexes stand, the proof that they equal the database, and making them anew."""

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from archive.answers import CheckReport, IndexStatus, RebuildReport
from archive.clock import now
from archive.indexer import Indexer
from archive.reading import coverage as covered
from archive.sketching import sketch
from db import Connection, articles, changes, passages, sketches, story_links, totals
from db.records import Article, Filters, Keys, Vectors
from embeddings import Entries, VectorIndex
from lexical import WordIndex

if TYPE_CHECKING:
    from archive.archive import Archive

AT_ONCE = 500
EXAMPLES = 20
SKETCHES = 500
"""Sketches, at the least, that are made anew to be compared: all of them would take three times as long as everything else."""


def status(archive: "Archive") -> IndexStatus:
    indexer = archive.indexer
    indexer.keep_pace()
    with archive.db.read() as conn:
        counts, encoded = totals.read(conn), indexer.covered(conn)
        seq, story_seq = changes.seq(conn), story_links.progress(conn).seq
        reached = indexer.reached
        behind = changes.after(conn, reached, 1)
        pending = changes.count_after(conn, reached)
        warnings = archive.language_warnings.at(conn, seq)
    return IndexStatus(
        warnings=warnings,
        articles=counts.articles,
        paragraphs=counts.paragraphs,
        passages=counts.passages,
        pending=pending,
        seq=seq,
        vector_seq=indexer.vectors.cursor,
        word_seq=indexer.words.cursor,
        story_seq=story_seq,
        lag_s=round((now().micros - behind[0].at.micros) / 1e6, 3) if behind else 0.0,
        coverage=encoded / counts.passages if counts.passages else 1.0,
        model=archive.encoder.name,
        model_digest=archive.encoder.digest,
        dimension=archive.encoder.dimension,
        window=archive.encoder.window,
        backend=archive.encoder.backend,
        vector_index=indexer.vectors.index.kind,
        encoder_ready=indexer.encoder_ready,
    )


class _Findings:
    """Differences, counted, with the first of them told."""

    def __init__(self) -> None:
        self.missing = self.extra = self.wrong = 0
        self.examples: list[str] = []

    def tell(self, kind: str, what: str) -> None:
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{kind}: {what}")

    @property
    def clean(self) -> bool:
        return not (self.missing or self.extra or self.wrong)


def check(archive: "Archive") -> CheckReport:
    """What the indexes have not read yet counts as pending, not as wrong: articles changed after a cursor are left out."""
    started = time.perf_counter()
    indexer = archive.indexer
    findings = _Findings()
    indexer.keep_pace()
    with indexer.vectors.still(), indexer.words.still(), archive.db.read() as conn:
        present = articles.keys(conn, Filters())
        moved = _moved_after(conn, indexer.reached)
        settled = np.setdiff1d(present, np.array(sorted(moved), np.int64))
        words = {"article": indexer.words.articles.versions(), "paragraphs": indexer.words.paragraphs.versions()}
        for part in _parts(settled):
            _check_articles(archive, conn, part, words, findings)
        _check_sketches(conn, settled[:: max(1, len(settled) // SKETCHES)].tolist(), findings)
        known = set(present.tolist()) | moved
        _check_extra(indexer, known, findings)
        counts = passages.coverage(conn, indexer.model)
        seq = changes.seq(conn)
    return CheckReport(
        clean=findings.clean,
        missing=findings.missing,
        extra=findings.extra,
        wrong=findings.wrong,
        pending=len(moved),
        articles=counts.articles,
        passages=counts.passages,
        seq=seq,
        examples=findings.examples,
        took_ms=round((time.perf_counter() - started) * 1000, 1),
    )


def _parts(keys: Keys) -> Iterator[list[int]]:
    for at in range(0, len(keys), AT_ONCE):
        yield keys[at : at + AT_ONCE].tolist()


def _moved_after(conn: Connection, cursor: int) -> set[int]:
    moved: set[int] = set()
    while batch := changes.after(conn, cursor, AT_ONCE):
        moved |= {change.article for change in batch}
        cursor = batch[-1].seq
    return moved


def _check_articles(
    archive: "Archive", conn: Connection, keys: list[int], words: Mapping[str, Mapping[int, int]], findings: _Findings
) -> None:
    whole = articles.many(conn, keys, paragraphs=True)
    parts = passages.of_articles(conn, keys)
    stored = passages.vectors_of(conn, archive.indexer.model, keys)
    entries = archive.indexer.vectors.index.entries(keys)
    for key in keys:
        article = whole[key]
        if covered(article.paragraphs, [(part.start, part.end) for part in parts.get(key, [])]) < 1:
            findings.tell("wrong", f"{article.id}: its passages leave out some of its text")
        _check_vectors(article, stored[key], entries, findings)
        for name, versions in words.items():
            if name == "article" or article.paragraphs:
                _check_words(article, name, versions.get(key), findings)


def _check_vectors(article: Article, stored: tuple[Keys, Vectors] | None, entries: Entries, findings: _Findings) -> None:
    """Every vector of the article, to the last bit."""
    start, stop = np.searchsorted(entries.groups, [article.key, article.key + 1])
    if stored is None:
        findings.tell("missing", f"{article.id}: vectors in the database")
    elif stop - start < len(stored[0]):
        findings.tell("missing", f"{article.id}: {len(stored[0]) - (stop - start)} of its vectors in the index")
    elif not np.array_equal(entries.ids[start:stop], stored[0]):
        findings.tell("wrong", f"{article.id}: passages in the vector index")
    elif not np.array_equal(entries.vectors[start:stop], stored[1]):
        findings.tell("wrong", f"{article.id}: vectors in the index")
    elif (entries.versions[start:stop] != article.seq).any():
        findings.tell("wrong", f"{article.id}: version in the vector index")


def _check_sketches(conn: Connection, keys: list[int], findings: _Findings) -> None:
    """That they are what the texts give, and that none is missing among those that are said to be done."""
    done, (stored, marks) = sketches.done(conn), sketches.stored(conn, keys)
    for key, wording in sketches.wordings(conn, keys).items():
        seq, bands = stored.get(key, (0, []))
        if seq != wording.seq and wording.seq <= done:
            findings.tell("missing", f"article {key}: its sketch")
        elif seq == wording.seq:
            made = sketch(wording)
            own = {part: mark for part, _ in wording.paragraphs if (mark := marks.get(part)) is not None}
            if (sorted(set(made.bands)), made.marks) != (bands, own):
                findings.tell("wrong", f"article {key}: its sketch")


def _check_words(article: Article, name: str, version: int | None, findings: _Findings) -> None:
    if version is None:
        findings.tell("missing", f"{article.id}: {name} in the word index")
    elif version != article.seq:
        findings.tell("wrong", f"{article.id}: version of the {name} in the word index")


def _check_extra(indexer: Indexer, known: set[int], findings: _Findings) -> None:
    indexes: dict[str, VectorIndex | WordIndex] = {
        "vector index": indexer.vectors.index,
        "word index": indexer.words.articles,
        "word index of paragraphs": indexer.words.paragraphs,
    }
    for name, index in indexes.items():
        for group in index.versions().keys() - known:
            findings.tell("extra", f"article {group} in the {name}")


def rebuild(archive: "Archive") -> RebuildReport:
    """Both indexes anew; readers see the old ones until the new ones are whole."""
    started = time.perf_counter()
    indexer = archive.indexer
    encoded_before = indexer.encoded
    indexer.catch_up()
    index = indexer.vectors.empty()
    while indexer.vectors.apply_next(index):
        pass
    indexer.vectors.replace(index)
    indexer.words.rebuild()
    with archive.db.read() as conn:
        counts = passages.coverage(conn, indexer.model)
    return RebuildReport(
        articles=counts.articles,
        passages=counts.passages,
        encoded=indexer.encoded - encoded_before,
        seq=indexer.reached,
        took_ms=round((time.perf_counter() - started) * 1000, 1),
    )
