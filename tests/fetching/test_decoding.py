"""Packed content comes out as it went in, however it is cut into pieces, and never more of it than is wanted."""

import gzip
import zlib
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetching import FetchFailed
from fetching.decoding import decoder


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def two_members(data: bytes) -> bytes:
    return gzip.compress(data[: len(data) // 2]) + gzip.compress(data[len(data) // 2 :])


def padded(data: bytes) -> bytes:
    return gzip.compress(data) + bytes(20)


PACKINGS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("gzip", two_members),
    ("gzip", padded),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("identity", bytes),
]
packings = st.sampled_from(PACKINGS)
contents = st.binary() | st.builds(lambda piece, times: piece * times, st.binary(max_size=20), st.integers(0, 2000))
sizes = st.lists(st.integers(1, 40), min_size=1, max_size=20)


def pieces_of(data: bytes, sizes: list[int]) -> list[bytes]:
    """All of the data, in pieces of the sizes, and the rest in one."""
    pieces = []
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    return [piece for piece in [*pieces, data] if piece]


@given(packings, contents, sizes)
def test_what_was_packed_comes_out(packing: tuple[str, Callable[[bytes], bytes]], content: bytes, sizes: list[int]) -> None:
    encoding, pack = packing
    unpacking = decoder(encoding, "a.example")
    unpacked = b"".join(unpacking.decode(piece, 1 << 20) for piece in pieces_of(pack(content), sizes))
    assert unpacked == content
    assert unpacking.is_complete


@given(packings, contents, sizes, st.integers(1, 500))
def test_never_more_than_is_wanted(
    packing: tuple[str, Callable[[bytes], bytes]], content: bytes, sizes: list[int], most: int
) -> None:
    """And the beginning, until that is had."""
    encoding, pack = packing
    unpacking = decoder(encoding, "a.example")
    unpacked = b""
    for piece in pieces_of(pack(content), sizes):
        got = unpacking.decode(piece, most - len(unpacked))
        unpacked += got
        if len(unpacked) >= most:
            break
    assert unpacked == content[:most]


@given(st.sampled_from(["gzip", "deflate"]), contents.filter(bool), st.data())
def test_a_missing_end_is_noticed(encoding: str, content: bytes, data: st.DataObject) -> None:
    packed = gzip.compress(content) if encoding == "gzip" else zlib.compress(content)
    unpacking = decoder(encoding, "a.example")
    unpacking.decode(packed[: data.draw(st.integers(1, len(packed) - 1))], 1 << 20)
    assert not unpacking.is_complete


@given(st.sampled_from(["gzip", "deflate"]), st.lists(st.binary()))
def test_any_bytes_are_unpacked_or_refused(encoding: str, pieces: list[bytes]) -> None:
    unpacking = decoder(encoding, "a.example")
    with suppress(FetchFailed):
        for piece in pieces:
            assert len(unpacking.decode(piece, 100)) <= 100


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "identity", None])
def test_nothing_at_all_is_complete(encoding: str | None) -> None:
    assert decoder(encoding, "a.example").is_complete
