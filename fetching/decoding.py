"""Content as it was before it was packed for the way, and never more of it than is wanted."""

import zlib
from typing import Protocol

from fetching.errors import FetchFailed

ACCEPTED = "gzip, deflate"

_GZIP = 16 + zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f\x8b"


class Decoder(Protocol):
    def decode(self, data: bytes, most: int) -> bytes:
        """What these bytes unpack to, cut off after `most`. Raises FetchFailed where they are damaged."""

    @property
    def is_complete(self) -> bool:
        """Whether what came so far has its end."""


def decoder(encoding: str | None, host: str) -> Decoder:
    """For a value of the header Content-Encoding. Raises FetchFailed for all but gzip and deflate, once."""
    match (encoding or "identity").strip().lower():
        case "identity" | "":
            return Identity()
        case "gzip" | "x-gzip":
            return Gzip(host)
        case "deflate":
            return Deflate(host)
        case other:
            raise FetchFailed(
                "unsupported_encoding", f"{host} sent content packed as {other[:50]!r}, though {ACCEPTED} was asked for"
            )


class Identity:
    is_complete = True

    def decode(self, data: bytes, most: int) -> bytes:
        return data[:most]


class Gzip:
    """RFC 1952: one member after another; what follows the last and is none is padding."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._member = zlib.decompressobj(_GZIP)
        self._rest = b""  # too short to tell whether another member begins
        self._in_padding = False
        self.is_complete = True

    def decode(self, data: bytes, most: int) -> bytes:
        pieces = []
        left, data = most, self._rest + data
        self._rest = b""
        while data and left > 0 and not self._in_padding:
            if self.is_complete and not self._begins(data):
                break
            piece = _unpacked(self._member, data, left, self._host)
            pieces.append(piece)
            left -= len(piece)
            self.is_complete = self._member.eof
            data = self._member.unused_data if self._member.eof else b""
        return b"".join(pieces)

    def _begins(self, data: bytes) -> bool:
        """A new member, if there is one; the first is taken for one in any case, so that damage is noticed."""
        if self._member.eof:
            if len(data) < len(_GZIP_MAGIC) and _GZIP_MAGIC.startswith(data):
                self._rest = data
                return False
            if not data.startswith(_GZIP_MAGIC):
                self._in_padding = True
                return False
            self._member = zlib.decompressobj(_GZIP)
        return True


class Deflate:
    """RFC 9110, 8.4.1.2: with the head and checksum of zlib, or without them, as some servers wrongly send it."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._stream: zlib._Decompress | None = None
        self._head = b""

    @property
    def is_complete(self) -> bool:
        return self._stream.eof if self._stream else not self._head

    def decode(self, data: bytes, most: int) -> bytes:
        if self._stream is None:
            self._head += data
            if len(self._head) < 2:
                return b""
            data, self._stream = self._head, zlib.decompressobj(_deflate_bits(self._head))
        return b"" if self._stream.eof else _unpacked(self._stream, data, most, self._host)


def _deflate_bits(head: bytes) -> int:
    """RFC 1950, 2.2: the first two bytes are a multiple of 31, and the method is 8."""
    is_zlib = head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS


def _unpacked(stream: "zlib._Decompress", data: bytes, most: int, host: str) -> bytes:
    try:
        return stream.decompress(data, most)
    except zlib.error as error:
        raise FetchFailed("bad_response", f"{host} sent content that cannot be unpacked; it is damaged, try again") from error
