"""Brings a database's schema to the newest version. Alembic is imported only when there is something to do."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from db.errors import SchemaTooNew

HEAD = "0006"
"""The newest version; versions are numbered so that a later one is a greater string."""


def is_current(conn: Connection) -> bool:
    """Raises SchemaTooNew when the database has been written by a later version than this."""
    version = _version(conn)
    if version is not None and version > HEAD:
        raise SchemaTooNew(f"the database has schema {version}, this program knows up to {HEAD}: use a newer Backfile")
    return version == HEAD


def upgrade(conn: Connection) -> None:
    """Run the migrations that are missing, inside the transaction of `conn`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def _version(conn: Connection) -> str | None:
    if not inspect(conn).has_table("alembic_version"):
        return None
    version: str | None = conn.scalar(text("SELECT version_num FROM alembic_version"))
    return version
