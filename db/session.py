"""Opens the database: one snapshot to read from, one writer at a time, and the only commit of the program."""

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url, text

from db import migrations
from db.errors import DatabaseBusy, DatabaseError, DatabaseUnavailable

FILE_NAME = "backfile.db"
_MAPPED = "mmap_size=268435456"
_READER = ("foreign_keys=ON", "cache_size=-1024", _MAPPED, "query_only=ON")
"""Pages are read where the system has them anyway: a cache for each of the readers would be 4 MB more of memory,
and an article's page takes 6 % longer with it."""
_WRITER = ("synchronous=FULL", "foreign_keys=ON", "cache_size=-4096", _MAPPED, "secure_delete=ON")


class Database:
    """A database by its URL: `sqlite:///path/to/file` or `postgresql://user@host/name`.

    May be shared by threads. Nothing is opened before the first use; call `migrate` before any other. `patience` is how many
    seconds a writer waits for its turn before DatabaseBusy.
    """

    def __init__(self, url: str, *, patience: float = 30) -> None:
        self.url = _with_driver(make_url(url))
        self.dialect: Literal["sqlite", "postgresql"] = _dialect(self.url)
        self.patience = patience
        engines = _sqlite_engines if self.dialect == "sqlite" else _postgresql_engines
        self._reader, self._writer = engines(self.url, patience)

    @classmethod
    def at(cls, folder_or_url: str | Path) -> Self:
        """The database of a data folder, made if absent; or one named by a URL."""
        if isinstance(folder_or_url, str) and "://" in folder_or_url:
            return cls(folder_or_url)
        folder = Path(folder_or_url).expanduser().resolve()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseUnavailable(f"cannot make the folder {folder}: {error}") from error
        return cls(URL.create("sqlite", database=str(folder / FILE_NAME)).render_as_string())

    def migrate(self) -> None:
        """Bring the schema to the newest version; cheap when it is. Several processes may start at once.

        Raises SchemaTooNew for data of a newer version of the program."""
        if self._is_current():
            return
        with self.exclusive("migration", wait=None), self._transaction() as conn:
            if not migrations.is_current(conn):
                migrations.upgrade(conn)

    def _is_current(self) -> bool:
        if self.dialect == "sqlite":
            self._use_wal()
        with self.read() as conn:
            return migrations.is_current(conn)

    def _use_wal(self) -> None:
        """The journal mode is a property of the file; changing it takes the whole file, so only where it is needed."""
        with _translated(), self._writer.connect() as conn:
            cursor = conn.connection.cursor()
            if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                with self.exclusive("migration", wait=None):
                    cursor.execute("PRAGMA journal_mode=WAL")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection on one snapshot of the database, that cannot write. Closing it ends the transaction."""
        with _translated(), self._reader.connect() as conn:
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection with the one right to write; commits at the end of the block, or rolls everything back.

        Writers take turns, on either engine, so what a block has read stays true until it commits. Not to be nested."""
        with self._transaction() as conn:
            if self.dialect == "postgresql":
                conn.execute(text(f"SET LOCAL lock_timeout = {int(self.patience * 1000)}"))
                conn.execute(text("SELECT seq FROM clock FOR UPDATE"))
            yield conn

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with _translated(), self._writer.begin() as conn:
            yield conn

    @contextmanager
    def exclusive(self, name: str, *, wait: float | None) -> Iterator[bool]:
        """Whether we hold `name` during the block, alone among all processes and threads that use this database.

        Waits up to `wait` seconds for it (None: for as long as it takes). The kernel or the server frees it when its
        holder dies."""
        held = self._file_lock(name, wait) if self.dialect == "sqlite" else self._advisory_lock(name, wait)
        with held as holding:
            yield holding

    @contextmanager
    def _file_lock(self, name: str, wait: float | None) -> Iterator[bool]:
        lock = FileLock(f"{self.url.database}.{name}.lock", timeout=-1 if wait is None else wait, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
        except OSError as error:
            raise DatabaseUnavailable(f"cannot lock {lock.lock_file}: {error}") from error
        try:
            yield True
        finally:
            lock.release()

    def forget_exclusive(self, name: str) -> None:
        """Remove what a lock leaves behind. Only where nobody will do anything any more under that name: a file that is removed
        while another waits for it locks nobody out."""
        if self.dialect == "sqlite":
            Path(f"{self.url.database}.{name}.lock").unlink(missing_ok=True)

    @contextmanager
    def _advisory_lock(self, name: str, wait: float | None) -> Iterator[bool]:
        deadline = None if wait is None else time.monotonic() + wait
        number = int.from_bytes(hashlib.sha256(f"backfile {name}".encode()).digest()[:8], signed=True)
        with _translated(), self._writer.connect() as conn:
            conn.execution_options(isolation_level="AUTOCOMMIT")
            conn.detach()  # closing it really ends the server's session, and with it the lock
            while not (holding := conn.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": number})):
                if deadline is not None and time.monotonic() >= deadline:
                    break
                time.sleep(0.05)
            yield bool(holding)

    def dispose(self) -> None:
        """Close what is open."""
        self._reader.dispose()
        self._writer.dispose()


def _with_driver(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg") if url.drivername in {"postgresql", "postgres"} else url


def _dialect(url: URL) -> Literal["sqlite", "postgresql"]:
    match url.get_backend_name():
        case "sqlite" if url.database not in (None, "", ":memory:"):
            return "sqlite"
        case "postgresql":
            return "postgresql"
    raise DatabaseUnavailable(f"{url.render_as_string()} is neither a file of SQLite nor a database of PostgreSQL")


def _sqlite_engines(url: URL, patience: float) -> tuple[Engine, Engine]:
    """Readers that cannot write, and a single writer, for whose turn threads wait in line rather than poll."""
    options: dict[str, Any] = {"connect_args": {"timeout": patience}, "pool_timeout": patience, "json_serializer": _json}
    reader = create_engine(url, pool_size=8, max_overflow=56, **options)
    writer = create_engine(url, pool_size=1, max_overflow=0, **options)
    for engine, pragmas, begin in ((reader, _READER, "BEGIN"), (writer, _WRITER, "BEGIN IMMEDIATE")):
        event.listen(engine, "connect", _preparer(pragmas))
        event.listen(engine, "begin", partial(Connection.exec_driver_sql, statement=begin))
    return reader, writer


def _preparer(pragmas: tuple[str, ...]) -> Any:
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver opens no transaction by itself: see `_sqlite_engines`
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    return prepare


def _postgresql_engines(url: URL, patience: float) -> tuple[Engine, Engine]:
    engine = create_engine(
        url,
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=24,
        pool_timeout=patience,
        connect_args={"connect_timeout": 10},
        json_serializer=_json,
    )
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True), engine


_json = partial(json.dumps, ensure_ascii=False, default=dict)


@contextmanager
def _translated() -> Iterator[None]:
    """The database's own failures as ours; mistakes of statements or data pass through as they are."""
    try:
        yield
    except exc.TimeoutError as error:
        raise DatabaseBusy("no connection became free in time") from error
    except exc.DBAPIError as error:
        failure = _failure(error)
        if failure is None:
            raise
        raise failure from error


_SQLITE_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_SQLITE_BROKEN = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}
_POSTGRESQL_BUSY = {"55P03", "40001", "40P01"}  # lock_not_available, serialization_failure, deadlock_detected
_POSTGRESQL_BROKEN = ("08", "28", "3D", "53", "57P", "58", "XX")
"""connection, authorization, no such database, resources, shutdown, system error, corruption"""


def _failure(error: exc.DBAPIError) -> DatabaseError | None:
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        busy, broken = code in _SQLITE_BUSY, code in _SQLITE_BROKEN
    else:
        state = getattr(cause, "sqlstate", None)
        busy = state in _POSTGRESQL_BUSY
        broken = error.connection_invalidated or (
            isinstance(error, exc.OperationalError) if state is None else state.startswith(_POSTGRESQL_BROKEN)
        )
    if busy:
        return DatabaseBusy(f"the database is busy: {cause}")
    return DatabaseUnavailable(f"the database cannot be used: {cause}") if broken else None
