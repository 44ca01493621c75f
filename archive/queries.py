"""Vectors of what callers ask."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from archive import fusion, relevance
from archive.errors import TooManyQueries
from archive.memory import Memory
from archive.passages import split_text
from archive.yardstick import Yardstick
from embeddings import Encoder, EncoderBusy, EncoderUnavailable, TextTooLong, Vectors
from lexical import Scale, WordIndex, Words, placed

Numbers = NDArray[np.float64]

REMEMBERED = 1024
AHEAD = 16
"""Texts that are begun before their search, at most: so they leave room for those who wait for the model."""
SHORT = 200
"""Characters of a text that is begun before its search; longer ones go through the model by themselves anyway."""
TELLING = math.log(4)
"""The idf of a word that a quarter of the articles have; in a small archive half of that of the query's rarest word will do."""


@dataclass(frozen=True, slots=True)
class Query:
    """A request as the two searches understand it. `vector` is None where meaning is not asked for, or cannot be.

    `marked` are the words that tell something. `leave_out` has the keys of the articles that were given as examples; the
    yardstick is that of similarities, the scale that of BM25."""

    words: Words
    marked: Words
    vector: Vectors | None
    leave_out: frozenset[int]
    yardstick: Yardstick
    scale: Scale

    def evidence(self, similarities: Numbers, bm25: Numbers) -> Numbers:
        """What the order is made of."""
        place = np.zeros_like(bm25) if self.vector is None else self.yardstick.place(similarities)
        return fusion.evidence(place, bm25 / self.scale.deviation if self.scale.deviation else np.zeros_like(bm25))

    def judged(self, similarities: Numbers, bm25: Numbers) -> Numbers:
        """How likely people find that relevant, if the archive covers the subject."""
        if self.vector is None:
            return self.judged_by_words(bm25)
        return relevance.judged(self.yardstick.place(similarities), self.share(bm25))

    def judged_by_words(self, bm25: Numbers) -> Numbers:
        return relevance.judged(None, self.share(bm25))

    def share(self, bm25: Numbers) -> Numbers:
        """Of what there is to reach by words."""
        return bm25 / self.scale.full if self.scale.full else np.zeros_like(bm25)


def telling(words: Words, index: WordIndex) -> Words:
    """Without the words that most articles have anyway; all of them, if there are no others."""
    weights = index.weights([words.text])[0]
    least = min(TELLING, max(weights.values(), default=0) / 2)
    kept = [word for word in words.text.split() if any(weights.get(part, 0) >= least for _, part in placed(word))]
    return replace(words, text=" ".join(kept)) if kept or words.phrases else words


class QueryEncoder:
    """Encodes queries and texts that are not in the archive; remembers the latest ones."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self._known: Memory[str, Vectors] = Memory(REMEMBERED)
        self._ahead: dict[str, Callable[[], Vectors]] = {}

    @contextmanager
    def ahead(self, text: str) -> Iterator[None]:
        """Begins a text that will be asked for meanwhile, so that it goes through the model together with what others ask. What
        keeps it from being begun is met again, and told, where it is asked for."""
        begins = len(text) <= SHORT and len(self._ahead) < AHEAD and text not in self._ahead and self._known.get(text) is None
        if begins:
            with suppress(TooManyQueries, EncoderUnavailable):
                self._ahead[text] = self._begun(text)
        try:
            yield
        finally:
            if begins:
                self._ahead.pop(text, None)

    def begin(self, text: str) -> Callable[[], Vectors]:
        """(n, dimension), a vector for each stretch of the text that the model reads at once; at least one. The caller may do
        something else until it asks for them. Both raise TooManyQueries."""
        known = self._known.get(text)
        if known is not None:
            return lambda: known
        encoding = self._ahead.pop(text, None) or self._begun(text)

        def vectors() -> Vectors:
            with _told_to_callers():
                found = encoding()
            self._known.keep(text, found)
            return found

        return vectors

    def _begun(self, text: str) -> Callable[[], Vectors]:
        """A single line that fits is its only passage; to find the passages of it, it would be counted three times."""
        with _told_to_callers():
            if text.strip() and "\n" not in text:
                with suppress(TextTooLong):
                    return self.encoder.begin([text])
            return self.encoder.begin(split_text(text, self.encoder))

    def encode(self, texts: Sequence[str]) -> Vectors:
        """As the encoder does. Raises TooManyQueries."""
        with _told_to_callers():
            return self.encoder.encode(texts)


@contextmanager
def _told_to_callers() -> Iterator[None]:
    try:
        yield
    except EncoderBusy as busy:
        raise TooManyQueries(busy.retry_after_s) from busy


def middle(passages: Vectors) -> Vectors:
    """(dimension,), unit length: of the passages (n, dimension) of a text."""
    return unit(passages[0] if len(passages) == 1 else passages.mean(axis=0))


def unit(vector: Vectors) -> Vectors:
    """The vector at unit length; the zero vector stays."""
    length = math.sqrt(vector @ vector)
    return vector if length == 0 else (vector / length).astype(np.float32)
