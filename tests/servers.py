"""A server of its own process, with its log."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

PROGRAM = "from api.serving import serve; from archive.settings import Settings; serve(Settings())"


class Server:
    """A real one, on a free port."""

    def __init__(self, folder: Path, **settings: str) -> None:
        environment = {"BACKFILE_DATA_DIR": str(folder), "BACKFILE_MODEL": "hashing", "BACKFILE_PORT": "0", **settings}
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (it is closed with the server)
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def stop(self) -> list[dict[str, Any]]:
        """Terminate it, and give back its log."""
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)
        self._log.seek(0)
        with self._log:
            return [json.loads(line) for line in self._log]

    def kill(self) -> None:
        """Where it still runs."""
        self.process.kill()
        self.process.communicate()
        self._log.close()
