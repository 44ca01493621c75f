"""A sentence-transformers model on the CPU, run by OpenVINO.

The model's whole forward pass is converted once; afterwards neither torch nor sentence-transformers is loaded any more. The
vectors are those of sentence-transformers, so they share its digest; that is checked once on each processor, on texts whose
vectors were kept. Those of int8 are others, and have their own. The measurements are in docs/decisions/0004-encoder.md and
0007-encoder-under-load.md.
"""

import hashlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from embeddings.cache import built
from embeddings.conversion import agrees, convert_elsewhere, folder_name, probes
from embeddings.encoder import EncoderUnavailable, Span, Vectors
from embeddings.models import DEFAULT_MODEL, Model, find_model
from embeddings.openvino_models import Bulk, Converted, available_cores
from embeddings.slices import TOGETHER
from embeddings.together import WAITING, Row, Running, Together

Precision = Literal["auto", "f32", "int8"]

_TOKENS_AT_ONCE = 256
"""Of texts that somebody waits for, 0.03 s."""
_LEAST_COSINE = {"f16": 0.999, "int8": 0.97}


class OpenVinoEncoder:
    """Looks the model up and checks its files at once; converts it at the first `load` of all, and loads it at `load`."""

    def __init__(
        self,
        model: str | Model = DEFAULT_MODEL,
        *,
        cache: Path,
        precision: Precision = "auto",
        waiting: int = WAITING,
        processes: int = 1,
    ) -> None:
        """`cache`: a folder for converted models, 45 MB for the default one. `precision`: `auto` is bf16 where the processor
        has it. `waiting`: how many callers may wait, those of bulk work not counted. `processes`: how many share the cores.
        Raises EncoderUnavailable."""
        found = find_model(model)
        self.name = found.name
        self.digest = int8_digest(found.digest) if precision == "int8" else found.digest
        self.dimension = found.dimension
        self.window = found.tokens.window
        self.tokens_add_up = found.tokens.add_up
        self.backend = "openvino/cpu"
        self._model = found
        self._cache = cache
        self._precision = precision
        self._waiting = waiting
        self._processes = processes
        self._loading = threading.Lock()
        self._converted: Converted | None = None
        self._computes_in = ""
        self._queries: Together | None = None
        self._bulk: Bulk | None = None

    @property
    def languages(self) -> frozenset[str] | None:
        """Read from the card when they are asked for: the reader of its format takes a start 12 ms."""
        return self._model.languages

    def load(self) -> None:
        with self._loading:
            self._open()

    def spans(self, texts: Sequence[str]) -> list[list[Span]]:
        return self._model.tokens.spans(texts)

    def encode(self, texts: Sequence[str], *, bulk: bool = False) -> Vectors:
        if not bulk:
            return self.begin(texts)()
        rows = self._model.tokens.ids(texts)
        vectors = np.empty((len(rows), self.dimension), np.float32)
        converted, run = self._open(), self._for_bulk()
        converted.give_back()  # what queries have read is needed less than what bulk work takes
        run(rows, vectors)
        converted.give_back()
        return vectors

    def begin(self, texts: Sequence[str]) -> Running:
        found = self._for_queries().begin(self._model.tokens.ids(texts))
        return lambda: np.array(found(), np.float32).reshape(len(texts), self.dimension)

    def _for_queries(self) -> Together:
        if self._queries is None:
            self.load()
        assert self._queries is not None
        return self._queries

    def _for_bulk(self) -> Bulk:
        """Compiled when it is first needed: a server that only answers has no use for it."""
        with self._loading:
            if self._bulk is None:
                self._bulk = self._open().for_bulk(self._computes_in)
            return self._bulk

    def _open(self) -> Converted:
        if self._converted is None:
            try:
                folder = self._cache / folder_name(self._model.digest, self._weights)
                built(folder, lambda folder: convert_elsewhere(self._model, folder, self._weights))
                tokens = self._model.tokens
                converted = Converted(folder, padding=tokens.padding, most=tokens.window + tokens.special)
                self._computes_in, run = self._trusted(converted, folder)
                self._queries = Together(run, tokens=_TOKENS_AT_ONCE, texts=TOGETHER, waiting=self._waiting)
            except EncoderUnavailable:
                raise
            except Exception as error:
                raise EncoderUnavailable(f"OpenVINO cannot run the model {self.name}: {error}") from error
            self.backend = f"openvino/cpu/{'int8' if self._weights == 'int8' else self._computes_in}"
            self._converted = converted
        return self._converted

    def _trusted(self, converted: Converted, folder: Path) -> tuple[str, Callable[[Sequence[Row]], Running]]:
        """The first precision in which the model makes the vectors that it should. What was found so is marked in the folder.

        What int8 leaves in floating point is computed in 32 bits: with bf16 cosines of ordinary paragraphs go down to 0.7."""
        for precision in converted.precisions() if self._precision == "auto" else ["f32"]:
            run = converted.for_queries(precision, available_cores() // self._processes)
            mark = folder / f"agrees-{precision}-{converted.processor()}"
            if mark.exists():
                return precision, run
            found = np.concatenate([run([row])() for row in self._model.tokens.ids(probes(self.window))])
            if agrees(found, folder, _LEAST_COSINE[self._weights]):
                mark.touch()
                return precision, run
        raise EncoderUnavailable(f"OpenVINO's vectors of the model {self.name} are not those of sentence-transformers.")

    @property
    def _weights(self) -> Literal["f16", "int8"]:
        return "int8" if self._precision == "int8" else "f16"


def int8_digest(digest: str) -> str:
    """Of the model with that digest in int8: its vectors agree with the others to 0.99 only, and must not meet them; nor those
    that were made with bf16 beside int8."""
    return hashlib.sha256(f"{digest} int8 f32".encode()).hexdigest()[:32]
