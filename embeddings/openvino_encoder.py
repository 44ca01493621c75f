"""A sentence-transformers model on the CPU, run by OpenVINO. Nothing else imports it.

The model's whole forward pass is converted once, by a process of its own, because that needs torch; afterwards neither torch nor
sentence-transformers is loaded any more. The vectors are those of sentence-transformers, so they share its digest; that is
checked at every load, on texts whose vectors were kept. The measurements are in docs/decisions/0004-encoder.md.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.cache import built
from embeddings.encoder import EncoderUnavailable, Span, Vectors
from embeddings.models import DEFAULT_MODEL, find_model
from embeddings.slices import padded, slices
from embeddings.turns import Turns

_TOKENS_AT_ONCE = 512
"""A query waits for one slice at most, 0.05 s; larger slices are no faster."""

_LEAST_COSINE = 0.999
_PROBES = (
    "Who?",
    "The archive keeps what was printed.",
    "Résumé, naïve, Ελλάδα, Київ, 東京: 12,5 % – “quoted” & <marked>",
    "What a paper prints today is read tomorrow by nobody, and in a hundred years by those who want to know how it was. " * 6,
)
_CONVERT = "import sys; from embeddings.openvino_encoder import convert; convert(*sys.argv[1:])"


class OpenVinoEncoder:
    """Looks the model up and checks its files at once; converts it at the first `load` of all, and loads it at `load`."""

    def __init__(self, model: str = DEFAULT_MODEL, *, cache: Path) -> None:
        """`cache`: a folder for converted models, 90 MB for the default one. Raises EncoderUnavailable."""
        found = find_model(model)
        self.name = found.name
        self.digest = found.digest
        self.dimension = found.dimension
        self.window = found.tokens.window
        self.backend = "openvino/cpu"
        self._model = found
        self._cache = cache
        self._loading = threading.Lock()
        self._turns = Turns()
        self._request: Any = None

    def load(self) -> None:
        with self._loading:
            if self._request is None:
                self._request = self._load()

    def spans(self, texts: Sequence[str]) -> list[list[Span]]:
        return self._model.tokens.spans(texts)

    def encode(self, texts: Sequence[str], *, bulk: bool = False) -> Vectors:
        ids = self._model.tokens.ids(texts)
        self.load()
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for positions in slices([len(row) for row in ids], tokens=_TOKENS_AT_ONCE):
            with self._turns:
                vectors[positions] = self._run(self._request, [ids[position] for position in positions])
        return vectors

    def _run(self, request: Any, ids: list[list[int]]) -> Vectors:
        filled, mask = padded(ids, self._model.tokens.padding)
        vectors: Vectors = request.infer({"input_ids": filled, "attention_mask": mask})[0]
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def _load(self) -> Any:
        try:
            openvino = _openvino()
            folder = self._cache / f"{self.digest}-openvino-{version('openvino')}"
            built(folder, self._convert)
            core = openvino.Core()
            capable = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
            for precision in ("bf16", "f32") if capable else ("f32",):
                settings = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
                request = core.compile_model(folder / "model.xml", "CPU", settings).create_infer_request()
                if self._agrees(request, np.load(folder / "probes.npy")):
                    self.backend = f"openvino/cpu/{precision}"
                    return request
        except EncoderUnavailable:
            raise
        except Exception as error:
            raise EncoderUnavailable(f"OpenVINO cannot run the model {self.name}: {error}") from error
        raise EncoderUnavailable(f"OpenVINO's vectors of the model {self.name} are not those of sentence-transformers.")

    def _agrees(self, request: Any, expected: Vectors) -> bool:
        found = [self._run(request, [ids])[0] for ids in self._model.tokens.ids(probes(self.window))]
        return float((np.stack(found) * expected).sum(axis=1).min()) >= _LEAST_COSINE

    def _convert(self, folder: Path) -> None:
        """In another process, so that this one stays without torch, and what the conversion prints does not get out."""
        home = str(Path(__file__).parents[1])
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))}
        command = [sys.executable, "-c", _CONVERT, str(self._model.folder), str(folder)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["it was killed"])[-1]
            raise EncoderUnavailable(f"The model {self.name} cannot be converted for OpenVINO: {reason}")


def convert(model: str, folder: str) -> None:
    """Put into the folder the model as OpenVINO reads it, and what sentence-transformers makes of the probes."""
    from embeddings.sentence_transformer import SentenceTransformerEncoder

    encoder = SentenceTransformerEncoder(model, "cpu")
    openvino = _openvino()
    module, example = encoder.traceable()
    openvino.save_model(openvino.convert_model(module, example_input=example), f"{folder}/model.xml", compress_to_fp16=False)
    np.save(f"{folder}/probes.npy", encoder.encode(probes(encoder.window)))


def probes(window: int) -> list[str]:
    """Never more characters than the window has tokens, so that none is too long; there are models of other scripts."""
    return [text[:window] for text in _PROBES]


def _openvino() -> Any:
    """Importing OpenVINO would report to Google Analytics that it was imported; without its reporter it reports nothing."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino
