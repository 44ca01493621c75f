"""The archive's memory: tables, queries and migrations; the only place with SQLAlchemy, and the only commit.

`with database.write() as conn:` and then the functions of the modules, each named for what it is about: `articles`, `addresses`,
`aliases`, `passages`, `changes`, `browse`, `revisions`, `sketches`, `stories`, `jobs`, `sources`, `keys`, `idempotency`, `meta`.
Importing this package alone loads no SQLAlchemy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from db.errors import DatabaseBusy, DatabaseError, DatabaseUnavailable, ExternalIdTaken, NotStorable, SchemaTooNew

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from db import (
        addresses,
        aliases,
        articles,
        browse,
        changes,
        filters,
        idempotency,
        jobs,
        keys,
        meta,
        passages,
        revisions,
        sketches,
        sources,
        stories,
        story_links,
        totals,
    )
    from db.session import Database

__all__ = [
    "Connection",
    "Database",
    "DatabaseBusy",
    "DatabaseError",
    "DatabaseUnavailable",
    "ExternalIdTaken",
    "NotStorable",
    "SchemaTooNew",
    "addresses",
    "aliases",
    "articles",
    "browse",
    "changes",
    "filters",
    "idempotency",
    "jobs",
    "keys",
    "meta",
    "passages",
    "revisions",
    "sketches",
    "sources",
    "stories",
    "story_links",
    "totals",
]


def __getattr__(name: str) -> Any:
    if name in {"Connection", "Database"}:
        return getattr(import_module("db.session"), name)
    if name in __all__:
        return import_module(f"db.{name}")
    raise AttributeError(f"module 'db' has no attribute {name!r}")
