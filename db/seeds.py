"""What related articles have to know of an article they start from, in statements that are prepared once."""

from typing import Final

from sqlalchemy import BindParameter, Connection, bindparam, func, select

from db.records import Passage
from db.tables import articles, paragraph_marks, paragraphs, passages

_KEY: Final[BindParameter[int]] = bindparam("key")
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

_OWN, _OTHER = paragraph_marks.alias("own"), paragraph_marks.alias("other")
_AT_MOST: Final = 50
_SAME: Final = select(_OTHER.c.paragraph).where(_OTHER.c.mark == _OWN.c.mark).limit(_AT_MOST).correlate(_OWN).subquery()
_WORDING: Final = (
    select(articles.c.title, paragraphs.c.text, select(func.count()).select_from(_SAME).scalar_subquery())
    .select_from(
        articles.outerjoin(paragraphs, paragraphs.c.article == articles.c.key).outerjoin(
            _OWN, _OWN.c.paragraph == paragraphs.c.key
        )
    )
    .where(articles.c.key == _KEY)
    .order_by(paragraphs.c.ordinal)
)


def wording(conn: Connection, key: int) -> tuple[str, list[str], list[int]]:
    """The title, the texts of the paragraphs, and for each how many paragraphs of the archive say the same, itself counted, 50 at
    most; 0 for those that are too short to be marked, or have not been yet. Raises KeyError when there is no such article."""
    found = conn.execute(_WORDING, {"key": key}).all()
    if not found:
        raise KeyError(key)
    paragraphs = [(text, uses) for _, text, uses in found if text is not None]
    return found[0][0], [text for text, _ in paragraphs], [uses for _, uses in paragraphs]


def parts(conn: Connection, key: int) -> list[Passage]:
    """The article's passages, in order."""
    return [Passage(*row) for row in conn.execute(_PASSAGES, {"key": key})]
