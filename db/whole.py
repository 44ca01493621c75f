"""Articles with all that an answer shows of them, in one statement: what belongs to an article comes as JSON beside its row."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import JSON, Column, Connection, ScalarSelect, Table, Text, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from db import rows
from db.dialects import among_given
from db.records import Article, Keys
from db.tables import article_labels, articles, paragraphs, passages


@dataclass(frozen=True)
class Whole:
    """An article with its paragraphs. `paragraphs` and `passages` say by their internal keys which paragraph (its ordinal) is
    meant, or stood for."""

    article: Article
    paragraphs: Mapping[int, int]
    passages: Mapping[int, int]


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


def _of_article(table: Table, *columns: Column[Any]) -> ScalarSelect[str]:
    return select(_Gathered(*columns)).where(table.c.article == articles.c.key).scalar_subquery()


_label, _part, _passage = article_labels.c, paragraphs.c, passages.c
_SELECT = select(
    *rows.columns(extra=False),
    _of_article(article_labels, _label.field, _label.position, _label.value).label("labels"),
    _of_article(paragraphs, _part.ordinal, _part.key, *rows.PARAGRAPH).label("paragraphs"),
    _of_article(passages, _passage.key, _passage.paragraph).label("passages"),
).where(among_given(articles.c.key))


def whole(conn: Connection, keys: Iterable[int] | Keys) -> dict[int, Whole]:
    """Those of the articles that exist."""
    found = conn.execute(_SELECT, {"keys": keys}).mappings()
    return {row["key"]: _whole(row) for row in found}


def _whole(row: Mapping[Any, Any]) -> Whole:
    labels: dict[str, list[str]] = defaultdict(list)
    for field, _, value in sorted(orjson.loads(row["labels"])):
        labels[field].append(value)
    parts = sorted(orjson.loads(row["paragraphs"]))
    return Whole(
        article=rows.article(row, labels, paragraphs=tuple(rows.paragraph(*part[2:]) for part in parts)),
        paragraphs={part[1]: part[0] for part in parts},
        passages=dict(orjson.loads(row["passages"])),
    )
