"""Checks and rebuilds: what the last ones found, and those that are begun and not waited for."""

import logging
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import orjson

from archive.answers import ChoreReport
from archive.clock import now

if TYPE_CHECKING:
    from archive.archive import Archive

log = logging.getLogger("backfile.chores")

Chore = Literal["check", "rebuild"]
KEPT: Final = 10


class Chores:
    """One at a time in this process. What they found is kept in a file, so that a restart forgets nothing; it is no part of the
    archive, and may be deleted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._running: tuple[Chore, str] | None = None

    @property
    def running(self) -> tuple[Chore, str] | None:
        """What is under way, and since when."""
        return self._running

    def begin(self, archive: "Archive", chore: Chore) -> bool:
        """Whether it was begun: not while one is under way."""
        with self._lock:
            if self._running is not None:
                return False
            self._running = (chore, now().text)
        threading.Thread(target=self._run, args=(archive, chore), name=f"backfile-{chore}", daemon=True).start()
        return True

    def _run(self, archive: "Archive", chore: Chore) -> None:
        try:
            archive.check() if chore == "check" else archive.rebuild()
        except Exception as error:
            log.exception("the %s failed", chore)
            self.keep(chore, {"failed": type(error).__name__})
        finally:
            self._running = None

    def keep(self, chore: Chore, report: dict[str, Any]) -> None:
        with self._lock:
            kept = [{"chore": chore, "at": now().text, "report": report}, *self._read()][:KEPT]
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside = self._path.with_suffix(".part")
            with beside.open("wb") as file:
                file.write(orjson.dumps(kept))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)

    def last(self) -> list[ChoreReport]:
        """The latest first."""
        return [ChoreReport.model_validate(each) for each in self._read()]

    def _read(self) -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = orjson.loads(self._path.read_bytes())
        except (FileNotFoundError, orjson.JSONDecodeError):
            return []
        return found
