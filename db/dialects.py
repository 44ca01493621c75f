"""The few statements that SQLite and PostgreSQL spell differently."""

import json
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, ColumnElement, Connection, Dialect, Integer, Table, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

EXACT = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts and compares by code point on both, as Python's str does."""


class _Values(TypeDecorator[list[Any]]):
    """A list as one parameter: a JSON array for SQLite, an array for PostgreSQL."""

    impl = Text
    cache_ok = True

    def __init__(self, of: type[int] | type[str]) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(ARRAY(BigInteger() if self.of is int else Text()))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> Any:
        return value if dialect.name == "postgresql" else json.dumps(value)


class _Among(FunctionElement[bool]):
    name = "among"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> "_Among":
        """As it is: `… = 1`, which SQLite gets for other functions of truth, would keep it from using an index."""
        return self


@compiles(_Among, "sqlite")
def _among_sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = element.clauses
    return f"{compiler.process(column, **options)} IN (SELECT value FROM json_each({compiler.process(values, **options)}))"


@compiles(_Among, "postgresql")
def _among_postgresql(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = element.clauses
    return f"{compiler.process(column, **options)} = ANY({compiler.process(values, **options)})"


def among(column: ColumnElement[Any], values: Iterable[int] | Iterable[str]) -> ColumnElement[bool]:
    """`column IN values` for any number of values, as one parameter and one compiled statement.

    SQLite takes at most 32,766 parameters, and a list of changing length is compiled anew each time.
    """
    listed = values.tolist() if hasattr(values, "tolist") else list(values)
    of = int if isinstance(column.type, Integer) else str
    return _Among(column, bindparam(None, listed, type_=_Values(of), unique=True))


def insert(conn: Connection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT. Only the dialect that is used is loaded."""
    return import_module(f"sqlalchemy.dialects.{conn.dialect.name}").insert(table)
