"""A real server process on loopback, for the length of a measurement."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

START_S = 120
AS_INSTALLED = {"PYTHONDONTWRITEBYTECODE": ""}
"""Programs are compiled once, when they are installed or first run; not at every start, as where this is set."""


@dataclass(frozen=True)
class RunningServer:
    url: str
    process: "subprocess.Popen[bytes]"

    def kill(self) -> None:
        """At once, as a power cut would: no chance to tidy up."""
        self._signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """With all that it started."""
        self._signal(signal.SIGTERM)
        self.process.wait(30)

    def peak_megabytes(self) -> float:
        """The most that was resident, pages of mapped files included: the high-water mark that the kernel keeps of each process,
        summed over the server and all processes under it that still run."""
        return sum(_high_water_kilobytes(pid) for pid in _family(self.process.pid)) / 1000

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


@contextmanager
def server(data: Path, environment: Mapping[str, str] | None = None) -> Iterator[RunningServer]:
    """A `backfile serve` over that data folder, ready to answer; stopped at the end."""
    port = free_port()
    command = [sys.executable, "-m", "shell.main", "serve", "--data", str(data), "--port", str(port)]
    with serving(command, port, data.parent / f"{data.name}.log", environment) as running:
        yield running


@contextmanager
def serving(
    command: Sequence[str], port: int, log: Path, environment: Mapping[str, str] | None = None, ready: str = "/readyz"
) -> Iterator[RunningServer]:
    """The process of any server that listens on that port, once it answers `ready` with 200; stopped at the end."""
    with log.open("ab") as output:
        variables = {**os.environ, **AS_INSTALLED, **(environment or {})}
        process = subprocess.Popen(command, env=variables, stdout=output, stderr=output, start_new_session=True)
    running = RunningServer(f"http://127.0.0.1:{port}", process)
    try:
        _until_ready(running, port, log, ready)
        yield running
    finally:
        running.stop()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _until_ready(running: RunningServer, port: int, log: Path, ready: str) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and running.process.poll() is None:
        if _answers(port, ready):
            return
        time.sleep(0.02)
    running.kill()
    raise RuntimeError(f"the server did not become ready; its log: {log.read_text()[-2000:]}")


def _answers(port: int, path: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _family(pid: int) -> list[int]:
    """The process and all under it; of Linux."""
    children = [int(child) for tasks in Path(f"/proc/{pid}/task").glob("*/children") for child in tasks.read_text().split()]
    return [pid, *(member for child in children for member in _family(child))]


def _high_water_kilobytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
