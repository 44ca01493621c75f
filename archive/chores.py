"""Checks and rebuilds: what the last ones found, and those that are begun and not waited for."""

import logging
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import orjson
from filelock import BaseFileLock, FileLock, Timeout

from archive.answers import ChoreReport
from archive.clock import now

if TYPE_CHECKING:
    from archive.archive import Archive

log = logging.getLogger("backfile.chores")

Chore = Literal["check", "rebuild"]
KEPT: Final = 10


class Chores:
    """One at a time among the processes that share the folder. What they found is kept in a file, so that a restart forgets
    nothing; it is no part of the archive, and may be deleted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begun = path.with_name("chore.json")

    @property
    def running(self) -> tuple[Chore, str] | None:
        """What is under way, and since when."""
        try:
            chore, since = orjson.loads(self._begun.read_bytes())
            with self._lock("chore", timeout=0):
                return None  # whoever began it did not live to end it
        except FileNotFoundError:
            return None
        except Timeout:
            return chore, since

    def begin(self, archive: "Archive", chore: Chore) -> bool:
        """Whether it was begun: not while one is under way."""
        alone = self._lock("chore", timeout=0.1)
        try:
            alone.acquire()
        except Timeout:
            return False
        _write(self._begun, (chore, now().text))
        threading.Thread(target=self._run, args=(archive, chore, alone), name=f"backfile-{chore}", daemon=True).start()
        return True

    def _run(self, archive: "Archive", chore: Chore, alone: BaseFileLock) -> None:
        try:
            archive.check() if chore == "check" else archive.rebuild()
        except Exception as error:
            log.exception("the %s failed", chore)
            self.keep(chore, {"failed": type(error).__name__})
        finally:
            self._begun.unlink(missing_ok=True)
            alone.release()

    def keep(self, chore: Chore, report: dict[str, Any]) -> None:
        with self._lock("reports"):
            _write(self._path, [{"chore": chore, "at": now().text, "report": report}, *self._read()][:KEPT])

    def last(self) -> list[ChoreReport]:
        """The latest first."""
        return [ChoreReport.model_validate(each) for each in self._read()]

    def _read(self) -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = orjson.loads(self._path.read_bytes())
        except (FileNotFoundError, orjson.JSONDecodeError):
            return []
        return found

    def _lock(self, name: str, timeout: float = -1) -> BaseFileLock:
        """One more each time, so that threads of this process keep each other out too."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self._path.with_name(f"{name}.lock"), timeout, thread_local=False)


def _write(path: Path, content: Any) -> None:
    """Whole or not at all."""
    beside = path.with_suffix(".part")
    with beside.open("wb") as file:
        file.write(orjson.dumps(content))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
