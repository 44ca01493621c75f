"""Packed files: gzip, bzip2 and xz around one file, in one member or many."""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import PurePath
from typing import BinaryIO, Final, Protocol, TypeAlias

from archive.parsing.failures import ParsingFailed
from archive.parsing.items import Given, Item
from archive.parsing.members import PIECE, Read, check_size

XZ_MEMORY: Final = 128 << 20
"""Bytes that unpacking xz may take; its highest level takes 65 MiB."""
DAMAGED = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)
"""What the standard library raises for packed bytes that are broken."""

_BLOCK = 1 << 14
_GZIP = b"\x1f\x8b\x08"
_START = 4096
_INNER = {".tgz": ".tar", ".tbz2": ".tar", ".txz": ".tar"}


class Engine(Protocol):
    """As the decompressors of `bz2` and `lzma` are."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class Inflater:
    """DEFLATE as an Engine, which knows what came out before damage. `bits` is the `wbits` of zlib."""

    def __init__(self, bits: int) -> None:
        self._engine = zlib.decompressobj(bits)
        self._before = self._engine
        self._full = False
        self.fed = b""

    @property
    def eof(self) -> bool:
        return self._engine.eof

    @property
    def needs_input(self) -> bool:
        return not self._full

    @property
    def unused_data(self) -> bytes:
        return self._engine.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        self._before = self._engine.copy()
        self.fed = self._engine.unconsumed_tail + data
        piece = self._engine.decompress(self.fed, max(max_length, 0))
        self._full = bool(self._engine.unconsumed_tail) or len(piece) == max_length
        return piece

    def salvaged(self) -> bytes:
        """What comes out of the bytes that `decompress` failed on, before the one that is wrong."""
        whole = b""
        for at in range(len(self.fed)):
            try:
                whole += self._before.decompress(self.fed[at : at + 1])
            except zlib.error:
                break
        return whole


_New: TypeAlias = Callable[[], Engine]
_ENGINES: dict[bytes, _New] = {
    _GZIP[:2]: lambda: Inflater(16 + zlib.MAX_WBITS),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\x00": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, XZ_MEMORY),
}
"""By the first bytes."""


class Unpacked(io.RawIOBase):
    """What packed bytes unpack to, member after member. Damage is raised behind all that comes out before it, as ParsingFailed,
    and again whenever more is asked for.

    `take` is told how many bytes come out. `between`: whether damage lies between members, so that all that came out is whole."""

    def __init__(self, packed: BinaryIO, take: Callable[[int], None]) -> None:
        self._packed = packed
        self._take = take
        self._block = packed.read(_BLOCK)
        self._magic, self._new = _engine(self._block)
        self._engine: Engine | None = None
        self._rest = memoryview(b"")
        self._failure: ParsingFailed | None = None
        self._in, self._out = len(self._block), 0
        self.between = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Never the bytes of two members at once."""
        if not self._rest:
            self._rest = memoryview(self._piece())
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def _piece(self) -> bytes:
        """At most PIECE bytes; none at the end."""
        if self._failure:
            raise self._failure
        try:
            while (engine := self._member()) is not None:
                piece = self._decompressed(engine)
                if piece:
                    self._count(len(piece))
                    return piece
        except ParsingFailed as failure:
            self._failure = failure
            raise
        return b""

    def _count(self, out: int) -> None:
        self._out += out
        check_size(self._out, self._in)
        self._take(out)

    def _more(self) -> bytes:
        block = self._packed.read(_BLOCK)
        self._in += len(block)
        return block

    def _member(self) -> Engine | None:
        """The engine of the member that goes on or begins here, or None where there are no more."""
        if self._engine is not None and not self._engine.eof:
            return self._engine
        if self._engine is not None:
            self._block = self._engine.unused_data
        self._engine, self.between = None, True
        while not self._block.strip(b"\0"):  # tapes are padded
            if not (block := self._more()):
                return None
            self._block = block
        self._block = self._block.lstrip(b"\0")
        if len(self._block) < len(self._magic):
            self._block += self._more()
        if not self._block.startswith(self._magic):
            raise ParsingFailed("something that is not packed follows the packed bytes; it was not read")
        self._engine = self._new()
        return self._engine

    def _decompressed(self, engine: Engine) -> bytes:
        block, self._block = self._block, b""
        if not block and engine.needs_input and not (block := self._more()):
            raise ParsingFailed("the packed bytes are cut off: what follows is missing", code="truncated")
        try:
            piece = engine.decompress(block, PIECE)
        except DAMAGED as error:
            self._failure = _damage(error)
            piece = engine.salvaged() if isinstance(engine, Inflater) else b""
            self.between = self.between and not piece
            if not piece:
                raise self._failure from None
            return piece
        self.between = False
        return piece

    def resume(self, begins: Callable[[bytes], object]) -> bool:
        """Goes on behind damage, with the next gzip member that unpacks to what `begins` accepts; False where there is none."""
        if self._magic != _GZIP[:2]:
            return False
        rest, at = self._engine.fed if isinstance(self._engine, Inflater) else self._block, 1
        while True:
            at = rest.find(_GZIP, at)
            if at < 0 or len(rest) - at < _START:
                more = self._more()
                if at < 0 and not more:
                    return False
                rest, at = (rest[at:] if at >= 0 else rest[-2:]) + more, 0
            if rest.startswith(_GZIP, at) and begins(_start(rest[at : at + _START])):
                self._engine, self._failure, self._block, self._rest = None, None, rest[at:], memoryview(b"")
                return True
            at += rest.startswith(_GZIP, at)


def _engine(head: bytes) -> tuple[bytes, _New]:
    for magic, new in _ENGINES.items():
        if head.startswith(magic):
            return magic, new
    raise ParsingFailed("the file is not packed with gzip, bzip2 or xz, as its name says")


def _damage(error: Exception) -> ParsingFailed:
    if "Memory usage limit" in str(error):
        return ParsingFailed(f"unpacking it takes more than {XZ_MEMORY >> 20} MiB of memory", code="too_large")
    return ParsingFailed("the packed bytes are damaged: what follows is lost")


def _start(packed: bytes) -> bytes:
    """The first bytes that a gzip member unpacks to; nothing if it is none."""
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(packed, _START)
    except zlib.error:
        return b""


def items(stream: BinaryIO, given: Given, *, read: Read) -> Iterator[Item]:
    """The items of the one file inside, which is called as the packed one without its suffix."""
    inside = given.inside(_name_inside(given.name or ""))
    inside = replace(inside, place=given.place, media_type=given.media_type, charset=given.charset, url=given.url)
    yield from read(io.BufferedReader(Unpacked(stream, given.budget.take), PIECE), inside)


def _name_inside(name: str) -> str:
    suffix = PurePath(name).suffix
    return name.removesuffix(suffix) + _INNER.get(suffix.lower(), "") if suffix else name
