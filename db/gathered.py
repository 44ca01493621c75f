"""Many rows as one value, JSON: an article and all that belongs to it come in one statement, and a million keys at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
from sqlalchemy import JSON, Column, ColumnElement, Connection, ScalarSelect, Table, Text, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from db.records import Keys
from db.tables import articles


class _Gathered(FunctionElement[str]):
    """The columns of many rows as the text of one JSON array, in no order: of values, or of arrays where there are several
    columns."""

    name = "gathered"
    type = Text()
    inherit_cache = True


@compiles(_Gathered, "sqlite")
def _gathered_sqlite(element: _Gathered, compiler: SQLCompiler, **options: Any) -> str:
    columns = ((column, compiler.process(column, **options)) for column in element.clauses)
    values = [f"json({name})" if isinstance(column.type, JSON) else name for column, name in columns]
    return f"json_group_array({_of_row('json_array', values)})"


@compiles(_Gathered, "postgresql")
def _gathered_postgresql(element: _Gathered, compiler: SQLCompiler, **options: Any) -> str:
    values = [compiler.process(column, **options) for column in element.clauses]
    return f"CAST(coalesce(json_agg({_of_row('json_build_array', values)}), '[]') AS TEXT)"


def _of_row(array: str, values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"{array}({', '.join(values)})"


def numbers(conn: Connection, column: Column[int], *conditions: ColumnElement[bool]) -> Keys:
    """int64 (n,): the column of all rows that meet the conditions, ascending. As one value: a row at a time, each number costs
    0.8 µs more."""
    found: str = conn.execute(select(_Gathered(column)).where(*conditions)).scalar_one()
    return np.sort(np.array(orjson.loads(found), np.int64))


def of_article(table: Table, *columns: Column[Any]) -> ScalarSelect[str]:
    """Of each row of `articles` the columns of the rows that belong to it."""
    return select(_Gathered(*columns)).where(table.c.article == articles.c.key).scalar_subquery()
