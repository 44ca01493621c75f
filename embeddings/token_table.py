"""The vectors that a model's tokens begin with, in a file of their own, beside the graph that works on them.

In the graph they would be mapped into memory by each compiled model for itself, 22 MB every time for the default model, and
hardly anything else of mapped weights is looked at once a model runs.
"""

import mmap
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

INPUT = "token_embeddings"
"""What a graph that was given up its table calls its rows."""

_FILE = f"{INPUT}.npy"


class TokenTable:
    def __init__(self, folder: Path) -> None:
        """Raises FileNotFoundError where the model has kept its table."""
        mapped: Any = np.load(folder / _FILE, mmap_mode="r")
        self._mapping: mmap.mmap = mapped.base
        self._rows: NDArray[np.float16] = mapped.view(np.ndarray)

    def rows(self, ids: NDArray[np.int64]) -> NDArray[np.float16]:
        """(n, length, dimension): of token ids (n, length)."""
        return self._rows[ids]

    def give_back(self) -> None:
        """What was read no longer counts as this process's. It comes from the system's cache at need."""
        if sys.platform == "linux":
            self._mapping.madvise(mmap.MADV_DONTNEED)


def taken_out(openvino: Any, model: Any, ids: str) -> NDArray[np.float16] | None:
    """The table in which the model looks up its input `ids`, which from now on is to be given the rows instead. None, and nothing
    is changed, where there is no such table: another kind of model, or one of 8 bits."""
    for look_up in model.get_ops():
        if look_up.get_type_name() == "Gather" and ids in _names(_source(look_up.input(1))):
            table = _source(look_up.input(0))
            if table.get_type_name() == "Constant" and table.get_element_type() in (openvino.Type.f32, openvino.Type.f16):
                rows = np.asarray(table.data, np.float16)
                if rows.ndim == 2:
                    _replace(openvino, model, look_up, rows.shape[1])
                    return rows
    return None


def save(table: NDArray[np.float16], folder: Path) -> None:
    np.save(folder / _FILE, table)


def _source(entry: Any) -> Any:
    """Where an input comes from, whatever type it is converted to on its way."""
    node = entry.get_source_output().get_node()
    return _source(node.input(0)) if node.get_type_name() == "Convert" else node


def _names(node: Any) -> set[str]:
    names: set[str] = node.output(0).get_names()
    return names


def _replace(openvino: Any, model: Any, look_up: Any, dimension: int) -> None:
    rows = openvino.opset13.parameter([-1, -1, dimension], openvino.Type.f16, name=INPUT)
    rows.output(0).set_names({INPUT})
    converted = openvino.opset13.convert(rows, "f32")
    for use in look_up.output(0).get_target_inputs():
        use.replace_source_output(converted.output(0))
    model.add_parameters([rows])
    model.validate_nodes_and_infer_types()
