"""The encoder for a model's name."""

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from embeddings.encoder import Encoder, EncoderUnavailable
from embeddings.fallback import FallbackEncoder
from embeddings.hashing import HashingEncoder
from embeddings.models import DEFAULT_MODEL, find_model
from embeddings.openvino_encoder import OpenVinoEncoder, Precision
from embeddings.sentence_transformer import SentenceTransformerEncoder
from embeddings.together import WAITING

Backend = Literal["auto", "openvino", "sentence-transformers"]


def load_encoder(
    model: str = DEFAULT_MODEL,
    *,
    device: str = "auto",
    cache: Path | None = None,
    backend: Backend = "auto",
    precision: Precision = "auto",
    waiting: int = WAITING,
    processes: int = 1,
) -> Encoder:
    """An encoder whose weights are not loaded yet. Raises EncoderUnavailable.

    `model`: the bundled one's name, a folder, a name of the hub, or `hashing`, the deterministic encoder of the tests.
    `device`: `auto` (CUDA if there is one), `cpu`, `cuda`, …; `cache`: a folder for converted models, None: convert nothing.
    `backend`: `auto` is OpenVINO on a CPU, if it is installed and there is a cache, and sentence-transformers otherwise.
    `precision`: `auto` is 16 bits where these are fast, and the vectors the same; `int8` makes others, with OpenVINO only.
    `waiting`: how many callers may wait for the encoder at once, those of bulk work not counted. `processes`: how many share the
    cores, each with its own."""
    if model == HashingEncoder.name:
        return HashingEncoder()
    if backend == "openvino" or precision == "int8":
        if cache is None or device not in ("auto", "cpu") or backend == "sentence-transformers":
            raise EncoderUnavailable(
                "OpenVINO, which int8 needs too, runs on the CPU, and needs a folder for the converted model."
            )
        return OpenVinoEncoder(model, cache=cache, precision=precision, waiting=waiting, processes=processes)
    found = find_model(model)
    slow = SentenceTransformerEncoder(found, None if device == "auto" else device, halved=precision == "auto", waiting=waiting)
    if backend == "sentence-transformers" or cache is None or not _prefers_openvino(device):
        return slow
    fast = OpenVinoEncoder(found, cache=cache, precision=precision, waiting=waiting, processes=processes)
    return FallbackEncoder(fast, slow)


def _prefers_openvino(device: str) -> bool:
    return find_spec("openvino") is not None and (device == "cpu" or (device == "auto" and not _may_have_cuda()))


def _may_have_cuda() -> bool:
    """Asking torch would load it, which takes seconds."""
    return "+cpu" not in version("torch") and any(Path(device).exists() for device in ("/dev/nvidiactl", "/dev/dxg"))
