"""What a map shows of articles, for many at once."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, and_, select

from db.dialects import among
from db.filters import where
from db.records import Filters, Keys
from db.tables import article_labels, articles


class Point(NamedTuple):
    """`category`: the first of them. `day`: `2021-03-04`, or as much of it as is known."""

    key: int
    id: str
    title: str
    day: str | None
    source: str | None
    category: str | None


def points(conn: Connection, keys: Keys, filters: Filters) -> Iterator[Point]:
    """Of those of the articles that exist and pass the filters, by key."""
    column, first = articles.c, article_labels.alias()  # filters look into the labels too
    category = and_(first.c.article == column.key, first.c.field == "category", first.c.position == 0)
    query = select(column.key, column.id, column.title, column.published_day, column.source, first.c.value)
    query = query.select_from(articles.outerjoin(first, category)).where(among(column.key, keys), *where(filters))
    return map(Point._make, conn.execute(query.order_by(column.key)))
