"""Folders that take long to make and can always be made again."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from embeddings.models import file_sha256

_MANIFEST = "manifest.json"


def built(folder: Path, build: Callable[[Path], None]) -> Path:
    """The folder, whole as `build` filled it, now or earlier. Several processes may ask at once: one builds, the others wait.

    A damaged one is built again; an interrupted build leaves nothing that counts. Raises OSError and what `build` raises."""
    if not _is_whole(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f"{folder.name}.lock")):
            if not _is_whole(folder):
                _build(folder, build)
    return folder


def _build(folder: Path, build: Callable[[Path], None]) -> None:
    fresh = folder.with_name(f"{folder.name}.new")
    for leftover in (fresh, folder):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh.mkdir()
    build(fresh)
    digests = {file.name: file_sha256(file) for file in fresh.iterdir()}
    (fresh / _MANIFEST).write_text(json.dumps(digests))
    os.replace(fresh, folder)


def _is_whole(folder: Path) -> bool:
    try:
        digests = json.loads((folder / _MANIFEST).read_bytes())
        return bool(digests) and all(file_sha256((folder / name).resolve()) == digest for name, digest in digests.items())
    except (OSError, ValueError, AttributeError):
        return False
