"""Reads articles: bytes and values in, drafts out. Pure; nothing here opens a database, and only `files` opens files.

The readers are loaded when one is first used: a server that is asked only needs none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from archive.parsing.citations import citations_in, citations_without_entry
from archive.parsing.dates import moment
from archive.parsing.failures import ParsingFailed, Unreadable, UnsupportedMediaType
from archive.parsing.items import Given, Item, Link

if TYPE_CHECKING:
    from archive.parsing.article import draft_from_json
    from archive.parsing.counting import expected
    from archive.parsing.files import paths_under, read_path
    from archive.parsing.mapping import mapping_of
    from archive.parsing.reading import items_in, parse, parse_one

__all__ = [
    "Given",
    "Item",
    "Link",
    "ParsingFailed",
    "Unreadable",
    "UnsupportedMediaType",
    "citations_in",
    "citations_without_entry",
    "draft_from_json",
    "expected",
    "items_in",
    "mapping_of",
    "moment",
    "parse",
    "parse_one",
    "paths_under",
    "read_path",
]

_LATE = {
    "draft_from_json": "archive.parsing.article",
    "expected": "archive.parsing.counting",
    "items_in": "archive.parsing.reading",
    "mapping_of": "archive.parsing.mapping",
    "parse": "archive.parsing.reading",
    "parse_one": "archive.parsing.reading",
    "paths_under": "archive.parsing.files",
    "read_path": "archive.parsing.files",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATE[name]), name)
