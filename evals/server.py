"""A real server process on loopback, for the length of a measurement."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

START_S = 120


@contextmanager
def server(data: Path, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """The URL of a `backfile serve` over that data folder, ready to answer."""
    port = free_port()
    command = [sys.executable, "-m", "shell.main", "--data", str(data), "serve", "--port", str(port)]
    log = data.parent / f"{data.name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=output, stderr=output)
    try:
        url = f"http://127.0.0.1:{port}"
        _until_ready(url, process, log)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    process.kill()
    raise RuntimeError(f"the server did not become ready; its log: {log.read_text()[-2000:]}")
