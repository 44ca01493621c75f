"""The fast word index: tantivy, on disk.

The cursor is a document of its own, so that one commit makes it and the documents durable together. Frequencies and mean lengths
include replaced documents until tantivy merges their segment, which moves scores a little, and never what matches.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import tantivy
from tantivy import Occur, Query

from lexical.analysis import normalised
from lexical.index import NO_HITS, Document, Ids, Scale, WordHits, Words, WriterBusy
from lexical.scoring import MOST_WORDS, equal_runs, in_order
from lexical.storage import CURSOR, DOCUMENT, open_index, text_field
from lexical.view import View

_WRITER_MEMORY = 20_000_000
"""Bytes. A commit of 500 articles takes 3 MB; a larger budget is neither faster nor filled."""
_FEWEST_FETCHED = 64
_NAMED_ONE_BY_ONE = 200
"""Groups. So few are found quicker as single terms than as a set: 0.25 and 0.60 ms for 10 of 25,000, 1.7 and 2.6 ms for 500."""


class TantivyIndex:
    def __init__(self, path: Path | None, fields: Mapping[str, float], *, most_words: int = MOST_WORDS) -> None:
        """`path`: a folder, made if it is not there; None: in memory. `fields`: the weight of each text field; `most_words`: how
        many words of a query count, the rarest. Raises WordIndexDamaged."""
        self._fields = {name: text_field(name) for name in fields}
        self._weights = {text_field(name): weight for name, weight in fields.items()}
        self._most_words = most_words
        self._index = open_index(path, fields)
        self._schema = self._index.schema
        self._writer: tantivy.IndexWriter | None = None
        self._writing = threading.RLock()
        self._littered = True
        self._view = View(self._index, self._weights, self._most_words)

    @property
    def cursor(self) -> int:
        return self._view.cursor

    def __len__(self) -> int:
        return len(self._view)

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
            writer.delete_documents_by_term("kind", CURSOR)
            writer.add_document(tantivy.Document(kind=CURSOR, cursor=cursor))
            writer.commit()
            self.refresh()
            self._writer = None
            writer.wait_merging_threads()  # and let the lock go: without a writer nothing is merged
            self.refresh()

    def refresh(self) -> None:
        self._index.reload()
        self._view = View(self._index, self._weights, self._most_words)

    def search(self, words: Words, k: int, *, groups: Ids | None = None) -> WordHits:
        view = self._view
        asked = view.asked(words)
        if not asked.possible:
            return NO_HITS
        query = asked.query
        if groups is not None:
            query = Query.boolean_query([(Occur.Must, query), (Occur.Must, self._within(groups.tolist()))])
        return _best(view.searcher, query, max(k, 0))

    def ceiling(self, words: Words) -> float:
        return self._view.asked(words).ceiling

    def scale(self, words: Words) -> Scale:
        return self._view.asked(words).scale

    def weights(self, texts: Sequence[str]) -> list[dict[str, float]]:
        view = self._view
        return [view.weights(text) for text in texts]

    def versions(self) -> dict[int, int]:
        searcher = self._view.searcher
        most = max(searcher.num_docs, 1)
        hits = searcher.search(self._kind(DOCUMENT), most, count=False, order_by_field="group").hits
        versions = searcher.fast_field_values("version", [address for _, address in hits])
        return {int(group): int(version or 0) for (group, _), version in zip(hits, versions, strict=True)}

    @contextmanager
    def _written(self) -> Iterator[tantivy.IndexWriter]:
        """The writer, opened if need be. When something fails, all that was not committed is given up, and the writer let go.

        Files of a commit that did not come to its end are cleared away before the next: it would be given the same number, and
        fail for ever where it finds the same deletions written. They may be there at first, and after a failure, which another
        process that was killed may have been the cause of."""
        with self._writing:
            if self._writer is None:
                self._writer = _writer_of(self._index)
            try:
                if self._littered:
                    self._writer.garbage_collect_files()
                    self._littered = False
                yield self._writer
            except BaseException:
                self._littered = True
                if self._writer is not None:
                    self._let_go(self._writer)
                raise

    def _let_go(self, writer: tantivy.IndexWriter) -> None:
        self._writer = None
        with suppress(ValueError):  # a writer that has failed cannot even give up; dropping it does
            writer.rollback()
            writer.wait_merging_threads()

    def _stored(self, group: int, version: int, document: Document) -> tantivy.Document:
        stored = tantivy.Document(kind=DOCUMENT, id=document.id, group=group, version=version)
        for name, text in document.fields.items():
            stored.add_text(self._fields[name], normalised(text))
        return stored

    def _kind(self, kind: int) -> Query:
        return Query.term_query(self._schema, "kind", kind)

    def _within(self, groups: list[int]) -> Query:
        """Only decides what may be found, and scores nothing."""
        if len(groups) > _NAMED_ONE_BY_ONE:
            any_of_them = Query.term_set_query(self._schema, "group", groups)
        else:
            each = [Query.term_query(self._schema, "group", group) for group in groups]
            any_of_them = Query.boolean_query([(Occur.Should, one) for one in each])
        return Query.const_score_query(any_of_them, 0.0)


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
        hits = found.hits
        scores = np.array([score for score, _ in hits], np.float32)
        runs = equal_runs(scores)
        if len(scores) == total or k == 0 or runs[k - 1] < runs[-1]:
            needed = int(np.searchsorted(runs, runs[k - 1], side="right")) if 0 < k < len(scores) else len(scores)
            addresses = [address for _, address in hits[:needed]]
            ids, groups, versions = (_column(searcher, name, addresses) for name in ("id", "group", "version"))
            return in_order(ids, groups, versions, scores[:needed], runs[:needed], k, total)
        fetched *= 4


def _count(result: tantivy.SearchResult) -> int:
    """All matches, also those beyond the limit."""
    count: int = result.count  # type: ignore[attr-defined]  # missing in tantivy's stubs
    return count


def _column(searcher: tantivy.Searcher, name: str, addresses: list[tantivy.DocAddress]) -> Ids:
    return np.array(searcher.fast_field_values(name, addresses), np.int64)
