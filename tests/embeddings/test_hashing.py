import subprocess
import sys

import numpy as np
import pytest

from embeddings import HashingEncoder, TextTooLong, load_encoder

TEXTS = ["The general was killed in Baghdad.", "Who killed the general?", "Soup with carrots and leeks", "", "¿…?", "😀"]


def test_texts_that_share_words_are_similar():
    vectors = HashingEncoder().encode(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert vectors[0] @ vectors[1] > 0.3 > vectors[0] @ vectors[2]
    assert vectors.dtype == np.float32


def test_the_same_in_every_process():
    code = "from embeddings import HashingEncoder; import sys; print(HashingEncoder().encode([sys.argv[1]]).tobytes().hex())"
    done = subprocess.run([sys.executable, "-c", code, TEXTS[0]], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == HashingEncoder().encode(TEXTS[:1]).tobytes().hex()


def test_what_is_too_long_is_refused():
    encoder = HashingEncoder(dimension=32, window=3)
    assert encoder.spans(["one, two"]) == [[(0, 3), (3, 4), (5, 8)]]
    assert encoder.encode(["one, two"]).shape == (1, 32)
    with pytest.raises(TextTooLong):
        encoder.encode(["one, two."])


def test_by_name_and_by_digest():
    assert load_encoder("hashing").digest == HashingEncoder().digest != HashingEncoder(dimension=32).digest
