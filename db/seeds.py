"""What related articles have to know of an article they start from, in statements that are prepared once."""

from typing import Final

from sqlalchemy import BindParameter, Connection, bindparam, select

from db.records import Passage
from db.tables import articles, paragraphs, passages

_KEY: Final[BindParameter[int]] = bindparam("key")
_WORDING: Final = (
    select(articles.c.title, paragraphs.c.text)
    .select_from(articles.outerjoin(paragraphs, paragraphs.c.article == articles.c.key))
    .where(articles.c.key == _KEY)
    .order_by(paragraphs.c.ordinal)
)
_PASSAGES: Final = (
    select(
        *(
            passages.c[name]
            for name in ("key", "article", "ordinal", "paragraph", "first", "last", "starts", "ends", "tokens", "digest")
        )
    )
    .where(passages.c.article == _KEY)
    .order_by(passages.c.ordinal)
)


def wording(conn: Connection, key: int) -> tuple[str, list[str]]:
    """The title and the texts of the paragraphs. Raises KeyError when there is no such article."""
    found = conn.execute(_WORDING, {"key": key}).all()
    if not found:
        raise KeyError(key)
    return found[0][0], [text for _, text in found if text is not None]


def parts(conn: Connection, key: int) -> list[Passage]:
    """The article's passages, in order."""
    return [Passage(*row) for row in conn.execute(_PASSAGES, {"key": key})]
