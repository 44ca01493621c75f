"""The real model."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from embeddings import DEFAULT_MODEL, EncoderUnavailable, TextTooLong, load_encoder
from embeddings.models import bundled_folder, find_model, require_published_weights
from embeddings.sentence_transformer import SentenceTransformerEncoder, in_half


def run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_importing_and_counting_tokens_load_nothing_heavy():
    loaded = run(
        "import sys, embeddings; encoder = embeddings.load_encoder(); encoder.spans(['a text']); encoder.digest;"
        "print([name for name in ('torch', 'faiss', 'sentence_transformers', 'transformers', 'openvino', 'tantivy')"
        " if name in sys.modules])"
    )
    assert loaded == "[]"


@pytest.mark.slow  # a process of its own has to load torch
def test_the_default_needs_no_hub_and_prints_nothing():
    code = "import embeddings; encoder = embeddings.load_encoder(device='cpu'); print(encoder.encode(['a text']).shape)"
    assert run(code, HF_HUB_OFFLINE="1") == "(1, 384)"


def test_what_it_says_of_itself(minilm):
    assert (minilm.name, minilm.dimension, minilm.window) == (DEFAULT_MODEL, 384, 254)
    assert minilm.backend == "sentence-transformers/cpu"
    assert minilm.digest == load_encoder(f"sentence-transformers/{DEFAULT_MODEL}").digest
    assert minilm.digest == load_encoder(str(bundled_folder())).digest


def test_vectors_are_of_unit_length_in_the_order_given(minilm):
    texts = ["word " * count for count in (3, 100, 0, 40, 1, 9)] * 6
    together = minilm.encode(texts)
    assert together.shape == (36, 384)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    one_by_one = np.concatenate([minilm.encode([text]) for text in texts[:6]])
    np.testing.assert_allclose(together[:6], one_by_one, atol=1e-5)
    assert minilm.encode([]).shape == (0, 384)


def test_meaning(minilm):
    question, answer, other = minilm.encode(
        ["Why was the general killed?", "A drone strike took the commander's life.", "Fold the egg whites into the batter."]
    )
    assert question @ answer > question @ other + 0.2


def test_a_text_that_would_be_cut_is_refused(minilm):
    fits, too_long = "word " * 254, "word " * 255
    assert len(minilm.spans([too_long])[0]) == 255
    minilm.encode([fits])
    with pytest.raises(TextTooLong, match="255 tokens"):
        minilm.encode(["short", too_long])


def test_spans_are_places_in_the_text(minilm):
    text = "Naïve 😀 straße, don’t “quote”."
    (spans,) = minilm.spans([text])
    assert "".join(text[start:end] for start, end in spans) == text.replace(" ", "")


def test_several_threads_get_their_own_answers(minilm):
    texts = [f"text number {number} about {'apples' if number % 2 else 'wars'}" for number in range(12)]
    expected, results = minilm.encode(texts), {}
    threads = [
        threading.Thread(target=lambda number=number: results.update({number: minilm.encode([texts[number]])}))
        for number in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(12):
        np.testing.assert_allclose(results[number][0], expected[number], atol=1e-5)


@pytest.fixture
def altered_model(tmp_path):
    """The bundled model with one bit of its weights changed."""
    folder = tmp_path / "model"
    folder.mkdir()
    for path in bundled_folder().iterdir():
        if path.name != "model.safetensors":
            (folder / path.name).symlink_to(path)
    weights = bytearray((bundled_folder() / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    return folder


def test_altered_weights_are_not_taken_for_the_published_ones(altered_model):
    with pytest.raises(EncoderUnavailable, match=r"its sha256 is [0-9a-f]{64}, expected 53aa5117"):
        require_published_weights(altered_model)
    assert find_model(str(altered_model)).digest != find_model(DEFAULT_MODEL).digest


def test_missing_models_say_what_is_missing(tmp_path, monkeypatch):
    with pytest.raises(EncoderUnavailable, match="weights are missing"):
        load_encoder(str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    code = (
        "import embeddings\ntry: embeddings.load_encoder('nobody/no-such-model')\n"
        "except embeddings.EncoderUnavailable as error: print(error)"
    )
    assert "nobody/no-such-model is no folder here" in run(code, HF_HUB_OFFLINE="1")


def test_half_precision_makes_the_same_vectors(minilm):
    texts = ["Why was the general killed?", "Fold the egg whites into the batter.", "word " * 200]
    halved = SentenceTransformerEncoder(device="cpu")
    halved.load()
    halved._loaded = in_half(halved._loaded)
    assert (halved.encode(texts) * minilm.encode(texts)).sum(axis=1).min() > 0.999


def test_bulk_work_makes_the_same_vectors(minilm):
    texts = [f"text number {number} about {'apples ' * number}" for number in range(40)]
    np.testing.assert_allclose(minilm.encode(texts, bulk=True), minilm.encode(texts), atol=1e-5)
