"""Files and folders of articles."""

import gzip
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from archive.parsing.characters import storable
from archive.parsing.failures import ParsingFailed, Unreadable
from archive.parsing.json_items import iter_ndjson
from archive.parsing.limits import FILE, UNPACKED
from archive.parsing.media import format_of_name
from archive.parsing.reading import parse
from db.records import Draft

_ABOUT_THE_FOLDER = frozenset(["readme", "license", "licence", "copying", "changelog", "contributing"])


def paths_under(path: Path) -> Iterator[Path]:
    """The files to read, sorted: the path itself if it is a file, else all in the folder that have a known suffix, but for
    hidden ones, those that are about the folder, such as README.md, and pipes and devices. Raises FileNotFoundError."""
    if not path.exists():
        raise FileNotFoundError(path)
    if not path.is_dir():
        yield path
        return
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(files) if _is_article(name) and not _is_special(Path(folder, name)))


def read_path(path: Path) -> Iterator[Draft | Unreadable]:
    """The articles of one file, unpacked if it is gzip; NDJSON line by line. What cannot be read is an Unreadable."""
    count = 0
    try:
        for item in _read(path):
            yield item
            count += 1
    except ParsingFailed as failure:
        yield Unreadable.because(failure, count)
    except (OSError, EOFError, zlib.error) as failure:
        yield Unreadable(count, None, f"the file cannot be read: {failure}")


def _is_article(name: str) -> bool:
    stem = name.partition(".")[0].lower()
    return bool(stem) and stem not in _ABOUT_THE_FOLDER and format_of_name(name) is not None


def _is_special(path: Path) -> bool:
    """A pipe, socket or device, which might never end. A link to nothing is a file that cannot be read."""
    return path.exists() and not path.is_file()


def _read(path: Path) -> Iterator[Draft | Unreadable]:
    with path.open("rb") as packed:
        is_gzip = packed.peek(2)[:2] == b"\x1f\x8b"
        stream = cast(BinaryIO, _Unpacked(gzip.GzipFile(fileobj=packed)) if is_gzip else packed)
        if format_of_name(path.name) == "ndjson":
            yield from iter_ndjson(stream, name=storable(path.name))
            return
        content = stream.read(FILE + 1)
    if len(content) > FILE:
        raise ParsingFailed(f"the file has more than {FILE:,} bytes")
    yield from parse(content, name=path.name)


class _Unpacked:
    """A compressed stream that ends with an error where it unpacks to more than any file of articles."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        return self._counted(self._stream.read(size))

    def readline(self, size: int) -> bytes:
        return self._counted(self._stream.readline(size))

    def _counted(self, piece: bytes) -> bytes:
        if self._stream.tell() > UNPACKED:
            raise ParsingFailed(f"the file unpacks to more than {UNPACKED:,} bytes")
        return piece
