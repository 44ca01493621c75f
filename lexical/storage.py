"""The word index on disk: its schema, and whether what lies there is whole and of this format."""

import json
import os
import struct
import time
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import tantivy
from filelock import FileLock

from lexical.analysis import analyzer
from lexical.index import WordIndexDamaged

_FORMAT = 2
"""Raised when the schema, what a word is or what a field holds changes: the index is then built anew."""

DOCUMENT, CURSOR = 0, 1
"""The kinds of what is kept."""

_FORMAT_FILE = "backfile.json"
_FOOTER_MAGIC = 1337
_SEGMENT_FILES = ("fast", "fieldnorm", "idx", "pos", "store", "term")
_TRIES = 20


def text_field(name: str) -> str:
    return f"text_{name}"


def open_index(path: Path | None, fields: Iterable[str]) -> tantivy.Index:
    """The index in the folder, made if there is none; None: in memory. Raises WordIndexDamaged."""
    names = sorted(fields)
    try:
        index = tantivy.Index(_schema(names)) if path is None else _opened(path, names)
        index.register_tokenizer("words", analyzer())
        index.config_reader(reload_policy="manual")
        index.reload()
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise WordIndexDamaged(f"the word index cannot be opened: {error}") from error
    return index


def _schema(names: list[str]) -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("kind", "group"):
        builder.add_integer_field(name, indexed=True, fast=True)
    for name in ("id", "version", "cursor"):
        builder.add_integer_field(name, fast=True)
    for name in names:
        builder.add_text_field(text_field(name), tokenizer_name="words")
    return builder.build()


def _opened(path: Path, names: list[str]) -> tantivy.Index:
    path.mkdir(parents=True, exist_ok=True)
    with FileLock(path / ".opening.lock"):
        _check_format(path, {"format": _FORMAT, "fields": names, "tantivy": _index_format()})
        _check_files(path)
        return tantivy.Index(_schema(names), path=str(path))


def _index_format() -> str:
    """What tantivy calls the version of its files."""
    version: str = tantivy.tantivy.__version__
    return version.rpartition("index_format ")[2]


def _check_format(path: Path, expected: dict[str, Any]) -> None:
    """A new folder gets the format's file first, so that none without it has an index."""
    file = path / _FORMAT_FILE
    if not file.exists():
        if (path / "meta.json").exists():
            raise WordIndexDamaged(f"{path.name}: it does not say its format")
        temporary = file.with_suffix(".new")
        temporary.write_text(json.dumps(expected))
        os.replace(temporary, file)
    if json.loads(file.read_bytes()) != expected:
        raise WordIndexDamaged(f"{path.name}: it is of another format")


def _check_files(path: Path) -> None:
    """Compare every file of the last commit with the checksum in its footer. Another process may take away a file meanwhile
    because it merged it; then there is a later commit to look at."""
    for _ in range(_TRIES):
        meta = path / "meta.json"
        before = meta.read_bytes() if meta.exists() else b""
        try:
            for file in _files_of(path, before):
                _check_footer(file)
            return
        except FileNotFoundError as error:
            if meta.exists() and meta.read_bytes() == before:
                raise WordIndexDamaged(f"{path.name}: a file is missing: {error.filename}") from error
            time.sleep(0.05)
    raise WordIndexDamaged(f"{path.name}: its files keep changing")


def _files_of(path: Path, meta: bytes) -> Iterator[Path]:
    """The files of the segments that this meta.json names."""
    for segment in json.loads(meta)["segments"] if meta else ():
        stem = segment["segment_id"].replace("-", "")
        yield from (path / f"{stem}.{kind}" for kind in _SEGMENT_FILES)
        if segment["deletes"]:
            yield path / f"{stem}.{segment['deletes']['opstamp']}.del"


def _check_footer(file: Path) -> None:
    """tantivy's files end with a JSON object that has the crc32 of what is before it, its length and a magic number."""
    content = memoryview(file.read_bytes())
    length, magic = struct.unpack("<II", content[-8:]) if len(content) >= 8 else (0, 0)
    body, footer = content[: -length - 8], content[-length - 8 : -8]
    if magic != _FOOTER_MAGIC or json.loads(bytes(footer))["crc"] != zlib.crc32(body):
        raise ValueError(f"{file.name} is altered")
