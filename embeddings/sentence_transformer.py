"""Any sentence-transformers model, run by sentence-transformers itself. Nothing else imports it, or torch."""

import logging
import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from embeddings.encoder import EncoderUnavailable, Span, Vectors
from embeddings.models import DEFAULT_MODEL, Model, find_model, quieten_hub
from embeddings.slices import padded, slices
from embeddings.together import WAITING, Row, Running, Together
from embeddings.turns import Turns

_TOKENS_AT_ONCE = {"cpu": 1024, "cuda": 32_768}
"""A query waits for one slice at most; on two cores 1,024 tokens take 0.2 s, and larger slices are no faster."""
_TEXTS_AT_ONCE = {"cpu": 32, "cuda": 1024}


class SentenceTransformerEncoder:
    """Looks the model up and checks its files at once; loads it at `load` or at the first `encode`."""

    def __init__(
        self, model: str | Model = DEFAULT_MODEL, device: str | None = None, *, halved: bool = True, waiting: int = WAITING
    ) -> None:
        """`device`: `cpu`, `cuda`, …; None: CUDA if there is one, which is found out at `load`. `halved`: compute in 16 bits
        on CUDA. `waiting`: how many callers may wait, those of bulk work not counted. Raises EncoderUnavailable."""
        found = find_model(model)
        self.name = found.name
        self.digest = found.digest
        self.dimension = found.dimension
        self.window = found.tokens.window
        self.backend = f"sentence-transformers/{device or 'auto'}"
        self.tokens_add_up = found.tokens.add_up
        self.tokens = found.tokens
        self._model = found
        self._device = device
        self._halved = halved
        self._loading = threading.Lock()
        self._turns = Turns()
        self._together = Together(
            lambda rows: partial(self._in_turn, rows), tokens=_TOKENS_AT_ONCE["cpu"], texts=_TEXTS_AT_ONCE["cpu"], waiting=waiting
        )
        self._loaded: Any = None

    @property
    def languages(self) -> frozenset[str] | None:
        """Read from the card when they are asked for: the reader of its format takes a start 12 ms."""
        return self._model.languages

    def load(self) -> None:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._load()

    def spans(self, texts: Sequence[str]) -> list[list[Span]]:
        return self.tokens.spans(texts)

    def encode(self, texts: Sequence[str], *, bulk: bool = False) -> Vectors:
        if not bulk:
            return self.begin(texts)()
        ids = self.tokens.ids(texts)
        self.load()
        vectors = np.empty((len(texts), self.dimension), np.float32)
        kind = str(self._device).partition(":")[0]
        limits = {"tokens": _TOKENS_AT_ONCE.get(kind, 8_192), "texts": _TEXTS_AT_ONCE.get(kind, 256)}
        for positions in slices([len(row) for row in ids], **limits):
            vectors[positions] = self._in_turn([ids[position] for position in positions])
        return vectors

    def begin(self, texts: Sequence[str]) -> Running:
        """Nothing goes on before the vectors are asked for."""
        ids = self.tokens.ids(texts)
        self.load()
        found = self._together.begin(ids)
        return lambda: np.array(found(), np.float32).reshape(len(texts), self.dimension)

    def traceable(self) -> tuple[Any, dict[str, Any]]:
        """The model as one torch module, token ids and mask in and vectors out, and an example of its inputs."""
        import torch

        self.load()

        class Sentence(torch.nn.Module):
            def __init__(self, model: Any) -> None:
                super().__init__()
                self.model = model

            def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
                features = {"input_ids": input_ids, "attention_mask": attention_mask}
                embedding: torch.Tensor = self.model(features)["sentence_embedding"]
                return embedding.float()

        example = torch.ones(2, 8, dtype=torch.long)
        return Sentence(self._loaded).eval(), {"input_ids": example, "attention_mask": example}

    def _in_turn(self, ids: Sequence[Row]) -> Vectors:
        with self._turns:
            return self._run(ids)

    def _run(self, ids: Sequence[Row]) -> Vectors:
        import torch

        filled, mask = padded(ids, self.tokens.padding, self.tokens.window + self.tokens.special)
        features = {"input_ids": filled, "attention_mask": mask}
        with torch.inference_mode():
            on_device = {name: torch.from_numpy(values).to(self._device) for name, values in features.items()}
            embedded = self._loaded(on_device)["sentence_embedding"].float()
            vectors: Vectors = torch.nn.functional.normalize(embedded, dim=1).cpu().numpy()
        return vectors

    def _load(self) -> Any:
        quieten_hub()
        try:
            import torch
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging as transformers_logging

            transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
            logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
            self._device = self._device or ("cuda" if torch.cuda.is_available() else "cpu")
            self.backend = f"sentence-transformers/{self._device}"
            loaded = SentenceTransformer(str(self._model.folder), device=self._device, local_files_only=True)
        except Exception as error:
            raise EncoderUnavailable(f"The model {self.name} cannot be loaded: {error}") from error
        if loaded.get_embedding_dimension() != self.dimension:
            raise EncoderUnavailable(f"The model {self.name} makes vectors of another length than its files say.")
        return in_half(loaded).eval() if self._halved and self._device.startswith("cuda") else loaded.eval()


def in_half(model: Any) -> Any:
    """The model with weights of 16 bits: bf16 where there is a choice, because its range is that of float32."""
    import torch

    return model.to(torch.bfloat16 if not torch.cuda.is_available() or torch.cuda.is_bf16_supported() else torch.float16)
