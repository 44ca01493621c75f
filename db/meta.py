"""Small facts about the archive itself, by name."""

from sqlalchemy import Connection, select

from db.dialects import insert
from db.tables import meta


def get(conn: Connection, name: str) -> str | None:
    return conn.execute(select(meta.c.value).where(meta.c.name == name)).scalar_one_or_none()


def set(conn: Connection, name: str, value: str) -> None:
    statement = insert(conn, meta).values(name=name, value=value)
    conn.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
