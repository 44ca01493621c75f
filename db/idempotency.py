"""Answers to requests that carry an Idempotency-Key: the first one works, the others get its answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from db.records import Moment
from db.tables import idempotency

_DEAD_AFTER = 60 * 1_000_000
"""Microseconds after which an unanswered claim is taken for that of a process that died."""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer to the first request with the key."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Claim = StoredAnswer | Literal["claimed", "in_progress", "mismatch"]


def claim(conn: Connection, owner: str, key: str, fingerprint: str, now: Moment) -> Claim:
    """Ask to be the one who does the work that the key stands for.

    `claimed`: it is ours, and ends with `complete` or `release`. `in_progress`: another request is at it. `mismatch`: the key
    was used for a request with another fingerprint. Otherwise the work has been done, and this was the answer."""
    column = idempotency.c
    query = select(column.fingerprint, column.claimed_micros, column.status, column.headers, column.body)
    row = conn.execute(query.where(*_named(owner, key))).one_or_none()
    if row is None:
        values = {"owner": owner, "key": key, "fingerprint": fingerprint, "claimed_micros": now.micros}
        conn.execute(insert(idempotency), values)
        return "claimed"
    if row.fingerprint != fingerprint:
        return "mismatch"
    if row.status is not None:
        return StoredAnswer(row.status, row.headers, row.body)
    if now.micros - row.claimed_micros < _DEAD_AFTER:
        return "in_progress"
    conn.execute(update(idempotency).where(*_named(owner, key)).values(claimed_micros=now.micros))
    return "claimed"


def complete(conn: Connection, owner: str, key: str, answer: StoredAnswer) -> None:
    """Keep the answer for those who ask again."""
    values = {"status": answer.status, "headers": dict(answer.headers), "body": answer.body}
    conn.execute(update(idempotency).where(*_named(owner, key)).values(values))


def release(conn: Connection, owner: str, key: str) -> None:
    """Give a claim up unanswered, so that the next request may try."""
    conn.execute(delete(idempotency).where(*_named(owner, key), idempotency.c.status.is_(None)))


def prune(conn: Connection, older_than: Moment) -> int:
    """Forget what was claimed before that, and say how many that were."""
    return conn.execute(delete(idempotency).where(idempotency.c.claimed_micros < older_than.micros)).rowcount


def _named(owner: str, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return idempotency.c.owner == owner, idempotency.c.key == key
