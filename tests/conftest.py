"""A server of its own process, for tests that go through the front door."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

Serving = Callable[..., AbstractContextManager[str]]

START = "from shell.main import run; run()"


@contextmanager
def _serving(data: Path, *arguments: str, command: str = "serve", **environment: str) -> Iterator[str]:
    settings = {"BACKFILE_MODEL": "hashing", "BACKFILE_LOG_LEVEL": "warning", **environment}
    process = subprocess.Popen(
        [sys.executable, "-c", START, command, "--data", str(data), "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        env={**{name: value for name, value in os.environ.items() if not name.startswith("BACKFILE_")}, **settings},
        text=True,
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.startswith("Backfile is at http://"), f"the server did not start: {first!r}, exit code {process.poll()}"
        yield first.split()[3]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        process.stdout.close()


@pytest.fixture(scope="session")
def serving() -> Serving:
    """`with serving(folder) as url`: a server on a free port, with the hashing encoder unless `BACKFILE_MODEL` says otherwise."""
    return _serving


@pytest.fixture(scope="session")
def samples() -> Path:
    return Path(__file__).parent.parent / "samples"


@pytest.fixture(scope="session")
def sample_archive(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Path:
    """A data folder with the samples in it, under the hashing encoder. Not to be changed."""
    folder = tmp_path_factory.mktemp("samples") / "data"
    environment = {**os.environ, "BACKFILE_MODEL": "hashing"}
    command = [sys.executable, "-c", START, "import", "--data", str(folder), str(samples)]
    subprocess.run(command, check=True, env=environment, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def sample_server(serving: Serving, sample_archive: Path) -> Iterator[str]:
    """The URL of a server on the samples. Not to be changed."""
    with serving(sample_archive) as url:
        yield url
