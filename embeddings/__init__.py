"""Text to vectors, and vectors to the nearest ids. Knows no article, no HTTP, no SQL.

Importing this loads none of FAISS, torch, sentence-transformers and OpenVINO; the first use of FaissIndex loads FAISS, the first
`load` of an encoder what runs it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from embeddings.encoder import Encoder, EncoderBusy, EncoderUnavailable, Span, TextTooLong, Vectors
from embeddings.exact import ExactIndex
from embeddings.hashing import HashingEncoder
from embeddings.index import Entries, Hits, Ids, SnapshotDamaged, VectorIndex
from embeddings.products import Products, product
from embeddings.snapshot import remove_unnamed, settled_name

if TYPE_CHECKING:
    from embeddings.faiss_index import FaissIndex
    from embeddings.loading import load_encoder
    from embeddings.models import DEFAULT_MODEL

__all__ = [
    "DEFAULT_MODEL",
    "Encoder",
    "EncoderBusy",
    "EncoderUnavailable",
    "Entries",
    "ExactIndex",
    "FaissIndex",
    "HashingEncoder",
    "Hits",
    "Ids",
    "Products",
    "SnapshotDamaged",
    "Span",
    "TextTooLong",
    "VectorIndex",
    "Vectors",
    "load_encoder",
    "product",
    "remove_unnamed",
    "settled_name",
]

_LATE = {
    "DEFAULT_MODEL": "embeddings.models",
    "FaissIndex": "embeddings.faiss_index",
    "load_encoder": "embeddings.loading",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATE[name]), name)
