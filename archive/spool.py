"""Bytes that were accepted and are still to be read: a folder for each job, in `imports` below the data folder."""

import os
import re
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import BinaryIO, Final

import orjson

KEPT: Final = "files.json"
_ID: Final = re.compile(r"j_[0-9a-f]{16}")
FORGOTTEN_S: Final = 3600
"""A folder of no job that nobody has written to for so long is that of a request that died."""


@dataclass(frozen=True, slots=True)
class Received:
    """A file of an upload. `location`: its name in the job's folder; `name`: what the sender calls it."""

    location: str
    name: str | None
    media_type: str | None


class Upload:
    """Files on their way in, under the id of the job that is going to read them."""

    def __init__(self, folder: Path, id: str) -> None:
        self.id = id
        self.folder = folder / id
        self.files: list[Received] = []

    @contextmanager
    def file(self, name: str | None, media_type: str | None) -> Iterator[BinaryIO]:
        """Write into it; what has been written when the block ends is on disk."""
        self.folder.mkdir(parents=True, exist_ok=True)
        location = str(len(self.files))
        with _synced(self.folder / location) as stream:
            yield stream
        self.files.append(Received(location, name, media_type))

    def keep(self) -> None:
        """So that `Spool.kept` finds it: what has been looked at need not be sent again to be imported."""
        known = [[file.location, file.name, file.media_type] for file in self.files]
        (self.folder / KEPT).write_bytes(orjson.dumps(known))

    def discard(self) -> None:
        rmtree(self.folder, ignore_errors=True)


class Spool:
    """The folder of one archive."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def upload(self, id: str) -> Upload:
        return Upload(self.folder, id)

    def kept(self, id: str) -> Upload | None:
        """An upload that was kept, and is still there."""
        upload = Upload(self.folder, id)
        if not _ID.fullmatch(id) or not (upload.folder / KEPT).exists():
            return None
        upload.files = [Received(*file) for file in orjson.loads((upload.folder / KEPT).read_bytes())]
        return upload

    def path(self, id: str, location: str) -> Path:
        return self.folder / id / location

    def keep(self, id: str, location: str, content: bytes) -> None:
        """Write a file of a job, whole or not at all."""
        path = self.path(id, location)
        path.parent.mkdir(parents=True, exist_ok=True)
        with _synced(path.with_suffix(".part")) as stream:
            stream.write(content)
        path.with_suffix(".part").replace(path)
        _sync_folder(path.parent)

    def drop(self, id: str, location: str) -> None:
        self.path(id, location).unlink(missing_ok=True)

    def clear(self, id: str) -> None:
        """All files of a job are gone after that."""
        rmtree(self.folder / id, ignore_errors=True)

    def clear_forgotten(self, needed: Collection[str]) -> None:
        """Remove what no job is going to read."""
        if not self.folder.is_dir():
            return
        for folder in self.folder.iterdir():
            if folder.name not in needed and folder.stat().st_mtime < time.time() - FORGOTTEN_S:
                rmtree(folder, ignore_errors=True)


@contextmanager
def _synced(path: Path) -> Iterator[BinaryIO]:
    with path.open("wb") as stream:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """So that the name of a new file is on disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
