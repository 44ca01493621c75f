"""How many items there are in a file, without reading them: for those who want to know how long it will take."""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from itertools import islice
from pathlib import PurePath
from typing import BinaryIO, Final, cast

from archive.parsing.failures import ParsingFailed
from archive.parsing.items import Given
from archive.parsing.limits import UNPACKED
from archive.parsing.media import HEAD, format_of, format_of_name
from archive.parsing.members import MEMBERS, is_input
from archive.parsing.zip_entries import directory, listed

_CHUNK: Final = 1 << 20
_OPENERS: dict[bytes, Callable[..., io.BufferedIOBase]] = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}
_DAMAGED = (ParsingFailed, OSError, EOFError, zlib.error, lzma.LZMAError)


def expected(stream: BinaryIO, given: Given) -> int:
    """Lines of records and the members that a ZIP's directory names are counted, anything else is one until it has been read."""
    try:
        head = stream.read(HEAD)
        stream.seek(0)
        match format_of(head, given.media_type, given.name):
            case "ndjson":
                return _lines(stream)
            case "csv":
                return max(1, _lines(stream) - 1)
            case "zip":
                return _members(stream)
            case "packed" if format_of_name(PurePath(given.name or "").stem) == "ndjson":
                return _lines(cast(BinaryIO, _OPENERS[head[:2]](stream)))
    except _DAMAGED:
        pass
    return 1


def _lines(stream: BinaryIO) -> int:
    count = read = 0
    last = b"\n"
    while read < UNPACKED and (chunk := stream.read(_CHUNK)):
        count += chunk.count(b"\n")
        read += len(chunk)
        last = chunk[-1:]
    return count + (last != b"\n")


def _members(stream: BinaryIO) -> int:
    where = directory(stream)
    if where is None:
        return 1
    count = 0
    for entry in islice(listed(stream, where), MEMBERS):
        if entry.name in ("mimetype", "word/document.xml"):
            return 1
        count += is_input(entry.name)
    return max(1, count)
