"""The encoder for a model's name."""

from embeddings.encoder import Encoder
from embeddings.hashing import HashingEncoder
from embeddings.models import DEFAULT_MODEL


def load_encoder(model: str = DEFAULT_MODEL, *, device: str = "auto") -> Encoder:
    """An encoder whose weights are not loaded yet. `hashing` is the deterministic one of the tests; `device` is `auto` (CUDA if
    there is one), `cpu`, `cuda`, … Raises EncoderUnavailable."""
    if model == HashingEncoder.name:
        return HashingEncoder()
    from embeddings.sentence_transformer import SentenceTransformerEncoder

    return SentenceTransformerEncoder(model, None if device == "auto" else device)
