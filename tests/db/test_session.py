"""Snapshots, turns, locks and failures, with real processes where they matter."""

import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

import db
from db import changes, meta
from db.errors import DatabaseBusy, DatabaseError, DatabaseUnavailable
from db.session import FILE_NAME, Database

HOLD = """
import sys
from db import Database
with Database(sys.argv[1]).exclusive("encoding", wait=0) as held:
    print(held, flush=True)
    sys.stdin.read()
"""


def test_a_read_sees_one_moment(database, url):
    other = Database(url)
    with database.read() as conn:
        assert changes.seq(conn) == 0
        with other.write() as writing:
            changes.tick(writing)
        assert changes.seq(conn) == 0
    with database.read() as conn:
        assert changes.seq(conn) == 1
    other.dispose()


def test_a_read_cannot_write(database):
    with pytest.raises(Exception, match=r"(?i)read-?only"), database.read() as conn:
        changes.tick(conn)
    with database.read() as conn:
        assert changes.seq(conn) == 0


def test_a_write_that_fails_leaves_nothing(database):
    with pytest.raises(ZeroDivisionError), database.write() as conn:
        assert changes.tick(conn) / 0
    with database.read() as conn:
        assert changes.seq(conn) == 0


def test_writers_take_turns(database, url):
    """What a block has read is still true when it writes."""

    def count_up(writer: Database) -> None:
        for _ in range(20):
            with writer.write() as conn:
                meta.set(conn, "n", str(int(meta.get(conn, "n") or 0) + 1))

    other = Database(url)
    threads = [threading.Thread(target=count_up, args=(writer,)) for writer in (database, database, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as conn:
        assert meta.get(conn, "n") == "60"
    other.dispose()


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_writer_that_waits_too_long_is_told(url, elsewhere):
    patient, hasty = Database(url), Database(url, patience=0.1)
    holder = patient if elsewhere else hasty
    with holder.write() as conn:
        changes.tick(conn)
        with pytest.raises(DatabaseBusy), hasty.write():
            pytest.fail("two writers at once")
    with hasty.write() as conn:
        assert changes.tick(conn) == 2
    for database in (patient, hasty):
        database.dispose()


def test_one_holder_at_a_time(database, url):
    other = Database(url)
    with database.exclusive("encoding", wait=None) as held:
        assert held
        for second in (database, other):
            with second.exclusive("encoding", wait=0.1) as also:
                assert not also
        with other.exclusive("snapshot", wait=0) as unrelated:
            assert unrelated
    with other.exclusive("encoding", wait=0) as later:
        assert later
    other.dispose()


def test_an_error_inside_frees_the_lock(database):
    with pytest.raises(ZeroDivisionError), database.exclusive("encoding", wait=0):
        raise ZeroDivisionError
    with database.exclusive("encoding", wait=0) as held:
        assert held


def test_death_frees_the_lock(database):
    url = database.url.render_as_string(hide_password=False)
    holder = subprocess.Popen([sys.executable, "-c", HOLD, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with holder:
        assert holder.stdout.readline() == "True\n"
        with database.exclusive("encoding", wait=0) as held:
            assert not held
        holder.send_signal(signal.SIGKILL)
    with database.exclusive("encoding", wait=10) as held:
        assert held


def test_waiting_for_a_lock_ends_when_it_is_free(database):
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with database.exclusive("encoding", wait=0):
            entered.set()
            leave.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    entered.wait()
    threading.Timer(0.1, leave.set).start()
    with database.exclusive("encoding", wait=None) as held:
        assert held
    thread.join()


def test_a_folder_or_a_url_names_a_database(tmp_path):
    database = Database.at(tmp_path / "new" / "folder")
    assert database.dialect == "sqlite"
    database.migrate()
    assert (tmp_path / "new" / "folder" / FILE_NAME).exists()
    database.dispose()
    assert Database.at("postgresql://u:p@host/name").url.drivername == "postgresql+psycopg"
    assert Database.at(f"sqlite:///{tmp_path}/x.db").dialect == "sqlite"


def test_sqlite_writes_ahead_and_through_to_the_disk(tmp_path):
    database = Database.at(tmp_path)
    database.migrate()
    with database.write() as conn:
        settings = {name: conn.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")}
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/name", "oracle://u:secret@host/name"])
def test_other_databases_are_refused(url):
    with pytest.raises(DatabaseUnavailable) as refused:
        Database(url)
    assert "secret" not in str(refused.value)


def test_what_cannot_be_reached_is_unavailable(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"no database at all" * 100)
    (tmp_path / "file").touch()
    for name in (tmp_path, "postgresql://postgres@127.0.0.1:1/none", f"sqlite:///{tmp_path}/absent/x.db"):
        with pytest.raises(DatabaseUnavailable):
            Database.at(name).migrate()
    with pytest.raises(DatabaseUnavailable):
        Database.at(tmp_path / "file" / "folder")


def test_mistakes_of_ours_are_not_taken_for_failures(database):
    with pytest.raises(Exception, match="absent") as mistake, database.read() as conn:
        conn.execute(text("SELECT * FROM absent"))
    assert not isinstance(mistake.value, DatabaseError)


def test_only_the_session_commits():
    package = Path(db.__file__).parent
    committing = re.compile(r"\.commit\(|\.begin\(|autocommit", re.IGNORECASE)
    found = {path.name for path in package.rglob("*.py") if committing.search(path.read_text())}
    assert found == {"session.py"}


def test_every_export_exists():
    assert all(getattr(db, name) for name in db.__all__)
    with pytest.raises(AttributeError):
        db.nothing  # noqa: B018
