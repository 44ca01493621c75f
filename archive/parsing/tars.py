"""Tar archives, read as a stream: what is packed is unpacked once, and nothing of it lies on a disk."""

import tarfile
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final, cast

from archive.parsing.failures import ParsingFailed
from archive.parsing.items import Given, Item, failed
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
    shown,
    spend,
)

HEADER: Final = 4 << 20
"""Bytes that the headers before one member may have: long names, PAX records, maps of sparse files."""

_BROKEN = (tarfile.TarError, ValueError, IndexError, KeyError, OverflowError, RecursionError)
"""What `tarfile` raises for headers that are broken."""


def items(stream: BinaryIO, given: Given, *, read: Read) -> Iterator[Item]:
    """The items of the files in the archive, in its order. What lies behind a damaged header is looked for and read."""
    given.inside("")  # raises where the archive lies too deep, once and not for each file
    names, nothing = Names(given), True
    for member in _members(stream):
        if isinstance(member, ParsingFailed):
            yield failed(given.place, member)
        elif is_unsafe(member.name) or is_input(member.name):
            inside = names.inside(member.name)
            try:
                member.check(given)
            except Spent as failure:
                yield failed(given.place, failure)
                return
            except ParsingFailed as failure:
                yield failed(inside.place, failure)
            else:
                yield from items_of(buffered(member.pieces()), inside, member.info.size, read=read)
        else:
            continue
        nothing = False
    if nothing:
        yield failed(given.place, ParsingFailed("no file in the archive is of a known kind", code="no_article"))


class _Member:
    """`end`: where its bytes end in the archive. `wanted`: whether they were asked for: who reads them hears of damage."""

    def __init__(self, archive: tarfile.TarFile, info: tarfile.TarInfo) -> None:
        self._archive = archive
        self.info = info
        regions = cast(list[tuple[int, int]], info.sparse) if info.issparse() else [(0, info.size)]
        self._regions = [(offset, count) for offset, count in regions if count]
        self._packed = sum(count for _, count in self._regions)
        self.end = info.offset_data + self._packed
        self.name = _named(info.name)
        self.wanted = False

    def check(self, given: Given) -> None:
        """Raises ParsingFailed for what is not to be read, and Spent."""
        check_path(self.name)
        if not self.info.isreg():
            raise ParsingFailed(f"{_kind(self.info)}, not a file", code="unsupported")
        if self.info.issparse():
            _check_map(self._regions, self.info.size)
            check_size(self.info.size, self._packed)
            spend(given, self.info.size)

    def pieces(self) -> Iterator[bytes]:
        self.wanted = True
        return self._pieces()

    def _pieces(self) -> Iterator[bytes]:
        stream, at = cast(BinaryIO, self._archive.fileobj), 0
        stream.seek(self.info.offset_data)
        for offset, count in self._regions:
            yield from _zeros(offset - at)
            at = offset + count
            while count:
                if not (piece := stream.read(min(PIECE, count))):
                    raise ParsingFailed("it is cut off: the archive ends in the middle of it", code="truncated")
                count -= len(piece)
                yield piece
        yield from _zeros(self.info.size - at)


def _zeros(count: int) -> Iterator[bytes]:
    """What a sparse file leaves out."""
    for at in range(0, count, PIECE):
        yield bytes(min(PIECE, count - at))


def _named(name: str) -> str:
    """Names in other charsets than UTF-8 have surrogates in the place of their bytes."""
    raw = name.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _kind(info: tarfile.TarInfo) -> str:
    if info.issym() or info.islnk():
        return f"a link to {shown(info.linkname)}"
    return "a device or a pipe"


def _check_map(regions: list[tuple[int, int]], size: int) -> None:
    """Raises ParsingFailed where the map of a sparse file is none."""
    at = 0
    for offset, count in regions:
        if count < 0 or offset < at:
            raise ParsingFailed("the map of this sparse file is damaged")
        at = offset + count
    if at > size:
        raise ParsingFailed("the map of this sparse file is damaged")


class _Watched:
    """The stream, and what is noticed while headers are read from it: `tarfile` itself takes damage for the end.

    `lost`: where damage begins. `ended`: whether the mark of the end came last. `begun`: whether there was any member."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._left: int | None = None
        self.lost: int | None = None
        self.ended = self.begun = False

    def read(self, size: int) -> bytes:
        piece = self._stream.read(size)
        if self._left is not None:
            self._left -= len(piece)
            if self._left < 0:
                raise ParsingFailed(f"a header has more than {HEADER:,} bytes; nothing behind it was read", code="too_large")
        return piece

    def header(self, archive: tarfile.TarFile, next_: Callable[[tarfile.TarFile], tarfile.TarInfo]) -> tarfile.TarInfo:
        """The next header; those that belong to it are read inside of this."""
        outermost = self._left is None
        if outermost:
            self._left = HEADER
        try:
            info = next_(archive)
        except tarfile.HeaderError as failure:
            self._note(failure, archive.offset)
            raise
        finally:
            if outermost:
                self._left = None
        self.ended, self.begun = False, True
        return info

    def _note(self, failure: tarfile.HeaderError, offset: int) -> None:
        if isinstance(failure, tarfile.EOFHeaderError):  # type: ignore[attr-defined]
            self.ended = True
        elif not isinstance(failure, tarfile.EmptyHeaderError) and not self.ended:  # type: ignore[attr-defined]
            self.lost = offset if self.lost is None else self.lost

    def damage(self, until: int | None) -> ParsingFailed:
        end = "on" if until is None else f"to byte {until:,}"
        self.lost, failure = None, ParsingFailed(f"damaged from byte {self.lost:,} {end}: what lay there is lost")
        return failure


def _opened(watched: _Watched) -> tarfile.TarFile:
    class Header(tarfile.TarInfo):
        @classmethod
        def fromtarfile(cls, archive: tarfile.TarFile) -> tarfile.TarInfo:  # type: ignore[override]
            return watched.header(archive, super().fromtarfile)

    stream = cast(Any, watched)
    return tarfile.open(fileobj=stream, mode="r|", tarinfo=Header, ignore_zeros=True, encoding="utf-8")


def _members(stream: BinaryIO) -> Iterator["_Member | ParsingFailed"]:
    """The members, and what is wrong with the archive between them; never raises."""
    watched = _Watched(stream)
    try:
        archive = _opened(watched)
    except ParsingFailed as failure:
        yield failure
        return
    except _BROKEN:
        yield ParsingFailed("no tar archive, or one that is damaged from its first byte on")
        return
    yield from _in(archive, watched)


def _in(archive: tarfile.TarFile, watched: _Watched) -> Iterator["_Member | ParsingFailed"]:
    member: _Member | None = None
    in_member, stuck = False, -1
    for _ in range(MEMBERS):
        try:
            info = archive.next()
        except (ParsingFailed, *_BROKEN) as failure:
            at = cast(BinaryIO, archive.fileobj).tell()
            in_member = member is not None and member.wanted and at < member.end
            if isinstance(failure, ParsingFailed):
                yield from [] if in_member else [failure]
                return
            if at <= stuck:
                break
            archive.offset = stuck = at
            continue
        archive.members.clear()  # type: ignore[attr-defined]  # it keeps them all
        if info is None:
            break
        if watched.lost is not None:
            yield watched.damage(info.offset)
        if not info.isdir():
            member = _Member(archive, info)
            yield member
    else:
        yield ParsingFailed(f"more than {MEMBERS:,} files; what follows was not read", code="too_large")
        return
    if not watched.begun:
        yield ParsingFailed("no tar archive")
    elif watched.lost is not None:
        yield watched.damage(None)
    elif not watched.ended and not in_member:
        yield ParsingFailed("the archive is cut off: what follows is missing", code="truncated")
