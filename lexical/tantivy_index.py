"""The fast word index: tantivy, on disk.

The cursor is a document of its own, so that one commit makes it and the documents durable together. Frequencies and mean lengths
include replaced documents until tantivy merges their segment, which moves scores a little, and never what matches.
"""

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import tantivy
from tantivy import Occur, Query

from lexical.analysis import analyze, normalised, placed
from lexical.index import Document, Ids, WordHits, Words, WriterBusy
from lexical.scoring import K1, MOST_WORDS, inverse_frequency, levelled, ranked, rarest
from lexical.storage import open_index, text_field

_WRITER_MEMORY = 50_000_000
_DOCUMENT, _CURSOR = 0, 1
_FEWEST_FETCHED = 64


@dataclass(frozen=True, slots=True)
class _View:
    """One commit, as searches see it."""

    searcher: tantivy.Searcher
    cursor: int
    documents: int
    """As BM25 counts them: with the cursor's and with those replaced but not merged away yet."""

    @classmethod
    def of(cls, index: tantivy.Index) -> "_View":
        searcher = index.searcher()
        of_cursor = Query.term_query(index.schema, "kind", _CURSOR)
        hits = searcher.search(of_cursor, 1, order_by_field="cursor").hits
        counted = sum(searcher.doc_freq("kind", kind) for kind in (_DOCUMENT, _CURSOR))
        return cls(searcher, hits[0][0] if hits else 0, counted)


class TantivyIndex:
    def __init__(self, path: Path | None, fields: Mapping[str, float], *, most_words: int = MOST_WORDS) -> None:
        """`path`: a folder, made if it is not there; None: in memory. `fields`: the weight of each text field; `most_words`: how
        many words of a query count, the rarest. Raises WordIndexDamaged."""
        self._weights = dict(fields)
        self._fields = {name: text_field(name) for name in fields}
        self._most_words = most_words
        self._index = open_index(path, self._weights)
        self._schema = self._index.schema
        self._writer: tantivy.IndexWriter | None = None
        self._writing = threading.RLock()
        self._view = _View.of(self._index)

    @property
    def cursor(self) -> int:
        return self._view.cursor

    def __len__(self) -> int:
        return _count(self._view.searcher.search(self._kind(_DOCUMENT), 1))

    def replace(self, group: int, version: int, documents: Sequence[Document]) -> None:
        stored = [self._stored(group, version, document) for document in documents]
        with self._written() as writer:
            writer.delete_documents_by_term("group", group)
            for document in stored:
                writer.add_document(document)

    def drop(self, group: int) -> None:
        self.replace(group, 0, ())

    def commit(self, cursor: int) -> None:
        with self._written() as writer:
            writer.delete_documents_by_term("kind", _CURSOR)
            writer.add_document(tantivy.Document(kind=_CURSOR, cursor=cursor))
            writer.commit()
            self.refresh()
            self._writer = None
            writer.wait_merging_threads()  # and let the lock go: without a writer nothing is merged
            self.refresh()

    def refresh(self) -> None:
        self._index.reload()
        self._view = _View.of(self._index)

    def search(self, words: Words, k: int, *, groups: Ids | None = None) -> WordHits:
        view = self._view
        query = self._query(view, words, groups)
        return _best(view.searcher, query, max(k, 0))

    def ceiling(self, words: Words) -> float:
        view = self._view
        wanted = self._wanted(view, words)
        idfs = (
            weight * inverse_frequency(view.documents, count)
            for counts in wanted.values()
            for weight, count in zip(self._weights.values(), counts, strict=True)
            if count
        )
        return (K1 + 1) * math.fsum(idfs)

    def weights(self, texts: Sequence[str]) -> list[dict[str, float]]:
        view = self._view
        frequency = cache(lambda word: max(self._frequencies(view, word)))
        return [{word: inverse_frequency(view.documents, frequency(word)) for word in analyze(text)} for text in texts]

    def versions(self) -> dict[int, int]:
        searcher = self._view.searcher
        most = max(searcher.num_docs, 1)
        hits = searcher.search(self._kind(_DOCUMENT), most, count=False, order_by_field="group").hits
        versions = searcher.fast_field_values("version", [address for _, address in hits])
        return {int(group): int(version or 0) for (group, _), version in zip(hits, versions, strict=True)}

    @contextmanager
    def _written(self) -> Iterator[tantivy.IndexWriter]:
        """The writer, opened if need be. When something fails, all that was not committed is given up, and the writer let go."""
        with self._writing:
            if self._writer is None:
                self._writer = _writer_of(self._index)
            try:
                yield self._writer
            except BaseException:
                if self._writer is not None:
                    self._let_go(self._writer)
                raise

    def _let_go(self, writer: tantivy.IndexWriter) -> None:
        self._writer = None
        with suppress(ValueError):  # a writer that has failed cannot even give up; dropping it does
            writer.rollback()
            writer.wait_merging_threads()

    def _stored(self, group: int, version: int, document: Document) -> tantivy.Document:
        stored = tantivy.Document(kind=_DOCUMENT, id=document.id, group=group, version=version)
        for name, text in document.fields.items():
            stored.add_text(self._fields[name], normalised(text))
        return stored

    def _kind(self, kind: int) -> Query:
        return Query.term_query(self._schema, "kind", kind)

    def _frequencies(self, view: _View, word: str) -> list[int]:
        return [view.searcher.doc_freq(field, word) for field in self._fields.values()]

    def _wanted(self, view: _View, words: Words) -> dict[str, list[int]]:
        """The words that score, with the number of documents that have them in each field."""
        distinct = dict.fromkeys(analyze(" ".join((words.text, *words.phrases))))
        frequencies = {word: self._frequencies(view, word) for word in distinct}
        return {word: frequencies[word] for word in rarest(frequencies, self._most_words)}

    def _query(self, view: _View, words: Words, groups: Ids | None) -> Query:
        """Words score; phrases and groups only decide what may be found."""
        scoring = self._any_word(self._wanted(view, words))
        phrases = [phrase for phrase in map(placed, words.phrases) if phrase]
        required = [self._phrase(phrase) for phrase in phrases]
        if groups is not None:
            required.append(Query.term_set_query(self._schema, "group", groups.tolist()))
        clauses = [(Occur.Must, Query.const_score_query(query, 0.0)) for query in required]
        return Query.boolean_query([(Occur.Should if phrases else Occur.Must, scoring), *clauses])

    def _any_word(self, wanted: Mapping[str, Sequence[int]]) -> Query:
        clauses = [
            (Occur.Should, Query.boost_query(Query.term_query(self._schema, self._fields[name], word), weight))
            for word, counts in wanted.items()
            for (name, weight), count in zip(self._weights.items(), counts, strict=True)
            if count
        ]
        return Query.boolean_query(clauses)

    def _phrase(self, phrase: list[tuple[int, str]]) -> Query:
        return Query.boolean_query([(Occur.Should, self._phrase_in(field, phrase)) for field in self._fields.values()])

    def _phrase_in(self, field: str, phrase: list[tuple[int, str]]) -> Query:
        if len(phrase) == 1:
            return Query.term_query(self._schema, field, phrase[0][1])
        return Query.phrase_query(self._schema, field, list(phrase))


def _writer_of(index: tantivy.Index) -> tantivy.IndexWriter:
    try:
        return index.writer(heap_size=_WRITER_MEMORY, num_threads=1)
    except ValueError as error:
        if "LockBusy" in str(error):
            raise WriterBusy("another process is writing the word index") from error
        raise


def _best(searcher: tantivy.Searcher, query: Query, k: int) -> WordHits:
    """Fetches more until the k-th hit's equals are all there: tantivy orders those by where they happen to be stored."""
    most = max(searcher.num_docs, 1)
    fetched = k + _FEWEST_FETCHED
    while True:
        found = searcher.search(query, min(fetched, most))
        total = _count(found)
        scores = np.array([score for score, _ in found.hits], np.float32)
        level = levelled(scores)
        if len(scores) == total or k == 0 or level[k - 1] > level[-1]:
            addresses = [address for _, address in found.hits]
            ids, groups, versions = (_column(searcher, name, addresses) for name in ("id", "group", "version"))
            return ranked(ids, groups, versions, scores, k, total)
        fetched *= 4


def _count(result: tantivy.SearchResult) -> int:
    """All matches, also those beyond the limit."""
    count: int = result.count  # type: ignore[attr-defined]  # missing in tantivy's stubs
    return count


def _column(searcher: tantivy.Searcher, name: str, addresses: list[tantivy.DocAddress]) -> Ids:
    return np.array(searcher.fast_field_values(name, addresses), np.int64)
