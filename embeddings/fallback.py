"""An encoder with another in reserve."""

import logging
import threading
from collections.abc import Callable, Sequence

from embeddings.encoder import Encoder, EncoderUnavailable, Span, Vectors

_log = logging.getLogger(__name__)


class FallbackEncoder:
    """The first one, or, if it turns out at `load` that it cannot run here, the second; they make the same vectors."""

    def __init__(self, first: Encoder, second: Encoder) -> None:
        if first.digest != second.digest:
            raise ValueError("encoders of different vectors cannot stand in for each other")
        self.name = first.name
        self.digest = first.digest
        self.dimension = first.dimension
        self.window = first.window
        self.tokens_add_up = first.tokens_add_up
        self.backend = first.backend
        self._chosen = first
        self._second = second
        self._loading = threading.Lock()
        self._loaded = False

    @property
    def languages(self) -> frozenset[str] | None:
        return self._chosen.languages

    def load(self) -> None:
        with self._loading:
            if not self._loaded:
                self._chosen = self._one_that_loads()
                self.backend = self._chosen.backend
                self._loaded = True

    def spans(self, texts: Sequence[str]) -> list[list[Span]]:
        return self._chosen.spans(texts)

    def encode(self, texts: Sequence[str], *, bulk: bool = False) -> Vectors:
        self.load()
        return self._chosen.encode(texts, bulk=bulk)

    def begin(self, texts: Sequence[str]) -> Callable[[], Vectors]:
        self.load()
        return self._chosen.begin(texts)

    def _one_that_loads(self) -> Encoder:
        try:
            self._chosen.load()
            return self._chosen
        except EncoderUnavailable as reason:
            self._second.load()
            _log.warning("Encoding runs on %s, which is slower. %s", self._second.backend, reason)
            return self._second
