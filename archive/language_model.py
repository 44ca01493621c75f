"""The model that tells languages, unpacked once into files that are then mapped into memory."""

import logging
import mmap
import sys
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from embeddings.cache import built

log = logging.getLogger("backfile.languages")

ARRAYS: Final = ("ptc", "pc", "classes", "nextmove", "row", "output")
"""Of py3langid's model, in the order in which it takes them: the table of weights and the classes' own, their codes, and the
automaton that finds features in bytes."""


class LanguageModel:
    """py3langid's. It is loaded when it is first asked, in 0.1 s, and what of it is looked at is in memory: some of 68 MB. From
    its package it would be all of that, after 0.6 s. Safe for several threads."""

    def __init__(self, cache: Path) -> None:
        """`cache`: a folder for the unpacked model, 68 MB."""
        self._folder = cache / f"py3langid-{version('py3langid')}"
        self._loading = Lock()
        self._identifier: Any = None
        self._mapped: list[mmap.mmap] = []

    def classify(self, text: str) -> tuple[str, float]:
        """The most likely language (ISO 639, lower case; `zxx` is none), and how sure that is, 0 to 1."""
        with self._loading:
            if self._identifier is None:
                self._identifier = _identifier(self._arrays())
        language, confidence = self._identifier.classify(text)
        return str(language), float(confidence)

    def give_back(self) -> None:
        """What was looked at no longer counts as this process's: 32 MB after some hundred articles. It comes from the system's
        cache at need."""
        if sys.platform == "linux":
            for mapped in self._mapped:
                mapped.madvise(mmap.MADV_DONTNEED)

    def _arrays(self) -> list[NDArray[Any]]:
        try:
            folder = built(self._folder, _unpack)
            arrays = [np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS]
            self._mapped = [array.base for array in arrays]
            return arrays
        except OSError as error:
            log.warning("the model that tells languages is held in memory, %s cannot be written: %s", self._folder, error)
            return _packed()


def _packed() -> list[NDArray[Any]]:
    from py3langid.langid import MODEL_DIR, MODEL_FILE  # type: ignore[import-untyped]
    from py3langid.modelio import load_model  # type: ignore[import-untyped]

    return [np.asarray(array) for array in load_model(MODEL_DIR / MODEL_FILE)]


def _unpack(folder: Path) -> None:
    for name, array in zip(ARRAYS, _packed(), strict=True):
        np.save(folder / f"{name}.npy", array)


def _identifier(arrays: list[NDArray[Any]]) -> Any:
    from py3langid.langid import LanguageIdentifier

    ptc, pc, classes, nextmove, row, output = arrays
    plain = [array.data for array in (nextmove, output, row)]  # their elements come at a sixth of the price
    return LanguageIdentifier(ptc, pc, classes.tolist(), *plain[:2], norm_probs=True, tk_row=plain[2])
