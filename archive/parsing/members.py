"""Members of folders and containers: which are read, what they may be called, and their bytes as streams."""

import io
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO, Final, TypeAlias

from archive.parsing.characters import one_line, storable
from archive.parsing.failures import ParsingFailed
from archive.parsing.items import Given, Item, failed
from archive.parsing.limits import FILE
from archive.parsing.media import HEAD, Format, format_of, is_named_as_input

Read: TypeAlias = Callable[[BinaryIO, Given], Iterator[Item]]
"""`archive.parsing.reading.items_in`, which imports the containers and so is handed to them."""

MEMBERS: Final = 1_000_000
"""Of one container: more are not read."""
PIECE: Final = 1 << 16
"""Bytes that are unpacked at a time."""
BOMB: Final = 16 << 20
RATIO: Final = 200
"""What has more bytes than the one, and more times its packed bytes than the other, was made to fill memories: pages pack to a
fifth, lists of much alike articles to a thirtieth. DEFLATE ends at 1,032 times."""

_BUFFER = HEAD
"""Of a member: what is looked at to tell its format is all that is unpacked of it before it is wanted."""
_SPOOLED = 16 << 20
_IN_PIECES: frozenset[Format] = frozenset(["ndjson", "csv", "zip", "tar", "packed", "warc"])
"""Formats that are read piece by piece, of any size."""

_ABOUT_THE_FOLDER = frozenset(["readme", "license", "licence", "copying", "changelog", "contributing"])
_DRIVE = re.compile(r"[A-Za-z]:(?! )")
_CONTROLS = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SHOWN = 300


def is_input(path: str) -> bool:
    """Whether the file at this path inside a folder or container is one to be read: its suffix is known, and neither it nor a
    folder above it is hidden, left behind by a system, or about the folder, such as README.md."""
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    if not parts or any(is_left_behind(part) for part in parts):
        return False
    return parts[-1].partition(".")[0].lower() not in _ABOUT_THE_FOLDER and is_named_as_input(parts[-1])


def is_left_behind(name: str) -> bool:
    """Whether a file or folder of this name is hidden or left by a system or an editor: .DS_Store, ._page.html, ~$letter.docx."""
    return name.startswith((".", "~$")) or name == "__MACOSX"


def check_path(path: str) -> None:
    """Raises ParsingFailed for a name that leads out of the container. A backslash separates as a slash does: some of Windows'
    tools write it so."""
    slashed = path.replace("\\", "/")
    if slashed.startswith("/") or _DRIVE.match(slashed):
        raise ParsingFailed("its name is an absolute path, which leads out of the container", code="unsafe_path")
    if ".." in slashed.split("/"):
        raise ParsingFailed("its name has .. in it, which leads out of the container", code="unsafe_path")


def is_unsafe(path: str) -> bool:
    try:
        check_path(path)
    except ParsingFailed:
        return True
    return False


def shown(name: str) -> str:
    """The name on one line, without what cannot be stored or would be shown as something else, and not endless."""
    plain = one_line(storable(_CONTROLS.sub("", name.replace("\\", "/"))))
    return plain if len(plain) <= _SHOWN else "…" + plain[-_SHOWN:]


class Names:
    """Of the members of one container: of those that are called the same, the second has (2) behind its place."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._seen: Counter[str] = Counter()

    def inside(self, name: str) -> Given:
        self._seen[name] += 1
        inside = self._given.inside(shown(name))
        return inside if self._seen[name] == 1 else replace(inside, place=f"{inside.place} ({self._seen[name]})")


class Spent(ParsingFailed):
    """All that may be unpacked from one input has been."""


def spend(given: Given, count: int) -> None:
    """Takes the bytes that a member says it has, whether it is read or not, so that every pass over the container ends at
    the same place. Raises Spent."""
    try:
        given.budget.take(count)
    except ParsingFailed as failure:
        raise Spent(f"{failure.reason}; what follows was not read", code=failure.code) from None


def check_size(size: int, packed: int) -> None:
    """Raises ParsingFailed for what was made to fill memories."""
    if size > BOMB and size > RATIO * packed:
        raise ParsingFailed(f"{packed:,} bytes that unpack to {size:,} or more, as no text does", code="too_large")


def items_of(stream: io.BufferedReader, given: Given, size: int | None, *, read: Read) -> Iterator[Item]:
    """The items of a member with so many bytes, where that is known: one that is too large is not unpacked to see it."""
    if size is not None and size > FILE:
        try:
            if format_of(stream.peek(HEAD), given.media_type, given.name) not in _IN_PIECES:
                raise ParsingFailed(f"the file has {size:,} bytes; at most {FILE:,} are read", code="too_large")
        except ParsingFailed as failure:
            yield failed(given.place, failure)
            return
    yield from read(stream, given)


@contextmanager
def seekable(stream: BinaryIO) -> Iterator[BinaryIO]:
    """The stream, or a copy of what is left of it that can be read from anywhere; it is gone afterwards."""
    if stream.seekable():
        yield stream
        return
    with tempfile.SpooledTemporaryFile(_SPOOLED) as copy:
        while piece := stream.read(PIECE):
            copy.write(piece)
        copy.seek(0)
        yield copy  # type: ignore[misc]


class Pieces(io.RawIOBase):
    """The pieces of an iterator as one stream. What the iterator raises is raised behind all that it gave before."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")
        self._failure: ParsingFailed | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        filled = 0
        while filled < len(buffer) and self._more():
            count = min(len(buffer) - filled, len(self._rest))
            buffer[filled : filled + count] = self._rest[:count]
            self._rest = self._rest[count:]
            filled += count
        if self._failure and not filled and len(buffer):
            raise self._failure
        return filled

    def _more(self) -> bool:
        while not self._rest and not self._failure:
            try:
                piece = next(self._pieces, None)
            except ParsingFailed as failure:
                self._failure = failure
            else:
                if piece is None:
                    return False
                self._rest = memoryview(piece)
        return bool(self._rest)


def buffered(pieces: Iterator[bytes]) -> io.BufferedReader:
    """A stream of the pieces that can be peeked at."""
    return io.BufferedReader(Pieces(pieces), _BUFFER)
