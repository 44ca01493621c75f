"""Text to vectors, and vectors to the nearest ids. Knows no article, no HTTP, no SQL.

Importing this loads none of FAISS, torch, sentence-transformers and OpenVINO; the first use of FaissIndex loads FAISS, the first
`load` of an encoder what runs it.
"""

from typing import TYPE_CHECKING, Any

from embeddings.encoder import Encoder, EncoderUnavailable, Span, TextTooLong, Vectors
from embeddings.exact import ExactIndex
from embeddings.hashing import HashingEncoder
from embeddings.index import Entries, Hits, Ids, SnapshotDamaged, VectorIndex

if TYPE_CHECKING:
    from embeddings.faiss_index import FaissIndex

__all__ = [
    "Encoder",
    "EncoderUnavailable",
    "Entries",
    "ExactIndex",
    "FaissIndex",
    "HashingEncoder",
    "Hits",
    "Ids",
    "SnapshotDamaged",
    "Span",
    "TextTooLong",
    "VectorIndex",
    "Vectors",
]


def __getattr__(name: str) -> Any:
    if name == "FaissIndex":
        from embeddings.faiss_index import FaissIndex

        return FaissIndex
    raise AttributeError(name)
