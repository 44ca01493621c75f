"""Sources that are watched: what is asked how often, how that went, and what each has listed so far."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from sqlalchemy import Connection, Row, delete, func, select, update

from db import identity
from db.dialects import among, insert
from db.jobs import Counts
from db.records import Moment
from db.tables import source_entries, sources

SourceKind: TypeAlias = Literal["auto", "feed", "sitemap", "list"]

TRIES: Final = 5
"""So often an entry that cannot be read for a reason that may pass is tried again."""


class Entry(NamedTuple):
    """Something that a source lists, and what it says of its state."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """`etag` and `last_modified`: of the list when it was last read whole. `failures`: how often in a row it could not be read;
    `code` and `detail` say why, the last time. `counts`: what became of all that it has listed."""

    key: int
    id: str
    url: str
    kind: SourceKind
    options: Mapping[str, Any]
    interval_s: int
    paused: bool
    created_at: Moment
    due_at: Moment
    checked_at: Moment | None
    changed_at: Moment | None
    etag: str | None
    last_modified: str | None
    failures: int
    code: str | None
    detail: str | None
    counts: Counts


def create(
    conn: Connection, url: str, url_key: str, kind: SourceKind, options: Mapping[str, Any], interval_s: int, now: Moment
) -> tuple[Source, bool]:
    """The source of that address, and whether it is new."""
    row = {
        "id": f"w_{secrets.token_hex(8)}",
        "url": url,
        "url_key": identity.index_key(url_key),
        "kind": kind,
        "options": dict(options),
        "interval_s": interval_s,
        "paused": False,
        "created_micros": now.micros,
        "due_micros": now.micros,
        **dict.fromkeys(("failures", *Counts._fields), 0),
    }
    made = conn.execute(insert(conn, sources).values(row).on_conflict_do_nothing(index_elements=["url_key"])).rowcount == 1
    found = conn.execute(select(sources).where(sources.c.url_key == row["url_key"])).one()
    return _source(found), made


def get(conn: Connection, id: str) -> Source | None:
    row = conn.execute(select(sources).where(sources.c.id == id)).one_or_none()
    return None if row is None else _source(row)


def by_key(conn: Connection, key: int) -> Source | None:
    row = conn.execute(select(sources).where(sources.c.key == key)).one_or_none()
    return None if row is None else _source(row)


def at(conn: Connection, url_key: str) -> int | None:
    """The key of the source with that address."""
    return conn.execute(select(sources.c.key).where(sources.c.url_key == url_key)).scalar_one_or_none()


def page(conn: Connection, after: int, limit: int) -> list[Source]:
    """Oldest first: those whose key is greater than `after`."""
    query = select(sources).where(sources.c.key > after).order_by(sources.c.key).limit(limit)
    return [_source(row) for row in conn.execute(query)]


def count(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(sources)).scalar_one()


def due(conn: Connection, now: Moment) -> list[int]:
    """The keys of those to be looked at, longest due first."""
    waiting = sources.c.paused.is_(False) & (sources.c.due_micros <= now.micros)
    return list(conn.execute(select(sources.c.key).where(waiting).order_by(sources.c.due_micros)).scalars())


def change(conn: Connection, key: int, **values: Any) -> None:
    """Set columns by their names; moments are given in microseconds."""
    conn.execute(update(sources).where(sources.c.key == key).values(values))


def remove(conn: Connection, key: int) -> None:
    """What came from it stays in the archive."""
    conn.execute(delete(sources).where(sources.c.key == key))


def count_in(conn: Connection, key: int, counts: Counts) -> None:
    more = {name: sources.c[name] + count for name, count in counts._asdict().items()}
    conn.execute(update(sources).where(sources.c.key == key).values(more))


def read_before(conn: Connection, key: int, entries: Iterable[Entry]) -> set[Entry]:
    """Those of the entries that need not be read again."""
    wanted = {identity.index_key(entry.name): entry for entry in entries}
    column = source_entries.c
    query = select(column.entry, column.version, column.failures).where(column.source == key, among(column.entry, wanted))
    return {
        wanted[row.entry]
        for row in conn.execute(query)
        if row.version == wanted[row.entry].version and (row.failures == 0 or row.failures >= TRIES)
    }


def note_read(conn: Connection, key: int, entries: Mapping[Entry, bool]) -> bool:
    """Remember what has been read, and whether it could be; whether something is to be tried again."""
    again = False
    for entry, read in entries.items():
        name = identity.index_key(entry.name)
        column = source_entries.c
        row = conn.execute(
            select(column.version, column.failures).where(column.source == key, column.entry == name)
        ).one_or_none()
        before: int = row.failures if row is not None and row.version == entry.version else 0
        failures = 0 if read else before + 1
        values = {"version": entry.version, "failures": failures}
        again = again or 0 < failures < TRIES
        statement = insert(conn, source_entries).values(source=key, entry=name, **values)
        conn.execute(statement.on_conflict_do_update(index_elements=["source", "entry"], set_=values))
    return again


def _source(row: Row[*tuple[Any, ...]]) -> Source:
    return Source(
        key=row.key,
        id=row.id,
        url=row.url,
        kind=row.kind,
        options=row.options,
        interval_s=row.interval_s,
        paused=row.paused,
        created_at=Moment.at(row.created_micros),
        due_at=Moment.at(row.due_micros),
        checked_at=_moment(row.checked_micros),
        changed_at=_moment(row.changed_micros),
        etag=row.etag,
        last_modified=row.last_modified,
        failures=row.failures,
        code=row.code,
        detail=row.detail,
        counts=Counts(*(getattr(row, name) for name in Counts._fields)),
    )


def _moment(micros: int | None) -> Moment | None:
    return None if micros is None else Moment.at(micros)
