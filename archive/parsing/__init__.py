"""Reads articles: bytes and values in, drafts out. Pure; nothing here opens a database, and only `files` opens files."""

from archive.parsing.article import draft_from_json
from archive.parsing.citations import citations_in, citations_without_entry
from archive.parsing.counting import expected
from archive.parsing.dates import moment
from archive.parsing.failures import ParsingFailed, Unreadable, UnsupportedMediaType
from archive.parsing.files import paths_under, read_path
from archive.parsing.items import Given, Item, Link
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
