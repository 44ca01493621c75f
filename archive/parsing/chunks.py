"""Articles that a page lays out in several like-named columns, between which it puts pictures and offers: who looks for the
one element with the text finds the first of them."""

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any, Final, TypeAlias

from archive.parsing.page_tree import line_of

_PARAGRAPH: Final = 80
_PARAGRAPHS: Final = 3
_PIECES: Final = 1_000
_COLUMNS: Final = 1_000
_MOSTLY: Final = 0.5
_OWN_HEAD: Final = ".//h1 | .//header | .//time | .//article"
"""What begins another article."""

Place: TypeAlias = tuple[Any, str, str, str]
"""What the columns stand in, and how each is called and the row that it alone stands in."""


def left_out(tree: Any, texts: Sequence[str]) -> list[Any]:
    """The columns behind the last one that the article was found in, in the order of the page. `texts` are its paragraphs."""
    found = {_letters(text) for text in texts}
    columns = [(column, place, _share(column, found)) for column, place in _columns(tree)]
    last = max((at for at, (_, _, share) in enumerate(columns) if share > _MOSTLY), default=len(columns))
    return [
        column
        for column, place, share in columns[last + 1 :]
        if place == columns[last][1] and not share and not column.getparent().xpath(_OWN_HEAD)
    ]


def _columns(tree: Any) -> list[tuple[Any, Place]]:
    """The elements with several paragraphs right in them, of which there are several in the same place."""
    parents = islice(dict.fromkeys(paragraph.getparent() for paragraph in tree.iter("p")), _COLUMNS)
    placed = [(parent, place) for parent in parents if (place := _place(parent))]
    times = Counter(place for _, place in placed)
    return [(each, place) for each, place in placed if times[place] > 1 and len(_paragraphs(each)) >= _PARAGRAPHS]


def _paragraphs(column: Any) -> list[str]:
    texts = (line_of(p, _PIECES) for p in column.iterchildren("p"))
    return [text for text in texts if len(text) >= _PARAGRAPH]


def _place(column: Any) -> Place | None:
    row = column.getparent()
    around = row.getparent() if row is not None else None
    if around is None or not column.get("class") or row.tag == "article":
        return None
    return around, column.get("class"), row.tag, row.get("class") or ""


def _share(column: Any, found: set[str]) -> float:
    paragraphs = _paragraphs(column)
    return sum(_letters(text) in found for text in paragraphs) / len(paragraphs)


def _letters(text: str) -> str:
    return "".join(text.split())
