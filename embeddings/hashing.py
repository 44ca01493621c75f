"""The deterministic encoder of the tests: texts that share words are similar, and nothing has to be loaded."""

import hashlib
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np

from embeddings.encoder import Span, TextTooLong, Vectors

_TOKEN = re.compile(r"\w+|[^\w\s]")
_WEIGHTS = {"word": 1.0, "pair": 0.5, "part": 0.25}


class HashingEncoder:
    """Words, pairs of neighbouring words and three-letter parts of words, each hashed to a dimension and a sign."""

    name = "hashing"
    backend = "hashing"
    tokens_add_up = True
    languages: frozenset[str] | None = None

    def __init__(self, dimension: int = 256, window: int = 254) -> None:
        self.dimension = dimension
        self.window = window
        self.digest = hashlib.sha256(f"hashing 1 {dimension} {window}".encode()).hexdigest()[:32]

    def load(self) -> None:
        """Nothing to do."""

    def spans(self, texts: Sequence[str]) -> list[list[Span]]:
        return [[match.span() for match in _TOKEN.finditer(text)] for text in texts]

    def encode(self, texts: Sequence[str], *, bulk: bool = False) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for code, weight in self._features(text):
                vector[code % self.dimension] += weight if code & 1 << 31 else -weight
            vector[0] += not vector.any()
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def begin(self, texts: Sequence[str]) -> Callable[[], Vectors]:
        """It takes so little that all of it is done here."""
        vectors = self.encode(texts)
        return lambda: vectors

    def _features(self, text: str) -> Iterator[tuple[int, float]]:
        words = _TOKEN.findall(text)
        if len(words) > self.window:
            raise TextTooLong(f"a text has {len(words)} tokens, the encoder reads {self.window}")
        words = [word.casefold() for word in words]
        for word in words:
            yield from _word_features(word)
        for pair in pairwise(words):
            yield _code(" ".join(pair)), _WEIGHTS["pair"]


@lru_cache(maxsize=8_192)
def _word_features(word: str) -> tuple[tuple[int, float], ...]:
    padded = f"<{word}>"
    parts = [(_code(padded[at : at + 3]), _WEIGHTS["part"]) for at in range(len(padded) - 2)]
    return ((_code(word), _WEIGHTS["word"]), *parts)


def _code(feature: str) -> int:
    """The same in every process, unlike hash()."""
    return zlib.crc32(feature.encode("utf-8", "surrogatepass"))
