"""One commit of the word index, as searches see it, and what a query is in it.

A hybrid search asks the same words for hits, for their ceiling and for their weights; related articles ask a whole article. What
is worked out of a query is kept for as long as the commit is the latest.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple

import tantivy
from tantivy import Occur, Query

from lexical.analysis import Phrase, distinct_words, placed
from lexical.index import Scale, Words
from lexical.scoring import K1, TermWeight, inverse_frequency, rarest, scale, term_weight
from lexical.storage import CURSOR, DOCUMENT

_QUERIES_KEPT = 64
_WORDS_KEPT = 8_192
"""Most words of most queries: the common ones."""


class Known(NamedTuple):
    """A word in this commit. `documents`: how many have it, in the field in which most have it; `counts`: in each field; `best`:
    the most that it could add to a score."""

    documents: int
    word: str
    counts: tuple[int, ...]
    weight: TermWeight
    best: float


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
        known = lru_cache(_WORDS_KEPT)(partial(_known, searcher, weights, self._counted))
        self._known: Callable[[str], Known] = known
        self.asked = lru_cache(_QUERIES_KEPT)(_Asking(index.schema, weights, most_words, self._counted, known).asked)

    def __len__(self) -> int:
        """Documents, without the one that keeps the cursor."""
        return self._size

    def weights(self, text: str) -> dict[str, float]:
        """The text's words with their idf."""
        return {word: self._known(word).weight.idf for word in distinct_words(text)}


def _known(searcher: tantivy.Searcher, weights: Mapping[str, float], counted: int, word: str) -> Known:
    counts = tuple(searcher.doc_freq(field, word) for field in weights)
    best = math.fsum(
        weight * inverse_frequency(counted, count) for weight, count in zip(weights.values(), counts, strict=True) if count
    )
    return Known(max(counts), word, counts, term_weight(counted, max(counts)), best)


@dataclass(frozen=True, slots=True)
class _Asking:
    """`counted`: documents as BM25 counts them: with the cursor's and with those replaced but not merged away yet."""

    schema: tantivy.Schema
    weights: Mapping[str, float]
    most_words: int
    counted: int
    known: Callable[[str], Known]

    def asked(self, words: Words) -> Asked:
        """Of the words only those count that are rarest, and in some document."""
        found = [self.known(word) for word in distinct_words(" ".join((words.text, *words.phrases)))]
        chosen = rarest(found, self.most_words)
        phrases = [phrase for phrase in map(placed, words.phrases) if phrase]
        possible = all(self.known(word).documents for phrase in phrases for _, word in phrase)
        terms = [
            (field, word.word, weight)
            for word in chosen
            for (field, weight), count in zip(self.weights.items(), word.counts, strict=True)
            if count
        ]
        unknown = sum(not word.documents for word in found)
        return Asked(
            self._query(terms, phrases if possible else ()),
            possible,
            (K1 + 1) * math.fsum(word.best for word in chosen),
            scale(self.counted, [word.weight for word in chosen], unknown, self.most_words),
        )

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
