"""Migrations make what tables.py says, once, whoever runs them."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from db import migrations
from db.errors import SchemaTooNew
from db.session import Database
from db.tables import metadata


def test_migrations_make_the_tables(database):
    with database.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_newest_version_is_the_head_of_the_scripts():
    scripts = ScriptDirectory(migrations.__path__[0])
    assert scripts.get_heads() == [migrations.HEAD]
    numbers = [script.revision for script in scripts.walk_revisions()]
    assert numbers == sorted(numbers, reverse=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/with 100% care.db"
    make: Callable[[], str] = request.getfixturevalue("new_postgresql")
    return make()


def test_several_that_start_at_once_migrate_once(empty_url):
    databases = [Database(empty_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(Database.migrate, databases))
    with databases[0].read() as conn:
        assert conn.execute(text("SELECT one, seq FROM clock")).all() == [(1, 0)]
        assert migrations.is_current(conn)
    for database in databases:
        database.dispose()


def test_data_of_a_newer_program_is_refused(empty_url):
    database = Database(empty_url)
    database.migrate()
    with database.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaTooNew, match="9999"):
        database.migrate()
    database.dispose()


def test_alembic_is_loaded_only_to_migrate(database):
    check = "import sys; from db import Database; url = sys.argv[1]; Database(url).migrate(); assert 'alembic' not in sys.modules"
    subprocess.run([sys.executable, "-c", check, database.url.render_as_string(hide_password=False)], check=True)


def test_importing_db_loads_no_sqlalchemy():
    check = "import sys, db, db.records; assert 'sqlalchemy' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True)
