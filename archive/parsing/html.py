"""Web pages: the body by trafilatura, everything about the article by the page's own metadata."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from archive.parsing.blocks import Block, as_fields, without_title
from archive.parsing.chunks import left_out
from archive.parsing.failures import ParsingFailed
from archive.parsing.page_tree import NAVIGATION, NEVER_TEXT, tidy, tree_of, without, without_hidden, without_programs, work_in
from archive.parsing.refusals import refusal, seen

_BLOCKS = frozenset(["p", "head", "quote", "list", "item", "code", "table", "row", "cell", "div", "graphic", "ab", "caption"])
_AS_TRAFILATURA = {
    **dict.fromkeys(["h1", "h2", "h3", "h4", "h5", "h6"], "head"), **dict.fromkeys(["td", "th"], "cell"),
    **dict.fromkeys(["article", "main", "section", "figure", "dl", "dt", "dd", "address", "details"], "div"), "br": "lb",
    "figcaption": "caption", "blockquote": "quote", "ul": "list", "ol": "list", "li": "item", "pre": "code", "tr": "row",
}  # fmt: skip
_SHORT: Final = 1_000
_CELL: Final = 500
_ELEMENTS: Final = 20_000
_WORK: Final = 40_000_000
"""What trafilatura reads in a few seconds; its own measures of text and links are quadratic in the depth."""
_BODIES: Final = ("//*[@itemprop='articleBody']", "//article", "//main", "//*[@role='main']", "//body")
_BETWEEN_PARAGRAPHS = re.compile(r"\n{2,}")


def fields_of(text: str, url: str | None) -> dict[str, Any]:
    """The article of a page, as named values. Raises ParsingFailed where no body can be found."""
    from archive.parsing.page_metadata import metadata_of

    tree = tree_of(text)
    fields = metadata_of(tree, url)
    without_programs(tree)
    page = seen(tree, dated=bool(fields.keys() & {"authors", "published_at"}))
    if reason := refusal(page):
        raise ParsingFailed(reason, "", code="blocked_page")
    without_hidden(tree)
    blocks = _of_the_article(_body_of(tree, url, short=len(page.said) <= _SHORT), fields)
    if not blocks:
        raise ParsingFailed("the page has no text that can be told from its navigation", "", code="no_article")
    return {**fields, **as_fields(blocks)}


def blocks_of_fragment(source: str) -> list[Block]:
    """The blocks of some markup that stands in another text."""
    try:
        body = tree_of(source).find("body")
    except ParsingFailed:
        return []
    if body is None:
        return []
    without(body, NEVER_TEXT)
    return [block for block in _all_blocks(body) if block.text]


def _of_the_article(blocks: Iterable[Block], fields: dict[str, Any]) -> list[Block]:
    """Without what the metadata has already: the title, and a heading below it that is the dek."""
    kept = without_title([block for block in blocks if block.text], str(fields.get("title", "")))
    if kept and kept[0].kind == "heading":
        kept = without_title(kept, str(fields.get("dek", "")))
    while kept and kept[-1].kind == "heading" and len(kept) > 1:
        kept.pop()  # what it was the heading of is none of the article's
    return kept


def _body_of(tree: Any, url: str | None, *, short: bool) -> list[Block]:
    """The blocks of the article: of a page that trafilatura can tell it from, else those that the markup says are it."""
    too_much = tree.xpath("count(//*)") > _ELEMENTS or work_in(tree) > _WORK
    blocks = [] if short or too_much else _extracted(tree, url)
    return blocks or _marked(tree, short=short)


def _marked(tree: Any, *, short: bool) -> list[Block]:
    """The blocks of the element that holds the article by its name, or of all but the navigation. Of a page that is no short one
    and mostly links there are none. The tree is not usable afterwards."""
    body = tree.find("body")
    if body is None:
        return []
    without(body, NEVER_TEXT)
    without(body, [*NAVIGATION, *(["form"] if short else [])])
    article = next((found[0] for path in _BODIES if len(found := tree.xpath(path)) == 1), body)
    if not short and 2 * sum(len(link.text_content()) for link in article.iter("a")) > len(article.text_content()):
        return []
    return _all_blocks(article)


def _all_blocks(body: Any) -> list[Block]:
    for element in body.iter("*"):
        if element.tag in _AS_TRAFILATURA:  # not all names that pages have can be written back
            element.tag = _AS_TRAFILATURA[element.tag]
    return list(_blocks(body))


def _extracted(tree: Any, url: str | None) -> list[Block]:
    """The blocks that trafilatura takes for the article."""
    from trafilatura import bare_extraction

    document: Any = bare_extraction(tree, url=url, include_comments=False, output_format="json")
    if document is None or document.body is None:
        return []
    found = [block for block in _blocks(document.body) if block.text]
    columns = left_out(tree, [block.text for block in found])
    return found + [block for column in columns for block in _all_blocks(column) if block.text]


def _blocks(parent: Any, kind: str = "paragraph") -> Iterator[Block]:
    """The blocks below an element, in order; loose text between them is a block too."""
    loose = [parent.text or ""]
    for child in parent.iterchildren("*"):
        if child.tag in _BLOCKS:
            yield from _paragraphs(loose, kind)
            yield from _block(child, kind)
            loose = [child.tail or ""]
        else:
            loose += [*_inline(child), child.tail or ""]
    yield from _paragraphs(loose, kind)


def _paragraphs(pieces: Iterable[str], kind: str) -> Iterator[Block]:
    """Two line breaks are how pages without paragraphs separate theirs."""
    text = tidy(pieces)
    if "\n\n" in text:
        yield from (Block(each, kind) for each in _BETWEEN_PARAGRAPHS.split(text))
    elif text:
        yield Block(text, kind)


def _block(element: Any, kind: str) -> Iterator[Block]:
    match element.tag:
        case "head":
            yield Block(tidy(_inline(element)), "heading")
        case "caption":
            yield Block(tidy(_inline(element)), "caption")
        case "quote":
            yield from _blocks(element, "quote")
        case "list":
            yield Block("\n".join(_items(element)), "list")
        case "code":
            yield Block("".join(element.itertext()).strip("\n"), "code")
        case "table" if not _is_layout(element):
            yield Block("\n".join(_rows(element)), kind)
        case "p" if not any(child.tag in _BLOCKS and child.tag != "code" for child in element.iterchildren("*")):
            yield from _paragraphs(_inline(element), kind)
        case _:
            yield from _blocks(element, kind)


def _is_layout(table: Any) -> bool:
    """A cell holds several blocks and much text: the table places the parts of a page."""
    cells = (cell for cell in table.iter("cell") if sum(child.tag in _BLOCKS for child in cell.iterchildren("*")) > 1)
    return any(len("".join(cell.itertext())) > _CELL for cell in cells)


def _inline(element: Any) -> Iterator[str]:
    if element.tag == "lb":
        yield "\0"
    yield element.text or ""
    for child in element.iterchildren("*"):
        yield from _inline(child)
        yield child.tail or ""


def _items(element: Any) -> Iterator[str]:
    """One line an item; what lists inside it say follows."""
    for item in element.iterchildren("*"):
        yield from (block.text for block in _blocks(item) if block.text)


def _rows(table: Any) -> Iterator[str]:
    for row in table.iter("row"):
        cells = (tidy(_inline(cell)) for cell in row.iterchildren("cell"))
        if line := " | ".join(cells).strip(" |"):
            yield line
