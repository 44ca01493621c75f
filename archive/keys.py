"""API keys: who may do what. Only a digest of the secret is stored."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archive.answers import KeyOut, Keys, NewKey
from archive.clock import now
from archive.errors import FieldError, InvalidRequest, KeyExpired, KeyNotFound, KeyRequired, ScopeMissing
from db import keys
from db.records import Key, Moment

if TYPE_CHECKING:
    from archive.archive import Archive

SCOPES = ("read", "write", "admin")
"""Each includes those before it."""
PREFIX = "bf_"


def create(archive: "Archive", name: str, scopes: Sequence[str], expires_at: datetime | None) -> NewKey:
    errors = [FieldError("/scopes", f"{scope!r} is none of {', '.join(SCOPES)}") for scope in scopes if scope not in SCOPES]
    if not scopes:
        errors.append(FieldError("/scopes", f"name at least one of {', '.join(SCOPES)}"))
    if not 1 <= len(name.strip()) <= 200:
        errors.append(FieldError("/name", "must have 1 to 200 characters"))
    if expires_at is not None and expires_at.tzinfo is None:
        expires_at = expires_at.replace(tzinfo=UTC)
    if expires_at is not None and expires_at <= datetime.now(UTC):
        errors.append(FieldError("/expires_at", "lies in the past"))
    if errors:
        raise InvalidRequest("The key cannot be made: " + "; ".join(f"{e.pointer} {e.detail}" for e in errors), errors)
    secret = PREFIX + secrets.token_urlsafe(32)
    expiry = Moment.of(expires_at.astimezone(UTC)) if expires_at else None
    with archive.db.write() as conn:
        key = keys.create(conn, name.strip(), tuple(scopes), _digest(secret), secret[:8], expiry, now())
    return NewKey(secret=secret, **_shown(key).model_dump())


def every(archive: "Archive") -> Keys:
    with archive.db.read() as conn:
        return Keys(items=[_shown(key) for key in keys.all(conn)])


def revoke(archive: "Archive", id: str) -> KeyOut:
    with archive.db.write() as conn:
        keys.revoke(conn, id, now())
        for key in keys.all(conn):
            if key.id == id:
                return _shown(key)
    raise KeyNotFound(id)


def authorize(archive: "Archive", secret: str | None, scope: str) -> str:
    if not secret:
        raise KeyRequired("This needs an API key: send `Authorization: Bearer bf_…`; `backfile keys create` makes one.")
    with archive.db.read() as conn:
        key = keys.find(conn, _digest(secret))
    if key is None:
        raise KeyRequired("The API key is not known here.")
    if not _usable(key):
        raise KeyExpired("The API key has expired or was revoked.")
    if not any(SCOPES.index(held) >= SCOPES.index(scope) for held in key.scopes):
        raise ScopeMissing(f"The API key lacks the scope {scope!r}; it has {', '.join(key.scopes)}.")
    return key.id


def exist(archive: "Archive") -> bool:
    with archive.db.read() as conn:
        return any(_usable(key) for key in keys.all(conn))


def _usable(key: Key) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at.micros > now().micros)


def _digest(secret: str) -> str:
    """A plain hash is enough: the secret has 256 random bits, there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _shown(key: Key) -> KeyOut:
    return KeyOut(
        id=key.id,
        name=key.name,
        scopes=list(key.scopes),
        created_at=key.created_at.text,
        expires_at=key.expires_at.text if key.expires_at else None,
        revoked_at=key.revoked_at.text if key.revoked_at else None,
    )
