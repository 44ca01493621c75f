import pytest

from embeddings.sentence_transformer import SentenceTransformerEncoder


@pytest.fixture(scope="session")
def minilm():
    """The real model, loaded: torch takes seconds to import."""
    encoder = SentenceTransformerEncoder(device="cpu")
    encoder.load()
    return encoder
