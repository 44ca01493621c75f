"""A real server process on loopback, for the length of a measurement."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

START_S = 120


@dataclass(frozen=True)
class RunningServer:
    url: str
    process: "subprocess.Popen[bytes]"

    def kill(self) -> None:
        """At once, as a power cut would: no chance to tidy up."""
        self.process.kill()
        self.process.wait()


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
        process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=output, stderr=output)
    running = RunningServer(f"http://127.0.0.1:{port}", process)
    try:
        _until_ready(running, log, ready)
        yield running
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _until_ready(running: RunningServer, log: Path, ready: str) -> None:
    deadline = time.monotonic() + START_S
    with httpx.Client(timeout=5) as client:
        while time.monotonic() < deadline and running.process.poll() is None:
            try:
                if client.get(running.url + ready).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.02)
    running.kill()
    raise RuntimeError(f"the server did not become ready; its log: {log.read_text()[-2000:]}")
