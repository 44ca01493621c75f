"""One commit of the word index, as searches see it, and what a query is in it.

A hybrid search asks the same words for hits, for their ceiling and for their weights; related articles ask a whole article. What
is worked out of a query is kept for as long as the commit is the latest.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import tantivy
from tantivy import Occur, Query

from lexical.analysis import Phrase, distinct_words, placed
from lexical.index import Scale, Words
from lexical.scoring import K1, inverse_frequency, rarest, scale
from lexical.storage import CURSOR, DOCUMENT

_QUERIES_KEPT = 64
_WORDS_KEPT = 16_384
"""Most words of most queries: the common ones."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Words as a query. `ceiling`: the highest score there could be; `possible`: no phrase has a word that no document has."""

    query: Query
    possible: bool
    ceiling: float
    scale: Scale


class View:
    """Never changes; a later commit is another view.

    What is kept refers to nothing that refers back, so that a view that is no longer used goes at once, with its open files."""

    def __init__(self, index: tantivy.Index, weights: Mapping[str, float], most_words: int) -> None:
        """`weights`: of each text field of the schema."""
        self.searcher = searcher = index.searcher()
        of_cursor = Query.term_query(index.schema, "kind", CURSOR)
        cursors = searcher.search(of_cursor, 1, order_by_field="cursor").hits
        self.cursor: int = cursors[0][0] if cursors else 0
        self._size = searcher.num_docs - len(cursors)
        self._counted = sum(searcher.doc_freq("kind", kind) for kind in (DOCUMENT, CURSOR))
        self._frequencies = lru_cache(_WORDS_KEPT)(partial(_frequencies, searcher, tuple(weights)))
        asking = _Asking(index.schema, weights, most_words, self._counted, self._frequencies)
        self.asked = lru_cache(_QUERIES_KEPT)(asking.asked)

    def __len__(self) -> int:
        """Documents, without the one that keeps the cursor."""
        return self._size

    def weights(self, text: str) -> dict[str, float]:
        """The text's words with their idf."""
        return {word: inverse_frequency(self._counted, max(self._frequencies(word))) for word in distinct_words(text)}


def _frequencies(searcher: tantivy.Searcher, fields: Sequence[str], word: str) -> tuple[int, ...]:
    """How many documents have the word, in each field."""
    return tuple(searcher.doc_freq(field, word) for field in fields)


@dataclass(frozen=True, slots=True)
class _Asking:
    """`counted`: documents as BM25 counts them: with the cursor's and with those replaced but not merged away yet."""

    schema: tantivy.Schema
    weights: Mapping[str, float]
    most_words: int
    counted: int
    frequencies: Callable[[str], tuple[int, ...]]

    def asked(self, words: Words) -> Asked:
        """Of the words only those count that are rarest, and in some document."""
        known = {word: self.frequencies(word) for word in distinct_words(" ".join((words.text, *words.phrases)))}
        phrases = [phrase for phrase in map(placed, words.phrases) if phrase]
        possible = all(any(known.get(word, self.frequencies(word))) for phrase in phrases for _, word in phrase)
        chosen = rarest(known, self.most_words)
        terms = [
            (field, word, weight, count)
            for word in chosen
            for (field, weight), count in zip(self.weights.items(), known[word], strict=True)
            if count
        ]
        best = math.fsum(weight * inverse_frequency(self.counted, count) for _, _, weight, count in terms)
        unknown = [0 for counts in known.values() if not any(counts)]
        held_against = scale(self.counted, [*(max(known[word]) for word in chosen), *unknown], self.most_words)
        query = self._query([term[:3] for term in terms], phrases if possible else ())
        return Asked(query, possible, (K1 + 1) * best, held_against)

    def _query(self, terms: Sequence[tuple[str, str, float]], phrases: Sequence[Phrase]) -> Query:
        """Words score; phrases only decide what may be found."""
        scoring = Query.boolean_query([(Occur.Should, self._term(*term)) for term in terms])
        clauses = [(Occur.Must, Query.const_score_query(self._phrase(phrase), 0.0)) for phrase in phrases]
        return Query.boolean_query([(Occur.Should, scoring), *clauses]) if clauses else scoring

    def _term(self, field: str, word: str, weight: float) -> Query:
        return Query.boost_query(Query.term_query(self.schema, field, word), weight)

    def _phrase(self, phrase: Phrase) -> Query:
        return Query.boolean_query([(Occur.Should, self._phrase_in(field, phrase)) for field in self.weights])

    def _phrase_in(self, field: str, phrase: Phrase) -> Query:
        if len(phrase) == 1:
            return Query.term_query(self.schema, field, phrase[0][1])
        return Query.phrase_query(self.schema, field, list(phrase))
