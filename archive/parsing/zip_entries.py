"""The entries of a ZIP file, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT: by its directory, or, where that is
missing or damaged, by the headers before each entry.

`zipfile` gives up a whole file for one name in the wrong charset or one damaged entry, and lists all before the first is read.
"""

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, NamedTuple

from archive.parsing.failures import ParsingFailed
from archive.parsing.members import MEMBERS

_LOCAL: Final = struct.Struct("<4s5H3L2H")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_END: Final = struct.Struct("<4s4H2LH")
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR: Final = struct.Struct("<4sLQL")
_BLOCK = 1 << 16
_UTF_8 = 1 << 11
_SIZES_FOLLOW = 1 << 3
_UNKNOWN = 0xFFFFFFFF
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075


@dataclass(frozen=True, slots=True)
class Entry:
    """`crc` and `size` are None where only what follows the packed bytes says them, and `packed` then has no meaning.

    `offset` is that of the header before the entry, in the file. `mode`: of Unix, 0 if it was made elsewhere."""

    name: str
    flags: int
    method: int
    crc: int | None
    packed: int
    size: int | None
    offset: int
    mode: int = 0


class Directory(NamedTuple):
    """Where the list of entries begins and ends; `shift`: how many bytes were put before the ZIP, as if it unpacked itself."""

    start: int
    end: int
    shift: int


def directory(file: BinaryIO) -> Directory | None:
    """The directory, or None where there is none or it does not lie where the end of the file says."""
    length = file.seek(0, 2)
    tail_at = max(0, length - _END.size - 0xFFFF)
    file.seek(tail_at)
    tail = file.read()
    at = len(tail)
    while (at := tail.rfind(b"PK\x05\x06", 0, at)) >= 0:
        if at + _END.size <= len(tail) and (found := _directory(file, tail_at + at, tail[at:])):
            return found
    return None


def _directory(file: BinaryIO, end: int, tail: bytes) -> Directory | None:
    *_, size, offset, _ = _END.unpack_from(tail)
    if wide := _directory64(file, end):
        end, size, offset = wide
    start = end - size
    if start < 0 or start < offset:
        return None
    file.seek(start)
    if size and file.read(4) != b"PK\x01\x02":
        return None
    return Directory(start, end, start - offset)


def _directory64(file: BinaryIO, end: int) -> tuple[int, int, int] | None:
    """The end, size and offset of the directory as a ZIP64 says them, in records of its own before the end."""
    record_at = end - _LOCATOR.size - _END64.size
    if record_at < 0:
        return None
    file.seek(record_at)
    record = file.read(_END64.size + _LOCATOR.size)
    if not record.startswith(b"PK\x06\x06") or record[_END64.size : _END64.size + 4] != b"PK\x06\x07":
        return None
    *_, size, offset = _END64.unpack_from(record)
    return record_at, size, offset


def listed(file: BinaryIO, where: Directory) -> Iterator[Entry]:
    """The entries in the directory's order. Raises ParsingFailed where it is damaged."""
    at = where.start
    while at < where.end:
        file.seek(at)
        head = file.read(_CENTRAL.size)
        if len(head) < _CENTRAL.size or not head.startswith(b"PK\x01\x02"):
            raise ParsingFailed("the list of files in the ZIP is damaged")
        lengths = _CENTRAL.unpack(head)[10:13]
        variable = file.read(sum(lengths))
        yield _entry(head, variable[: lengths[0]], variable[lengths[0] : lengths[0] + lengths[1]], where.shift)
        at += _CENTRAL.size + sum(lengths)


def _entry(head: bytes, name: bytes, extra: bytes, shift: int) -> Entry:
    _, made_by, _, flags, method, _, _, crc, packed, size, _, _, _, _, _, attributes, offset = _CENTRAL.unpack(head)
    size, packed, offset = _wide(extra, (size, packed, offset))
    mode = attributes >> 16 if made_by >> 8 in (3, 19) else 0  # Unix and macOS
    return Entry(_named(name, flags, extra), flags, method, crc, packed, size, shift + offset, mode)


def _wide(extra: bytes, numbers: tuple[int, ...]) -> list[int]:
    """The numbers, with those that did not fit in 32 bits from where ZIP64 puts them."""
    field = dict(_fields(extra)).get(_ZIP64, b"")
    whole = []
    for number in numbers:
        if number == _UNKNOWN and len(field) >= 8:
            number, field = int.from_bytes(field[:8], "little"), field[8:]
        whole.append(number)
    return whole


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        yield kind, extra[at + 4 : at + 4 + length]
        at += 4 + length


def _named(name: bytes, flags: int, extra: bytes) -> str:
    """UTF-8 if it says so or is: macOS does not say it. Else what the format was born with."""
    unicode = dict(_fields(extra)).get(_UNICODE_PATH, b"")[5:]
    for candidate in (unicode, name):
        try:
            if candidate:
                return candidate.decode("utf-8")
        except UnicodeDecodeError:
            pass
    return name.decode("utf-8", "replace") if flags & _UTF_8 else name.decode("cp437")


def overlapping(offsets: "array[int]", packed: "array[int]", end: int) -> bytearray:
    """1 for each entry whose bytes reach into those of another, or beyond `end`: the trick of small files that unpack to endless
    ones, https://www.usenix.org/conference/woot19/presentation/fifield."""
    order = sorted(range(len(offsets)), key=offsets.__getitem__)
    marks = bytearray(len(offsets))
    following = end
    for index in reversed(order):
        marks[index] = offsets[index] + _LOCAL.size + packed[index] > following
        following = min(following, offsets[index])
    return marks


def found(file: BinaryIO) -> Iterator[Entry]:
    """The entries by their own headers, wherever these lie outside of the bytes of another."""
    at = 0
    for _ in range(MEMBERS):
        if (start := _next(file, at)) is None:
            return
        entry, body = _by_header(file, start)
        if entry is None:
            at = start + 4
            continue
        yield entry
        at = body + entry.packed if entry.size is not None else body


def _next(file: BinaryIO, at: int) -> int | None:
    """Where the next header is, from there on: in a file that is whole but for its end, right there."""
    file.seek(at)
    if (block := file.read(4)) == b"PK\x03\x04":
        return at
    while piece := file.read(_BLOCK):
        block = block[-3:] + piece
        if (inside := block.find(b"PK\x03\x04")) >= 0:
            return file.tell() - len(block) + inside
    return None


def _by_header(file: BinaryIO, start: int) -> tuple[Entry | None, int]:
    """The entry whose header lies there, and where its packed bytes begin."""
    file.seek(start)
    head = file.read(_LOCAL.size)
    if len(head) < _LOCAL.size:
        return None, 0
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack(head)
    name, extra = file.read(name_length), file.read(extra_length)
    if not name_length or len(extra) < extra_length:
        return None, 0
    size, packed = _wide(extra, (size, packed))
    body = start + _LOCAL.size + name_length + extra_length
    if flags & _SIZES_FOLLOW:
        return Entry(_named(name, flags, extra), flags, method, None, 0, None, start), body
    return Entry(_named(name, flags, extra), flags, method, crc, packed, size, start), body


def body(file: BinaryIO, entry: Entry) -> int:
    """Where the packed bytes of the entry begin. Raises ParsingFailed where its header is damaged."""
    file.seek(entry.offset)
    head = file.read(_LOCAL.size)
    if len(head) < _LOCAL.size or not head.startswith(b"PK\x03\x04"):
        raise ParsingFailed("it does not lie where the ZIP says: the ZIP is damaged")
    lengths: tuple[int, int] = _LOCAL.unpack(head)[-2:]
    return entry.offset + _LOCAL.size + sum(lengths)
