"""How much is stored, as numbers that each write keeps in step: counting a million rows would take longer than a search."""

from typing import NamedTuple

from sqlalchemy import Connection, select, update

from db.tables import clock


class Totals(NamedTuple):
    articles: int
    paragraphs: int
    passages: int


def read(conn: Connection) -> Totals:
    return Totals._make(conn.execute(select(clock.c.articles, clock.c.paragraphs, clock.c.passages)).one())


def add(conn: Connection, *, articles: int = 0, paragraphs: int = 0, passages: int = 0) -> None:
    """Note how many more there are; fewer, where negative."""
    more = {"articles": articles, "paragraphs": paragraphs, "passages": passages}
    conn.execute(update(clock).values({clock.c[name]: clock.c[name] + count for name, count in more.items()}))
