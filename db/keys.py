"""API keys. Only the sha256 of a secret is ever stored."""

import secrets
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from db.records import Key, Moment
from db.tables import api_keys

_KEY = tuple(
    api_keys.c[name] for name in ("id", "name", "prefix", "scopes", "created_micros", "expires_micros", "revoked_micros")
)


def create(
    conn: Connection,
    name: str,
    scopes: tuple[str, ...],
    secret_sha256: str,
    prefix: str,
    expires_at: Moment | None,
    now: Moment,
) -> Key:
    key = Key(f"k_{secrets.token_hex(6)}", name, prefix, scopes, now, expires_at)
    row = {"id": key.id, "name": name, "prefix": prefix, "scopes": list(scopes), "secret_sha256": secret_sha256}
    times = {"created_micros": now.micros, "expires_micros": expires_at and expires_at.micros}
    conn.execute(insert(api_keys), row | times)
    return key


def find(conn: Connection, secret_sha256: str) -> Key | None:
    """The key of that secret, also when it has expired or been revoked."""
    row = conn.execute(select(*_KEY).where(api_keys.c.secret_sha256 == secret_sha256)).one_or_none()
    return None if row is None else _key(row)


def all(conn: Connection) -> list[Key]:
    """Every key there has been, oldest first."""
    return [_key(row) for row in conn.execute(select(*_KEY).order_by(api_keys.c.created_micros, api_keys.c.id))]


def revoke(conn: Connection, id: str, now: Moment) -> bool:
    """End a key's life now; False when there is none, or it has ended already."""
    alive = (api_keys.c.id == id) & api_keys.c.revoked_micros.is_(None)
    return conn.execute(update(api_keys).where(alive).values(revoked_micros=now.micros)).rowcount == 1


def _key(row: Row[*tuple[Any, ...]]) -> Key:
    id, name, prefix, scopes, created, expires, revoked = row
    return Key(id, name, prefix, tuple(scopes), Moment.at(created), _moment(expires), _moment(revoked))


def _moment(micros: int | None) -> Moment | None:
    return None if micros is None else Moment.at(micros)
