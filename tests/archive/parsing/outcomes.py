"""What the tests of containers look at."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

from hypothesis import strategies as st

from archive.parsing.failures import CODES, Unreadable
from archive.parsing.items import Budget, Given, Item, Link, Outcome
from archive.parsing.reading import items_in
from db.records import Draft

ENOUGH = 1 << 22
"""Bytes that made-up containers may unpack to."""


class Stream(io.RawIOBase):
    """Bytes that can only be read from first to last."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._content.readinto(buffer)


def stream_of(content: bytes, seekable: bool = True) -> BinaryIO:
    return io.BytesIO(content) if seekable else io.BufferedReader(Stream(content))


def found(content: bytes, name: str, given: Given | None = None, *, seekable: bool = True) -> Iterator[Item]:
    given = replace(given or Given(), name=name, place=name)
    return items_in(stream_of(content, seekable), given)


def outcomes(content: bytes, name: str, given: Given | None = None, *, seekable: bool = True) -> list[tuple[str, Outcome]]:
    return [(item.place, item.read()) for item in found(content, name, given, seekable=seekable)]


def outline(content: bytes, name: str, given: Given | None = None, *, seekable: bool = True) -> list[tuple[str, str]]:
    """The place of each item with its title, or with a mark and the code of what is wrong."""
    return [(place, shown(outcome)) for place, outcome in outcomes(content, name, given, seekable=seekable)]


def shown(outcome: Outcome) -> str:
    if isinstance(outcome, Unreadable):
        return f"! {outcome.code}"
    return outcome.url if isinstance(outcome, Link) else outcome.title


def reasons(content: bytes, name: str) -> list[str]:
    return [outcome.reason for _, outcome in outcomes(content, name) if isinstance(outcome, Unreadable)]


def check_behaviour(content: bytes, name: str) -> None:
    """Whatever the bytes are, each item is an outcome, and who skips items meets the same ones."""
    read = []
    for item in found(content, name, Given(budget=Budget(ENOUGH))):
        outcome = item.read()
        assert isinstance(outcome, Draft | Unreadable | Link)
        assert not isinstance(outcome, Unreadable) or outcome.code in CODES
        assert not isinstance(outcome, Draft) or outcome.title or outcome.paragraphs
        read.append(item.place)
    assert read, "nothing is said of it"
    assert [item.place for item in found(content, name, Given(budget=Budget(ENOUGH)))] == read


@st.composite
def damaged(draw: st.DrawFn, originals: Sequence[bytes]) -> bytes:
    """One of the originals with bits flipped, pieces cut out, doubled or put in, or its end missing."""
    content = bytearray(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        length = draw(st.integers(0, 40))
        match draw(st.sampled_from(["flip", "flip", "cut", "double", "splice", "end"])):
            case "flip" if content:
                content[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del content[at : at + length]
            case "double":
                content[at:at] = content[at : at + length]
            case "splice":
                content[at:at] = draw(st.binary(max_size=40))
            case "end":
                del content[at:]
    return bytes(content)
