"""The model that tells languages: unpacked once, whole or again, and the same as in its package."""

import logging
from pathlib import Path

import numpy as np
import pytest

from archive import language_model
from archive.language_model import ARRAYS, LanguageModel
from evals.inputs_languages import OWN


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the model unpacked in it."""
    folder = tmp_path_factory.mktemp("cache")
    LanguageModel(folder).classify("a text")
    return folder


def test_unpacked_it_answers_as_it_does_in_its_package(cache: Path) -> None:
    unpacked, packed = LanguageModel(cache), language_model._identifier(language_model._packed())
    for title, text in OWN.values():
        for asked in (title, text):
            assert unpacked.classify(asked) == pytest.approx(packed.classify(asked))


def test_it_is_unpacked_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language_model, "_packed", lambda: pytest.fail("unpacked again"))
    assert LanguageModel(cache).classify(OWN["de"][1])[0] == "de"


def test_what_is_damaged_is_unpacked_again(cache: Path) -> None:
    table = next(cache.glob(f"*/{ARRAYS[0]}.npy"))
    with table.open("r+b") as file:
        file.seek(table.stat().st_size // 2)
        file.write(bytes(1000))
    assert LanguageModel(cache).classify(OWN["de"][1])[0] == "de"
    assert np.array_equal(np.load(table), language_model._packed()[0])


def test_where_nothing_can_be_written_it_is_held_in_memory(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    in_the_way = tmp_path / "a file"
    in_the_way.touch()
    with caplog.at_level(logging.WARNING):
        assert LanguageModel(in_the_way).classify(OWN["de"][1])[0] == "de"
    assert "cannot be written" in caplog.text
