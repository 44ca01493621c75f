"""Reads articles: bytes and values in, drafts out. Pure; nothing here opens a database, and only `files` opens files."""

from archive.parsing.article import draft_from_json
from archive.parsing.citations import citations_in, citations_without_entry
from archive.parsing.dates import moment
from archive.parsing.failures import ParsingFailed, Unreadable, UnsupportedMediaType
from archive.parsing.files import paths_under, read_path
from archive.parsing.json_items import iter_ndjson
from archive.parsing.reading import parse, parse_one

__all__ = [
    "ParsingFailed",
    "Unreadable",
    "UnsupportedMediaType",
    "citations_in",
    "citations_without_entry",
    "draft_from_json",
    "iter_ndjson",
    "moment",
    "parse",
    "parse_one",
    "paths_under",
    "read_path",
]
