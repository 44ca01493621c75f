"""A vector index in one file, so that what is in it and how far it has read can never come apart.

The file is: a line that names the format; the length of the header (8 bytes, little endian); the header, JSON; a sha256 of all
that; group table, ids, groups, versions, vectors (halves) and removed rows as little-endian arrays; a sha256 of everything
before it. Rows that have settled are in a file of their own, which the header names; of those the snapshot has what is removed.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from embeddings.encoder import Vectors
from embeddings.halves import decoded, encoded
from embeddings.index import Entries, Ids, SnapshotDamaged

_MAGIC = b"backfile vectors 2\n"
_LONGEST_HEADER = 1 << 16
ROWS_AT_ONCE = 512
"""Encoded or decoded: that takes a few times the memory that they have, 3 MB. All of them would be seen in a server's memory."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All but the vectors. `ids`, `groups` and `versions` are of the entries, ordered by (group, id); `table` has the version of
    every group, the empty ones too.

    `settled`: the name of the file of the rows that are not in here, and a bit for each of them: removed or not."""

    dimension: int
    model: str
    cursor: int
    ids: Ids
    groups: Ids
    versions: Ids
    table: dict[int, int]
    settled: str | None = None
    removed: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))


def group_entries(group: int, version: int, ids: Ids, vectors: Vectors, dimension: int) -> Entries:
    """One group's entries ordered by id, copied, in the precision that is kept. Raises ValueError if the shapes do not fit."""
    ids = np.asarray(ids, dtype=np.int64)
    vectors = np.asarray(vectors, dtype=np.float32).reshape(-1, dimension)
    if ids.shape != (len(vectors),):
        raise ValueError(f"{ids.shape} ids for {vectors.shape} vectors")
    vectors = decoded(encoded(vectors))
    order = np.argsort(ids, kind="stable")
    return Entries(ids[order], np.full(len(ids), group, np.int64), np.full(len(ids), version, np.int64), vectors[order])


def joined(parts: Sequence[Entries], dimension: int) -> Entries:
    """The parts one after the other, in new arrays."""
    parts = [
        Entries(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, dimension), np.float32)),
        *parts,
    ]
    return Entries(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.groups for part in parts]),
        np.concatenate([part.versions for part in parts]),
        np.concatenate([part.vectors for part in parts]),
    )


def write(path: Path, snapshot: Snapshot, vectors: Iterable[Vectors]) -> None:
    """Put the snapshot in the place of `path`, whole or not at all, whatever interrupts it. The entries' vectors come in parts.

    The temporary name is always the same, so that an interrupted write leaves one file, which the next one overwrites."""
    temporary = path.with_name(f".{path.name}.new")
    with FileLock(path.with_name(f".{path.name}.lock")):
        with temporary.open("wb") as file:
            _write_to(file, snapshot, vectors)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)


def read(path: Path, *, dimension: int, model: str) -> tuple[Snapshot, Vectors]:
    """Raises FileNotFoundError, SnapshotDamaged."""
    with path.open("rb") as file:
        return _Reader(file, path).snapshot(dimension, model)


def settled_name(path: Path) -> str | None:
    """Which file of settled rows the snapshot names; None if there is no snapshot, or none that can be read."""
    try:
        with path.open("rb") as file:
            return _Reader(file, path).settled()
    except (FileNotFoundError, SnapshotDamaged):
        return None


def remove_unnamed(path: Path) -> None:
    """Remove files of settled rows that the snapshot does not name: a process that died has left them behind."""
    named = settled_name(path)
    for rows in path.parent.glob("*.rows"):
        if rows.name != named:
            remove_settled(rows)


def remove_settled(rows: Path) -> None:
    """Both files. Who has them open keeps them."""
    rows.unlink(missing_ok=True)
    lists_beside(rows).unlink(missing_ok=True)


def lists_beside(rows: Path) -> Path:
    """The lists of these settled rows."""
    return rows.with_suffix(".lists")


def _write_to(file: BinaryIO, snapshot: Snapshot, vectors: Iterable[Vectors]) -> None:
    digest = hashlib.sha256()

    def put(data: Any) -> None:
        digest.update(data)
        file.write(data)

    header = {
        "model": snapshot.model,
        "dimension": snapshot.dimension,
        "cursor": snapshot.cursor,
        "groups": len(snapshot.table),
        "vectors": len(snapshot.ids),
        "settled": snapshot.settled,
        "removed": len(snapshot.removed),
    }
    header_bytes = json.dumps(header).encode()
    put(_MAGIC + len(header_bytes).to_bytes(8, "little") + header_bytes)
    put(digest.digest())
    groups = sorted(snapshot.table)
    table = [groups, [snapshot.table[group] for group in groups]]
    for column in (*table, snapshot.ids, snapshot.groups, snapshot.versions):
        put(np.ascontiguousarray(column, "<i8").data)
    for part in vectors:
        put(encoded(part).astype("<f2").data)
    put(np.ascontiguousarray(snapshot.removed).data)
    file.write(digest.digest())


class _Reader:
    def __init__(self, file: BufferedReader, path: Path) -> None:
        self.file = file
        self.path = path
        self.digest = hashlib.sha256()

    def snapshot(self, dimension: int, model: str) -> tuple[Snapshot, Vectors]:
        header = self._header()
        if (header["model"], header["dimension"]) != (model, dimension):
            raise self._damaged(f"it is of model {header['model']} with {header['dimension']} dimensions")
        count, group_count = header["vectors"], header["groups"]
        groups, group_versions = self._column(group_count), self._column(group_count)
        ids, entry_groups, versions = self._column(count), self._column(count), self._column(count)
        vectors, removed = np.empty((count, dimension), np.float32), np.empty(header["removed"], np.uint8)
        for start in range(0, count, ROWS_AT_ONCE):
            halves = np.empty((min(ROWS_AT_ONCE, count - start), dimension), "<f2")
            self._fill(halves)
            vectors[start : start + ROWS_AT_ONCE] = decoded(halves)
        self._fill(removed)
        self._expect_checksum()
        table = dict(zip(groups.tolist(), group_versions.tolist(), strict=True))
        read = Snapshot(dimension, model, header["cursor"], ids, entry_groups, versions, table, header["settled"], removed)
        return read, vectors

    def settled(self) -> str | None:
        name: str | None = self._header()["settled"]
        return name

    def _header(self) -> dict[str, Any]:
        if self._bytes(len(_MAGIC)) != _MAGIC:
            raise self._damaged("it is no snapshot of this format")
        encoded = self._bytes(min(int.from_bytes(self._bytes(8), "little"), _LONGEST_HEADER))
        self._expect_checksum()
        header: dict[str, Any] = json.loads(encoded)
        rows = (24 + 2 * header["dimension"]) * header["vectors"]
        size = 16 * header["groups"] + rows + header["removed"] + self.digest.digest_size
        if self.file.tell() + size != self.path.stat().st_size:
            raise self._damaged("its length is wrong")
        return header

    def _column(self, count: int) -> NDArray[np.int64]:
        column = np.empty(count, "<i8")
        self._fill(column)
        return column

    def _expect_checksum(self) -> None:
        expected = self.digest.digest()
        if self._bytes(len(expected)) != expected:
            raise self._damaged("its checksum is wrong")

    def _bytes(self, count: int) -> bytes:
        data = self.file.read(count)
        self.digest.update(data)
        return data

    def _fill(self, array: NDArray[Any]) -> None:
        target = array.reshape(-1).view(np.uint8).data
        if self.file.readinto(target) != len(target):
            raise self._damaged("it ends too early")
        self.digest.update(target)

    def _damaged(self, reason: str) -> SnapshotDamaged:
        return SnapshotDamaged(f"{self.path.name}: {reason}")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
