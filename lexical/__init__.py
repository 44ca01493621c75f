"""Text to words, and words to the best ids, ranked by BM25. Knows no article, no HTTP, no SQL."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lexical.index import Document, Ids, Scale, WordHits, WordIndex, WordIndexDamaged, Words, WriterBusy

if TYPE_CHECKING:
    from lexical.analysis import Span, analyze, contains_phrases, highlight, placed
    from lexical.bm25 import Bm25Index
    from lexical.tantivy_index import TantivyIndex

__all__ = [
    "Bm25Index",
    "Document",
    "Ids",
    "Scale",
    "Span",
    "TantivyIndex",
    "WordHits",
    "WordIndex",
    "WordIndexDamaged",
    "Words",
    "WriterBusy",
    "analyze",
    "contains_phrases",
    "highlight",
    "placed",
]

_LATE = {
    "Bm25Index": "lexical.bm25",
    "Span": "lexical.analysis",
    "TantivyIndex": "lexical.tantivy_index",
    "analyze": "lexical.analysis",
    "contains_phrases": "lexical.analysis",
    "highlight": "lexical.analysis",
    "placed": "lexical.analysis",
}


def __getattr__(name: str) -> Any:
    """Those that need tantivy, which is loaded with the first of them."""
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATE[name]), name)
