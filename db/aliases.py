"""The names that articles had, or were met under: they lead to an article for as long as none has them for its present names."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from sqlalchemy import Connection, delete, select

from db.dialects import among, among_given, insert
from db.tables import article_aliases

Kind = Literal["url", "ext"]
_column = article_aliases.c


class Name(NamedTuple):
    """What an article may be found by: `key` is the form that is compared, `value` the one that was written.

    The value of an `ext` is `SOURCE:ID`."""

    kind: Kind
    key: str
    value: str


_OF_ARTICLES = (
    select(_column.article, _column.kind, _column.key, _column.value)
    .where(among_given(_column.article))
    .order_by(_column.article, _column.kind, _column.key)
)


def of(conn: Connection, article: int) -> list[Name]:
    """Those of the article, in the order of their keys."""
    return of_many(conn, [article]).get(article, [])


def of_many(conn: Connection, articles: Sequence[int]) -> dict[int, list[Name]]:
    """Those of each of the articles; articles without any are absent."""
    found: dict[int, list[Name]] = {}
    for article, *name in conn.execute(_OF_ARTICLES, {"keys": articles}):
        found.setdefault(article, []).append(Name(*name))
    return found


def leading_to(conn: Connection, kind: Kind, keys: Sequence[str]) -> list[int]:
    """The articles that one of the keys led to, oldest first."""
    query = select(_column.article).where(_column.kind == kind, among(_column.key, keys)).distinct().order_by(_column.article)
    return list(conn.execute(query).scalars())


def present(conn: Connection, kind: Kind, keys: Sequence[str]) -> Sequence[str]:
    """Those of the keys that lead to something."""
    return conn.execute(select(_column.key).where(_column.kind == kind, among(_column.key, keys))).scalars().all()


def remember(conn: Connection, names: Iterable[tuple[int, Name]]) -> None:
    """Each name as one of that article; those that are known are left as they are. No change of an article: `seq` stays."""
    if rows := [{"article": article, **name._asdict()} for article, name in names]:
        conn.execute(insert(conn, article_aliases).on_conflict_do_nothing(), rows)


def forget(conn: Connection, article: int, names: Iterable[Name]) -> None:
    """The article has these as its present names again."""
    for kind in ("url", "ext"):
        keys = [name.key for name in names if name.kind == kind]
        if keys:
            own = (_column.article == article) & (_column.kind == kind)
            conn.execute(delete(article_aliases).where(own, among(_column.key, keys)))
