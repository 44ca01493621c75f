"""Opaque paging cursors, bound to the query that they continue."""

import base64
import binascii
import hashlib
from typing import Any

import orjson

from archive.errors import CursorMismatch, MalformedCursor


def fingerprint(request: dict[str, Any]) -> str:
    """A short digest of everything a cursor is bound to."""
    return hashlib.sha256(orjson.dumps(request, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def write(query: str, position: list[Any]) -> str:
    """`position`: JSON values."""
    return base64.urlsafe_b64encode(orjson.dumps([query, position])).decode().rstrip("=")


def read(cursor: str, query: str) -> list[Any]:
    """The position. Raises MalformedCursor, and CursorMismatch where it belongs to another query."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        owner, position = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not (isinstance(owner, str) and isinstance(position, list)):
            raise ValueError
    except (ValueError, TypeError, binascii.Error) as error:
        raise MalformedCursor("The cursor is not one of this archive's; start again without it.") from error
    if owner != query:
        raise CursorMismatch("The cursor belongs to a query with other parameters; start again without it.")
    return position
