"""A vector index in one file, so that what is in it and how far it has read can never come apart.

The file is: a line that names the format; the length of the header (8 bytes, little endian); the header, JSON; a sha256 of all
that; group table, ids, groups, versions and vectors as little-endian arrays; a sha256 of everything before it.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from embeddings.encoder import Vectors
from embeddings.index import Entries, Ids, SnapshotDamaged

_MAGIC = b"backfile vectors 1\n"
_LONGEST_HEADER = 1 << 16
_ROWS_AT_ONCE = 16_384


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`versions` has every group, the empty ones too; `entries` is ordered by (group, id)."""

    dimension: int
    model: str
    cursor: int
    entries: Entries
    versions: dict[int, int]


def group_entries(group: int, version: int, ids: Ids, vectors: Vectors, dimension: int) -> Entries:
    """One group's entries ordered by id, copied. Raises ValueError if the shapes do not fit."""
    ids = np.asarray(ids, dtype=np.int64)
    vectors = np.asarray(vectors, dtype=np.float32).reshape(-1, dimension)
    if ids.shape != (len(vectors),):
        raise ValueError(f"{ids.shape} ids for {vectors.shape} vectors")
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


def write(path: Path, snapshot: Snapshot) -> None:
    """Put the snapshot in the place of `path`, whole or not at all, whatever interrupts it.

    The temporary name is always the same, so that an interrupted write leaves one file, which the next one overwrites."""
    temporary = path.with_name(f".{path.name}.new")
    with FileLock(path.with_name(f".{path.name}.lock")):
        with temporary.open("wb") as file:
            _write_to(file, snapshot)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)


def read(path: Path, *, dimension: int, model: str) -> Snapshot:
    """Raises FileNotFoundError, SnapshotDamaged."""
    with path.open("rb") as file:
        return _Reader(file, path).snapshot(dimension, model)


def _write_to(file: BinaryIO, snapshot: Snapshot) -> None:
    digest = hashlib.sha256()

    def put(data: Any) -> None:
        digest.update(data)
        file.write(data)

    header = {
        "model": snapshot.model,
        "dimension": snapshot.dimension,
        "cursor": snapshot.cursor,
        "groups": len(snapshot.versions),
        "vectors": len(snapshot.entries.ids),
    }
    encoded = json.dumps(header).encode()
    put(_MAGIC + len(encoded).to_bytes(8, "little") + encoded)
    put(digest.digest())
    _put_arrays(put, snapshot)
    file.write(digest.digest())


def _put_arrays(put: Callable[[Any], None], snapshot: Snapshot) -> None:
    groups = sorted(snapshot.versions)
    put(np.array(groups, "<i8").data)
    put(np.array([snapshot.versions[group] for group in groups], "<i8").data)
    entries = snapshot.entries
    for column in (entries.ids, entries.groups, entries.versions):
        put(np.ascontiguousarray(column, "<i8").data)
    for start in range(0, len(entries.vectors), _ROWS_AT_ONCE):
        put(np.ascontiguousarray(entries.vectors[start : start + _ROWS_AT_ONCE], "<f4").data)


class _Reader:
    def __init__(self, file: BufferedReader, path: Path) -> None:
        self.file = file
        self.path = path
        self.digest = hashlib.sha256()

    def snapshot(self, dimension: int, model: str) -> Snapshot:
        header = self._header()
        if (header["model"], header["dimension"]) != (model, dimension):
            raise self._damaged(f"it is of model {header['model']} with {header['dimension']} dimensions")
        count, group_count = header["vectors"], header["groups"]
        groups, group_versions = self._column(group_count), self._column(group_count)
        ids, entry_groups, versions = self._column(count), self._column(count), self._column(count)
        vectors = np.empty((count, dimension), "<f4")
        self._fill(vectors)
        self._expect_checksum()
        entries = Entries(ids, entry_groups, versions, vectors)
        return Snapshot(
            dimension, model, header["cursor"], entries, dict(zip(groups.tolist(), group_versions.tolist(), strict=True))
        )

    def _header(self) -> dict[str, Any]:
        if self._bytes(len(_MAGIC)) != _MAGIC:
            raise self._damaged("it is no snapshot of this format")
        encoded = self._bytes(min(int.from_bytes(self._bytes(8), "little"), _LONGEST_HEADER))
        self._expect_checksum()
        header: dict[str, Any] = json.loads(encoded)
        size = 16 * header["groups"] + (24 + 4 * header["dimension"]) * header["vectors"] + self.digest.digest_size
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
