"""ZIP files: of articles, and those that are one, as DOCX and EPUB are. Nothing is ever unpacked to a path of its own."""

import bz2
import lzma
import re
import stat
import struct
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Final

from archive.parsing import documents
from archive.parsing.documents import Printed
from archive.parsing.failures import ParsingFailed, UnsupportedMediaType
from archive.parsing.items import Given, Item, failed
from archive.parsing.media import refuse_empty
from archive.parsing.members import (
    MEMBERS,
    PIECE,
    Names,
    Read,
    Spent,
    buffered,
    check_path,
    check_size,
    is_input,
    is_unsafe,
    items_of,
    seekable,
    shown,
    spend,
)
from archive.parsing.packed import DAMAGED, XZ_MEMORY, Engine, Inflater
from archive.parsing.zip_entries import Entry, body, directory, found, listed, overlapping

_BLOCK = 1 << 14
_ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13
_STORED, _DEFLATE, _BZIP2, _LZMA, _AES = 0, 8, 12, 14, 99
_METHODS = {1: "Shrink", 6: "Implode", 9: "Deflate64", 93: "Zstandard", 95: "XZ", 97: "WavPack", 98: "PPMd"}
_MAX_DEFLATE: Final = 1040
"""Times; DEFLATE makes no more of a byte, https://www.zlib.net/zlib_tech.html."""
_LETTER = ("[Content_Types].xml", "word/document.xml")
_LETTER_BODY = re.compile(r"word/document\d*\.xml")
_MIMETYPE = "mimetype"
_EPUB = "application/epub+zip"


def items(stream: BinaryIO, given: Given, *, read: Read) -> Iterator[Item]:
    """The items of the files in the ZIP, in the order of its list, or the one article that the ZIP as a whole is."""
    with seekable(stream) as file:
        listing = _listing(file)
        if document := _document(file, listing):
            file.seek(0)
            yield documents.item(file, given, document)
            return
        given.inside("")  # raises where the ZIP lies too deep, once and not for each file
        yield from _members(file, listing, given, read)


@dataclass(frozen=True, slots=True)
class _Listing:
    """`entries` can be gone through again and again. `overlaps`: 1 for an entry that shares bytes with another. `known`: those
    whose names say what the ZIP is. `missing`: what keeps it from being complete."""

    entries: Iterable[Entry]
    overlaps: bytearray
    known: dict[str, Entry]
    missing: ParsingFailed | None = None


@dataclass(frozen=True, slots=True)
class _Listed:
    file: BinaryIO

    def __iter__(self) -> Iterator[Entry]:
        where = directory(self.file)
        return islice(listed(self.file, where), MEMBERS) if where else iter(())


def _listing(file: BinaryIO) -> _Listing:
    """By the directory if it is whole, else by what is found."""
    where = directory(file)
    if where is None:
        return _found(file, ParsingFailed("the end of the ZIP is missing, and the list of its files with it", code="truncated"))
    offsets, packed, known = array("q"), array("Q"), dict[str, Entry]()
    try:
        for entry in listed(file, where):
            if len(offsets) == MEMBERS:
                missing = ParsingFailed(f"more than {MEMBERS:,} files; what follows was not read", code="too_large")
                return _Listing(_Listed(file), overlapping(offsets, packed, where.start), known, missing)
            offsets.append(min(entry.offset, 1 << 62))
            packed.append(entry.packed)
            _note(entry, known)
    except ParsingFailed as failure:
        return _found(file, failure)
    return _Listing(_Listed(file), overlapping(offsets, packed, where.start), known)


def _found(file: BinaryIO, missing: ParsingFailed) -> _Listing:
    entries, known = list(found(file)), dict[str, Entry]()
    for entry in entries:
        _note(entry, known)
    reason = f"{missing.reason}; {len(entries):,} were found without it, the rest is lost"
    return _Listing(entries, bytearray(len(entries)), known, ParsingFailed(reason, code=missing.code))


def _note(entry: Entry, known: dict[str, Entry]) -> None:
    name = _LETTER[1] if _LETTER_BODY.fullmatch(entry.name) else entry.name
    if name in _LETTER or name == _MIMETYPE:
        known.setdefault(name, entry)


def _document(file: BinaryIO, listing: _Listing) -> Printed | None:
    """What the ZIP as a whole is. Raises UnsupportedMediaType for documents of other kinds."""
    if all(name in listing.known for name in _LETTER):
        return "docx"
    if _LETTER[0] in listing.known:
        raise UnsupportedMediaType("this file of an office program: it is no text document")
    if _MIMETYPE not in listing.known:
        return None
    media_type = _media_type(file, listing.known[_MIMETYPE])
    if media_type.startswith("application/") and media_type != _EPUB:
        raise UnsupportedMediaType(shown(media_type))
    return "epub" if media_type == _EPUB else None


def _media_type(file: BinaryIO, entry: Entry) -> str:
    try:
        _check(entry, overlaps=False)
        return buffered(_unpacked(file, entry)).read(200).decode("ascii", "replace").strip()
    except ParsingFailed:
        return ""


def _members(file: BinaryIO, listing: _Listing, given: Given, read: Read) -> Iterator[Item]:
    names = Names(given)
    nothing = True
    for index, entry in enumerate(listing.entries):
        if _is_folder(entry) or not (is_unsafe(entry.name) or is_input(entry.name)):
            continue
        nothing = False
        inside = names.inside(entry.name)
        try:
            _check(entry, bool(listing.overlaps[index]))
            spend(given, entry.size or 0)
        except Spent as failure:
            yield failed(given.place, failure)
            return
        except ParsingFailed as failure:
            yield failed(inside.place, failure)
        else:
            yield from items_of(buffered(_counted(file, entry, given)), inside, entry.size, read=read)
    if listing.missing:
        yield failed(given.place, listing.missing)
    elif nothing:
        yield failed(given.place, ParsingFailed("no file in the ZIP is of a known kind", code="no_article"))


def _is_folder(entry: Entry) -> bool:
    return entry.name.endswith(("/", "\\")) or stat.S_ISDIR(entry.mode)


def _check(entry: Entry, overlaps: bool) -> None:
    """Raises ParsingFailed for what is not to be unpacked."""
    check_path(entry.name)
    if stat.S_ISLNK(entry.mode):
        raise ParsingFailed("a link to another file, not a file", code="unsupported")
    if entry.flags & _ENCRYPTED or entry.method == _AES:
        raise ParsingFailed("a password is needed to read it", code="encrypted")
    if entry.method not in _ENGINES:
        method = _METHODS.get(entry.method, f"method {entry.method}")
        raise ParsingFailed(f"it is packed with {method}, for which there is no reader", code="unsupported")
    if overlaps:
        raise ParsingFailed("its bytes are also those of another file in the ZIP, as in files made to fill memories")
    if entry.size is not None:
        _check_sizes(entry, entry.size)


def _check_sizes(entry: Entry, size: int) -> None:
    if not size:
        refuse_empty(b"")
    most = entry.packed * _MAX_DEFLATE + 64
    if (entry.method == _STORED and size != entry.packed) or (entry.method == _DEFLATE and size > most):
        raise ParsingFailed(f"its size is a lie: {size:,} bytes out of {entry.packed:,} cannot be")
    check_size(size, entry.packed)


def _counted(file: BinaryIO, entry: Entry, given: Given) -> Iterator[bytes]:
    for piece in _unpacked(file, entry):
        if entry.size is None:  # else it was counted before, see `spend`
            given.budget.take(len(piece))
        yield piece


def _unpacked(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """Its bytes, in pieces. Raises ParsingFailed behind them if they are not what the ZIP says."""
    at, crc, size = body(file, entry), 0, 0
    source = _Packed(file, at, None if entry.size is None else entry.packed)
    engine = _engine(entry.method, source)
    while not engine.eof and not (size == entry.size and source.left == 0):  # LZMA may have no mark at its end
        piece = _piece(engine, source)
        if entry.size is not None and size + len(piece) > entry.size:
            raise ParsingFailed(f"its size is a lie: it has more than {entry.size:,} bytes")
        crc, size = zlib.crc32(piece, crc), size + len(piece)
        yield piece
    if entry.size is not None and size != entry.size:
        raise ParsingFailed(f"its size is a lie: it has {size:,} bytes, not {entry.size:,}")
    if crc != (source.crc_behind(engine.unused_data) if entry.crc is None else entry.crc):
        raise ParsingFailed("its bytes are damaged: the checksum is another")


def _piece(engine: Engine, source: "_Packed") -> bytes:
    block = source.block() if engine.needs_input else b""
    if not block and engine.needs_input:
        raise ParsingFailed("it is cut off: its end is missing", code="truncated")
    try:
        return engine.decompress(block, PIECE)
    except DAMAGED:
        raise ParsingFailed("its bytes are damaged: they do not unpack") from None


class _Packed:
    """The packed bytes of an entry, in blocks; others may read the file in between. `left`: how many they are, if it is known."""

    def __init__(self, file: BinaryIO, at: int, left: int | None) -> None:
        self._file, self._at, self.left = file, at, left

    def block(self, size: int = _BLOCK) -> bytes:
        self._file.seek(self._at)
        block = self._file.read(size if self.left is None else min(size, self.left))
        self._at += len(block)
        self.left = None if self.left is None else self.left - len(block)
        return block

    def crc_behind(self, unused: bytes) -> int:
        """As it is written behind the packed bytes, of which the last block had some left over."""
        behind = unused + self.block()
        return int.from_bytes(behind.removeprefix(b"PK\x07\x08")[:4], "little")


class _Stored:
    """Bytes that are not packed, as an Engine that is at the end when all have come."""

    needs_input = True
    unused_data = b""

    def __init__(self, source: _Packed) -> None:
        self._source = source

    @property
    def eof(self) -> bool:
        return self._source.left == 0

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return data


def _lzma(source: _Packed) -> Engine:
    """Behind two bytes of version and two of length are the properties, five bytes: the last four are the dictionary's size."""
    head = source.block(9)
    if len(head) < 9 or head[2:4] != b"\x05\x00" or head[4] >= 9 * 5 * 5:
        raise ParsingFailed("its bytes are damaged: they do not unpack")
    (dictionary,) = struct.unpack("<L", head[5:])
    if dictionary > XZ_MEMORY:
        raise ParsingFailed(f"unpacking it takes more than {XZ_MEMORY >> 20} MiB of memory", code="too_large")
    rest, lc = divmod(head[4], 9)
    pb, lp = divmod(rest, 5)
    chain = [{"id": lzma.FILTER_LZMA1, "dict_size": dictionary, "lc": lc, "lp": lp, "pb": pb}]
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain)


_ENGINES: dict[int, Callable[[_Packed], Engine]] = {
    _STORED: _Stored,
    _DEFLATE: lambda _: Inflater(-zlib.MAX_WBITS),
    _BZIP2: lambda _: bz2.BZ2Decompressor(),
    _LZMA: _lzma,
}


def _engine(method: int, source: _Packed) -> Engine:
    try:
        return _ENGINES[method](source)
    except DAMAGED:
        raise ParsingFailed("its bytes are damaged: they do not unpack") from None
