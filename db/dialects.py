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


class _Values(TypeDecorator[Any]):
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

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        listed = _listed(value)
        return listed if dialect.name == "postgresql" else json.dumps(listed)


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
    return _Among(column, bindparam(None, _listed(values), type_=_of(column), unique=True))


def among_given(column: ColumnElement[Any], name: str = "keys") -> ColumnElement[bool]:
    """As `among`, in a statement that is made once: the values are the parameter of that name. To make the statement of three
    joins anew, and to find that it is a known one, took longer than SQLite takes for it."""
    return _Among(column, bindparam(name, type_=_of(column)))


def _listed(values: Any) -> list[Any]:
    return values.tolist() if hasattr(values, "tolist") else list(values)


def _of(column: ColumnElement[Any]) -> _Values:
    return _Values(int if isinstance(column.type, Integer) else str)


def insert(conn: Connection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT. Only the dialect that is used is loaded."""
    return import_module(f"sqlalchemy.dialects.{conn.dialect.name}").insert(table)
