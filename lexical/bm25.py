"""The plain word index: every document is looked at. The oracle of the fast one."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lexical.analysis import analyze, contains_phrases, words_of
from lexical.index import Document, Ids, Scale, WordHits, Words
from lexical.scoring import K1, MOST_WORDS, B, inverse_frequency, quantised, ranked, rarest, scale, term_weight


@dataclass(frozen=True, slots=True)
class _Held:
    group: int
    version: int
    fields: Mapping[str, str]
    counts: Mapping[str, Counter[str]]


class Bm25Index:
    """In memory, gone with the process."""

    def __init__(self, fields: Mapping[str, float], *, most_words: int = MOST_WORDS) -> None:
        """`fields`: the weight of each text field."""
        self.cursor = 0
        self._weights = dict(fields)
        self._most_words = most_words
        self._documents: dict[int, _Held] = {}
        self._changes: dict[int, dict[int, _Held]] = {}

    def __len__(self) -> int:
        return len(self._documents)

    def replace(self, group: int, version: int, documents: Sequence[Document]) -> None:
        self._changes[group] = {document.id: self._held(group, version, document.fields) for document in documents}

    def drop(self, group: int) -> None:
        self._changes[group] = {}

    def commit(self, cursor: int) -> None:
        kept = {key: held for key, held in self._documents.items() if held.group not in self._changes}
        self._documents = kept | {key: held for documents in self._changes.values() for key, held in documents.items()}
        self._changes = {}
        self.cursor = cursor

    def refresh(self) -> None:
        """There is no other process."""

    def search(self, words: Words, k: int, *, groups: Ids | None = None) -> WordHits:
        wanted = self._wanted(words)
        admitted = None if groups is None else set(groups.tolist())
        scores = {
            key: self._score(held, wanted)
            for key, held in self._documents.items()
            if (admitted is None or held.group in admitted) and self._matches(held, wanted, words.phrases)
        }
        found = [self._documents[key] for key in scores]
        columns = ([*scores], [held.group for held in found], [held.version for held in found])
        ids, of_groups, versions = (np.array(column, np.int64) for column in columns)
        return ranked(ids, of_groups, versions, np.array([*scores.values()], np.float32), max(k, 0), len(scores))

    def ceiling(self, words: Words) -> float:
        idfs = (self._idf(field, word) * weight for field, weight in self._weights.items() for word in self._wanted(words))
        return (K1 + 1) * math.fsum(idfs)

    def scale(self, words: Words) -> Scale:
        distinct = dict.fromkeys(analyze(" ".join((words.text, *words.phrases))))
        unknown = sum(not any(self._frequencies(word)) for word in distinct)
        known = [term_weight(self._count, max(self._frequencies(word))) for word in self._wanted(words)]
        return scale(self._count, known, unknown, self._most_words)

    def weights(self, texts: Sequence[str]) -> list[dict[str, float]]:
        return [{word: self._overall_idf(word) for word in analyze(text)} for text in texts]

    def versions(self) -> dict[int, int]:
        return {held.group: held.version for held in self._documents.values()}

    def _held(self, group: int, version: int, fields: Mapping[str, str]) -> _Held:
        if unknown := fields.keys() - self._weights.keys():
            raise KeyError(*unknown)
        return _Held(group, version, fields, {field: Counter(analyze(text)) for field, text in fields.items()})

    def _wanted(self, words: Words) -> list[str]:
        distinct = dict.fromkeys(analyze(" ".join((words.text, *words.phrases))))
        return [word for _, word in rarest(((max(self._frequencies(word)), word) for word in distinct), self._most_words)]

    def _matches(self, held: _Held, wanted: Sequence[str], phrases: Sequence[str]) -> bool:
        required = [phrase for phrase in phrases if words_of(phrase)]
        if any(not any(contains_phrases(text, [phrase]) for text in held.fields.values()) for phrase in required):
            return False
        return bool(required) or any(word in counts for word in wanted for counts in held.counts.values())

    def _score(self, held: _Held, wanted: Sequence[str]) -> float:
        return math.fsum(self._weights[field] * self._field_score(field, counts, wanted) for field, counts in held.counts.items())

    def _field_score(self, field: str, counts: Counter[str], wanted: Sequence[str]) -> float:
        norm = K1 * (1 - B + B * quantised(counts.total()) / max(self._mean_length(field), 1e-9))
        return math.fsum(
            (K1 + 1) * self._idf(field, word) * counts[word] / (counts[word] + norm) for word in wanted if counts[word]
        )

    def _idf(self, field: str, word: str) -> float:
        holding = sum(word in held.counts.get(field, ()) for held in self._documents.values())
        return inverse_frequency(self._count, holding) if holding else 0.0

    def _overall_idf(self, word: str) -> float:
        return inverse_frequency(self._count, max(self._frequencies(word)))

    def _frequencies(self, word: str) -> list[int]:
        return [sum(word in held.counts.get(field, ()) for held in self._documents.values()) for field in self._weights]

    @property
    def _count(self) -> int:
        """The fast index keeps its cursor in a document of its own, which BM25 counts."""
        return len(self._documents) + 1

    def _mean_length(self, field: str) -> float:
        return sum(held.counts[field].total() for held in self._documents.values() if field in held.counts) / self._count
