"""The change log: one clock, and for each article its latest place on it."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select, update

from db.dialects import insert
from db.records import Change, Moment
from db.tables import articles, changes, clock

_SEQ = select(clock.c.seq)


def seq(conn: Connection) -> int:
    """The number of the latest change; 0 in an empty archive."""
    latest: int = conn.execute(_SEQ).scalar_one()
    return latest


def tick(conn: Connection, steps: int = 1) -> int:
    """The last of the next numbers of the clock. Readers see numbers in order: writers take turns until their commit."""
    following: int = conn.execute(update(clock).values(seq=clock.c.seq + steps).returning(clock.c.seq)).scalar_one()
    return following


def note(conn: Connection, key: int, id: str, seq: int, *, deleted: bool, now: Moment) -> None:
    """Put the article's latest place into the log."""
    place = {"id": id, "seq": seq, "deleted": deleted, "at": now.micros}
    statement = insert(conn, changes).values(article_key=key, **place)
    conn.execute(statement.on_conflict_do_update(index_elements=["article_key"], set_=place))


def note_new(conn: Connection, places: Sequence[tuple[int, str, int]], now: Moment) -> None:
    """Put articles that were never there into the log: their keys, ids and places."""
    rows = [{"article_key": key, "id": id, "seq": seq, "deleted": False, "at": now.micros} for key, id, seq in places]
    conn.execute(insert(conn, changes), rows)


def touch(conn: Connection, key: int, id: str, *, deleted: bool, now: Moment) -> int:
    """Move the article to the end of the log, and say where that is."""
    place = tick(conn)
    note(conn, key, id, place, deleted=deleted, now=now)
    if not deleted:
        conn.execute(update(articles).where(articles.c.key == key).values(seq=place))
    return place


def after(conn: Connection, cursor: int, limit: int) -> list[Change]:
    """The first `limit` changes after the cursor, in order."""
    log = changes.c
    query = select(log.seq, log.article_key, log.id, log.deleted, log.at).where(log.seq > cursor).order_by(log.seq).limit(limit)
    return [Change(seq, article, id, deleted, Moment.at(at)) for seq, article, id, deleted, at in conn.execute(query)]


def count_after(conn: Connection, cursor: int) -> int:
    """How many changes lie after the cursor."""
    count: int = conn.execute(select(func.count()).select_from(changes).where(changes.c.seq > cursor)).scalar_one()
    return count


def latest(conn: Connection, cursor: int) -> Change | None:
    """The last change up to the cursor that has not been overtaken by a later one of its article."""
    log = changes.c
    query = (
        select(log.seq, log.article_key, log.id, log.deleted, log.at).where(log.seq <= cursor).order_by(log.seq.desc()).limit(1)
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else Change(row.seq, row.article_key, row.id, row.deleted, Moment.at(row.at))


def place(conn: Connection, id: str) -> int | None:
    """The article's latest place in the log; None if it was never there."""
    found: int | None = conn.execute(select(changes.c.seq).where(changes.c.id == id)).scalar_one_or_none()
    return found
