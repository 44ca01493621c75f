"""How far any process has read, so that what one has found all find.

Processes that have the same archive open look for each other's writes now and then. Who got an answer from one of them and asks
another expects no less of it: so each notes in a file how far it has read, and reads so far itself before it answers. Looking
takes 0.1 µs, because the file is mapped; what is to be read is in the database by then, or on disk.
"""

import mmap
from pathlib import Path
from typing import Final

from filelock import FileLock

FILE: Final = "reached"
_BYTES: Final = 8


class Pace:
    """One number in a folder of indexes, which only grows. On the machine that the folder is on; of no use to others."""

    def __init__(self, folder: Path) -> None:
        path = folder / FILE
        self._lock = FileLock(folder / f"{FILE}.lock")
        with self._lock, path.open("a+b") as file:
            file.truncate(_BYTES)
            self._seq = memoryview(mmap.mmap(file.fileno(), _BYTES)).cast("q")

    @property
    def seq(self) -> int:
        """How far the one that is farthest has read."""
        return self._seq[0]

    def note(self, seq: int) -> None:
        """This process has read up to there."""
        if seq > self.seq:
            with self._lock:
                self._seq[0] = max(seq, self.seq)
