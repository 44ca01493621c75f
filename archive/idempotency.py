"""Requests that may be sent twice and must act once."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from archive.clock import now
from archive.errors import IdempotencyInProgress, IdempotencyMismatch
from db import idempotency
from db.idempotency import StoredAnswer as Stored
from db.records import Moment

if TYPE_CHECKING:
    from archive.archive import Archive

__all__ = ["Stored", "claim", "keep", "release"]

KEPT = timedelta(hours=24)


def claim(archive: "Archive", owner: str, key: str, fingerprint: str) -> Stored | None:
    with archive.db.write() as conn:
        idempotency.prune(conn, Moment.of(datetime.now(UTC) - KEPT))
        found = idempotency.claim(conn, owner, key, fingerprint, now())
    if found == "mismatch":
        raise IdempotencyMismatch("This Idempotency-Key was used for another request; take a new one.")
    if found == "in_progress":
        raise IdempotencyInProgress("The first request with this Idempotency-Key is still being worked on; try again shortly.")
    return None if found == "claimed" else found


def keep(archive: "Archive", owner: str, key: str, answer: Stored) -> None:
    with archive.db.write() as conn:
        idempotency.complete(conn, owner, key, answer)


def release(archive: "Archive", owner: str, key: str) -> None:
    with archive.db.write() as conn:
        idempotency.release(conn, owner, key)
