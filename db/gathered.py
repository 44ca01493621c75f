"""What belongs to a row, as JSON beside it: an article and all of its parts come in one statement."""

from typing import Any

from sqlalchemy import JSON, Column, ScalarSelect, Table, Text, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from db.tables import articles


class _Gathered(FunctionElement[str]):
    """The columns of many rows as the text of one JSON array of arrays, in no order."""

    name = "gathered"
    type = Text()
    inherit_cache = True


@compiles(_Gathered, "sqlite")
def _gathered_sqlite(element: _Gathered, compiler: SQLCompiler, **options: Any) -> str:
    columns = ((column, compiler.process(column, **options)) for column in element.clauses)
    values = ", ".join(f"json({name})" if isinstance(column.type, JSON) else name for column, name in columns)
    return f"json_group_array(json_array({values}))"


@compiles(_Gathered, "postgresql")
def _gathered_postgresql(element: _Gathered, compiler: SQLCompiler, **options: Any) -> str:
    values = ", ".join(compiler.process(column, **options) for column in element.clauses)
    return f"CAST(coalesce(json_agg(json_build_array({values})), '[]') AS TEXT)"


def of_article(table: Table, *columns: Column[Any]) -> ScalarSelect[str]:
    """Of each row of `articles` the columns of the rows that belong to it."""
    return select(_Gathered(*columns)).where(table.c.article == articles.c.key).scalar_subquery()
