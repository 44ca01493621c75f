"""Rows that have settled: in a file of their own, memory-mapped, with lists to search them by.

They are never changed. Removed ones are marked in memory, until a new file is written without them. So opening reads the small
columns and the lists once, for their checksums; several processes share the pages of one file.

The file is: a line that names the format; the length of the header (8 bytes, little endian); the header, JSON; a sha256 of all
that; padding to 64 bytes; ids, groups, versions (8 bytes each) and vectors (halves) as little-endian arrays. The header has
sha256 of the columns and of the lists, which are in a file beside it (`inverted_lists`). What a vector is, only the check of the
whole index compares, with the database.
"""

import hashlib
import json
import mmap
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from embeddings.halves import Halves
from embeddings.index import Ids, SnapshotDamaged
from embeddings.lists import Lists
from embeddings.places import Places
from embeddings.rows import Rows
from embeddings.snapshot import lists_beside

_MAGIC = b"backfile settled rows 2\n"
_LONGEST_HEADER = 1 << 16
_ALIGNED = 64
_MOST_MAPPED = 4 << 30
"""Bytes of files that may be in this process; beyond, what was read is given back, and read again at need."""
_READ_AT_ONCE = 1024
"""Rows looked at between two looks at the memory. With one row Linux maps 64 kB around it, or more."""
_ROWS_AT_ONCE = 16_384


class Settled:
    """Not safe for several threads by itself; what `rows` gave out is. `trained`: of how many rows the lists were made."""

    def __init__(
        self, path: Path, model: str, trained: int, ids: Ids, groups: Ids, versions: Ids, vectors: Halves, lists: Lists
    ) -> None:
        """The rows of a group lie together, and every group is there once."""
        self.path = path
        self.model = model
        self.trained = trained
        self.lists = lists
        starts = np.flatnonzero(np.diff(groups, prepend=-1))
        self._places = Places.of(groups[starts], versions[starts], starts, np.append(starts[1:], len(groups)))
        self._columns = Rows(ids, groups, versions, vectors, np.empty(0, np.int32), np.ones(len(ids), np.bool_))
        self._live_count = len(ids)
        self._published: Rows | None = None
        self._read = 0

    def __len__(self) -> int:
        return self._live_count

    @property
    def size(self) -> int:
        """Rows in the file, removed ones too."""
        return len(self._columns)

    def remove(self, group: int) -> None:
        place = self._places.remove(group)
        if place is not None:
            start, stop = place
            self._columns.live[start:stop] = False
            self._live_count -= stop - start
            self._published = None

    def remove_rows(self, removed: Ids) -> None:
        for group in np.unique(self._columns.groups[removed]).tolist():
            self.remove(group)

    def rows(self) -> Rows:
        """The state now."""
        if self._published is None:
            held = self._columns
            self._published = Rows(held.ids, held.groups, held.versions, held.vectors, held.lists, held.live.copy())
        return self._published

    def rows_of(self, groups: Ids) -> Ids:
        return self._places.rows(groups)

    def count_of(self, groups: Ids) -> int:
        """How many rows these groups have."""
        return self._places.count(groups)

    def groups(self) -> Ids:
        return self._places.groups()

    def version(self, group: int) -> int | None:
        return self._places.version(group)

    def versions(self) -> dict[int, int]:
        return self._places.versions()

    def have_read(self, rows: int) -> None:
        """Note that so many rows were looked at; now and then, give memory back where it has come to be too much."""
        self._read += rows
        if self._read > _READ_AT_ONCE:
            self._read = 0
            if _mapped_bytes() > _MOST_MAPPED:
                mapped = self._columns.vectors.base
                while not isinstance(mapped, mmap.mmap):
                    mapped = mapped.base  # type: ignore[union-attr]
                mapped.madvise(mmap.MADV_DONTNEED)

    def kept_in(self, folder: Path) -> str:
        """The name of the files, which are in this folder now: another process may have removed them, or put others there."""
        if self.path.parent != folder or not self.path.exists() or not lists_beside(self.path).exists():
            held = self._columns
            blocks = (held.vectors[start : start + _ROWS_AT_ONCE] for start in range(0, len(held.ids), _ROWS_AT_ONCE))
            path = folder / self.path.name
            write(path, self.model, self.trained, (held.ids, held.groups, held.versions), blocks, self.lists)
            self.path = path
        return self.path.name


def write(path: Path, model: str, trained: int, columns: Sequence[Ids], vectors: Iterator[Halves], lists: Lists) -> None:
    """Both files, whole on disk when this returns. `path` is new: nobody reads it before a snapshot names it."""
    lists.save(lists_beside(path))
    ids, groups, versions = (np.ascontiguousarray(column, "<i8") for column in columns)
    first = next(vectors)
    header = {
        "model": model, "dimension": first.shape[1], "rows": len(ids), "trained": trained,
        "columns": _digest(ids, groups, versions), "lists": _file_digest(lists_beside(path)),
    }  # fmt: skip
    with path.open("wb") as file:
        file.write(_head(header))
        for part in (ids, groups, versions, first):
            file.write(part.data)
        for part in vectors:
            file.write(np.ascontiguousarray(part, "<f2").data)
        _sync(file)
    with lists_beside(path).open("rb") as written:
        os.fsync(written.fileno())


def load(path: Path, *, dimension: int, model: str) -> Settled:
    """Raises FileNotFoundError, SnapshotDamaged."""
    with path.open("rb") as file:
        header, offset = _read_head(file, path)
    count = header["rows"]
    if (header["model"], header["dimension"]) != (model, dimension):
        raise SnapshotDamaged(f"{path.name}: it is of model {header['model']} with {header['dimension']} dimensions")
    if path.stat().st_size != offset + count * (24 + 2 * dimension):
        raise SnapshotDamaged(f"{path.name}: its length is wrong")
    columns = np.memmap(path, "<i8", "r", offset, (3, count))
    if _digest(*columns) != header["columns"] or _file_digest(lists_beside(path)) != header["lists"]:
        raise SnapshotDamaged(f"{path.name}: a checksum is wrong")
    vectors = np.memmap(path, "<f2", "r", offset + 24 * count, (count, dimension))
    ids, groups, versions = np.asarray(columns)
    return Settled(path, model, header["trained"], ids, groups, versions, np.asarray(vectors), Lists.load(lists_beside(path)))


def _head(header: dict[str, Any]) -> bytes:
    encoded = json.dumps(header).encode()
    head = _MAGIC + len(encoded).to_bytes(8, "little") + encoded
    head += hashlib.sha256(head).digest()
    return head + bytes(-len(head) % _ALIGNED)


def _read_head(file: BinaryIO, path: Path) -> tuple[dict[str, Any], int]:
    """The header, and where the columns begin."""
    start = file.read(len(_MAGIC) + 8)
    length = min(int.from_bytes(start[len(_MAGIC) :], "little"), _LONGEST_HEADER)
    encoded, digest = file.read(length), file.read(32)
    if not start.startswith(_MAGIC) or hashlib.sha256(start + encoded).digest() != digest:
        raise SnapshotDamaged(f"{path.name}: its beginning is damaged")
    header: dict[str, Any] = json.loads(encoded)
    return header, len(_head(header))


def _digest(*columns: Ids) -> str:
    digest = hashlib.sha256()
    for column in columns:
        digest.update(np.ascontiguousarray(column).data)
    return digest.hexdigest()


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mapped_bytes() -> int:
    """Of all files, in this process; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[2]) * mmap.PAGESIZE
    except FileNotFoundError:
        return 0


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
