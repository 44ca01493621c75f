"""Turns a sentence-transformers model into one that OpenVINO reads, in a process of its own: that needs torch."""

import os
import subprocess
import sys
from collections.abc import Sequence
from filecmp import cmp
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from embeddings.calibration import sentences
from embeddings.encoder import EncoderUnavailable, Vectors
from embeddings.models import Model
from embeddings.openvino_models import IDS, MASK, file_name, import_openvino
from embeddings.slices import SHORT, padded
from embeddings.token_table import save, taken_out

if TYPE_CHECKING:
    from embeddings.sentence_transformer import SentenceTransformerEncoder

Weights = Literal["f16", "int8"]

_LAYOUT = 3
"""Of the folder: 2 has models for short texts beside the one for any, 3 the vectors of tokens beside the graph."""

_CONVERT = "import sys; from embeddings.conversion import convert; convert(*sys.argv[1:])"
_PROBES = (
    "Who?",
    "The archive keeps what was printed.",
    "Résumé, naïve, Ελλάδα, Київ, 東京: 12,5 % – “quoted” & <marked>",
    "What a paper prints today is read tomorrow by nobody, and in a hundred years by those who want to know how it was. " * 6,
)


def folder_name(digest: str, weights: Weights) -> str:
    """Says all that decides what is in the folder."""
    return f"{digest}-openvino-{version('openvino')}-{weights}-{_LAYOUT}"


def convert_elsewhere(model: Model, folder: Path, weights: Weights) -> None:
    """In another process, so that this one stays without torch, and what the conversion prints does not get out.

    Raises EncoderUnavailable."""
    if weights == "int8" and find_spec("nncf") is None:
        raise EncoderUnavailable("int8 needs NNCF for the conversion: pip install 'backfile[int8]'.")
    home = str(Path(__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))}
    command = [sys.executable, "-c", _CONVERT, str(model.folder), str(folder), weights]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["it was killed"])[-1]
        raise EncoderUnavailable(f"The model {model.name} cannot be converted for OpenVINO: {reason}")


def convert(model: str, folder: str, weights: Weights) -> None:
    """Put into the folder the model as OpenVINO reads it, and what sentence-transformers makes of the probes.

    Weights of 16 bits take half the memory of 32, and lose nothing that bf16 would keep."""
    from embeddings.sentence_transformer import SentenceTransformerEncoder

    encoder = SentenceTransformerEncoder(model, "cpu")
    openvino = import_openvino(to_convert=True)
    module, example = encoder.traceable()
    converted = openvino.convert_model(module, example_input=example)
    if weights == "int8":
        converted = _quantized(converted, encoder)
    table = taken_out(openvino, converted, IDS)
    if table is not None:
        save(table, Path(folder))
    openvino.save_model(converted, f"{folder}/{file_name()}", compress_to_fp16=True)
    for length in SHORT:
        if length <= encoder.window + encoder.tokens.special:
            _save_for(length, Path(folder))
    np.save(f"{folder}/probes.npy", encoder.encode(probes(encoder.window)))


def _save_for(length: int, folder: Path) -> None:
    """The model for one text of that length: another graph over the same weights, which are not stored twice."""
    openvino = import_openvino(to_convert=True)
    whole, short = folder / file_name(), folder / file_name(length)
    model = openvino.Core().read_model(whole)
    model.reshape({each: [1, length, *each.partial_shape[2:]] for each in model.inputs})
    openvino.save_model(model, short, compress_to_fp16=False)
    weights, again = whole.with_suffix(".bin"), short.with_suffix(".bin")
    if cmp(weights, again, shallow=False):
        again.unlink()
        again.symlink_to(weights.name)


def _quantized(model: Any, encoder: "SentenceTransformerEncoder") -> Any:
    """Weights and activations of the matrix products in 8 bits, their ranges measured on texts."""
    nncf = import_module("nncf")
    rows = encoder.tokens.ids([*sentences(), *probes(encoder.window)])
    inputs = [padded([row], encoder.tokens.padding, len(row)) for row in rows]
    dataset = nncf.Dataset([{IDS: filled, MASK: mask} for filled, mask in inputs])
    return nncf.quantize(model, dataset, model_type=nncf.ModelType.TRANSFORMER, subset_size=len(rows))


def agrees(vectors: Vectors, folder: Path, least: float) -> bool:
    """Whether the vectors of the probes are those that sentence-transformers made."""
    return float((vectors * np.load(folder / "probes.npy")).sum(axis=1).min()) >= least


def probes(window: int) -> Sequence[str]:
    """Never more characters than the window has tokens, so that none is too long; there are models of other scripts."""
    return [text[:window] for text in _PROBES]
