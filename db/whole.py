"""Articles with all that an answer shows of them, in one statement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, select

from db import gathered, rows
from db.dialects import among_given
from db.records import Article, Keys
from db.tables import articles, paragraphs, passages


@dataclass(frozen=True)
class Whole:
    """An article with its paragraphs and references. `paragraphs` and `passages` say by their internal keys which paragraph (its
    ordinal) is meant, or stood for."""

    article: Article
    paragraphs: Mapping[int, int]
    passages: Mapping[int, int]


_SELECT = select(
    *rows.columns(paragraphs=True, references=True),
    gathered.of_article(paragraphs, paragraphs.c.key, paragraphs.c.ordinal).label("paragraph_keys"),
    gathered.of_article(passages, passages.c.key, passages.c.paragraph).label("passages"),
).where(among_given(articles.c.key))


def whole(conn: Connection, keys: Iterable[int] | Keys) -> dict[int, Whole]:
    """Those of the articles that exist."""
    found = conn.execute(_SELECT, {"keys": keys}).mappings()
    return {row["key"]: _whole(row) for row in found}


def _whole(row: Mapping[Any, Any]) -> Whole:
    return Whole(rows.article(row), dict(orjson.loads(row["paragraph_keys"])), dict(orjson.loads(row["passages"])))
