"""Web pages: the body by trafilatura, everything about the article by the page's own metadata."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from archive.parsing.blocks import Block, as_fields, without_title
from archive.parsing.failures import ParsingFailed
from archive.parsing.names import is_name

_BLOCKS = frozenset(["p", "head", "quote", "list", "item", "code", "table", "row", "cell", "div", "graphic", "ab", "caption"])
_NEVER_TEXT = ("script", "style", "noscript", "template", "svg", "iframe")
_NAVIGATION = ("nav", "header", "footer", "aside", "form", "button")
_AS_TRAFILATURA = {
    **dict.fromkeys(["h1", "h2", "h3", "h4", "h5", "h6"], "head"), **dict.fromkeys(["td", "th"], "cell"),
    **dict.fromkeys(["article", "main", "section", "figure", "dl", "dt", "dd", "address", "details"], "div"), "br": "lb",
    "figcaption": "caption", "blockquote": "quote", "ul": "list", "ol": "list", "li": "item", "pre": "code", "tr": "row",
}  # fmt: skip
_SHORT = 1_000
_SPACE = re.compile("[ \t\r\n\f]+")
_AROUND_BREAK = re.compile(r" *\n *")


def fields_of(text: str, url: str | None) -> dict[str, Any]:
    """The article of a page, as named values. Raises ParsingFailed where no body can be found."""
    from archive.parsing.page_metadata import metadata_of

    tree = _tree(text)
    fields = metadata_of(tree, url)
    try:
        blocks = _as_they_stand(tree) or _extracted(text, url, fields)
    except RecursionError:
        raise ParsingFailed("the page is nested too deeply", "") from None
    blocks = without_title([block for block in blocks if block.text], str(fields.get("title", "")))
    if not blocks:
        raise ParsingFailed("the page has no text that can be told from its navigation", "")
    return {**fields, **as_fields(blocks)}


def _tree(text: str) -> Any:
    from lxml import etree, html  # type: ignore[import-untyped]

    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        return html.document_fromstring(text.encode("utf-8"), parser=parser)
    except (etree.ParserError, ValueError):
        raise ParsingFailed("the page is empty", "") from None


def _as_they_stand(tree: Any) -> list[Block]:
    """The blocks of a short page, but for its navigation: of so little text trafilatura cannot tell which is the article.
    Empty for a longer page. The tree is not usable afterwards."""
    body = tree.find("body")
    if body is None:
        return []
    _drop(body, _NEVER_TEXT)
    if len(_tidy(body.itertext())) > _SHORT:
        return []
    _drop(body, _NAVIGATION)
    return _all_blocks(body)


def blocks_of_fragment(source: str) -> list[Block]:
    """The blocks of some markup that stands in another text."""
    try:
        body = _tree(source).find("body")
        if body is None:
            return []
        _drop(body, _NEVER_TEXT)
        return [block for block in _all_blocks(body) if block.text]
    except (ParsingFailed, RecursionError):
        return []


def _all_blocks(body: Any) -> list[Block]:
    for element in body.iter("*"):
        element.tag = _AS_TRAFILATURA.get(element.tag, element.tag)
    return list(_blocks(body))


def _drop(body: Any, tags: tuple[str, ...]) -> None:
    for element in list(body.iter(*tags)):
        element.drop_tree()


def _extracted(text: str, url: str | None, fields: dict[str, Any]) -> list[Block]:
    """The blocks that trafilatura takes for the article. Title and author are its guesses where the page does not say."""
    from trafilatura import bare_extraction

    document: Any = bare_extraction(text, url=url, include_comments=False, with_metadata=True)
    if document is None or document.body is None:
        return []
    fields.setdefault("title", document.title or "")
    if "authors" not in fields and (authors := _reliable(document.author)):
        fields["authors"] = authors
    return list(_blocks(document.body))


def _reliable(author: str | None) -> list[str]:
    """trafilatura finds bylines by their place in the page; what is no full name there is often something else."""
    return [name.strip() for name in (author or "").split(";") if is_name(name.strip())]


def _blocks(parent: Any, kind: str = "paragraph") -> Iterator[Block]:
    """The blocks below an element, in order; loose text between them is a block too."""
    loose = [parent.text or ""]
    for child in parent.iterchildren("*"):
        if child.tag in _BLOCKS:
            yield Block(_tidy(loose), kind)
            yield from _block(child, kind)
            loose = [child.tail or ""]
        else:
            loose += [*_inline(child), child.tail or ""]
    yield Block(_tidy(loose), kind)


def _block(element: Any, kind: str) -> Iterator[Block]:
    match element.tag:
        case "head":
            yield Block(_tidy(_inline(element)), "heading")
        case "caption":
            yield Block(_tidy(_inline(element)), "caption")
        case "quote":
            yield from _blocks(element, "quote")
        case "list":
            yield Block("\n".join(_items(element)), "list")
        case "code":
            yield Block("".join(element.itertext()).strip("\n"), "code")
        case "table":
            yield Block("\n".join(_rows(element)), kind)
        case "p" if not any(child.tag in _BLOCKS and child.tag != "code" for child in element.iterchildren("*")):
            yield Block(_tidy(_inline(element)), kind)
        case _:
            yield from _blocks(element, kind)


def _inline(element: Any) -> Iterator[str]:
    if element.tag == "lb":
        yield "\0"
    yield element.text or ""
    for child in element.iterchildren("*"):
        yield from _inline(child)
        yield child.tail or ""


def _tidy(pieces: Iterable[str]) -> str:
    """White space as a browser shows it: only line breaks of the page's own break lines."""
    return _AROUND_BREAK.sub("\n", _SPACE.sub(" ", "".join(pieces)).replace("\0", "\n")).strip()


def _items(element: Any) -> Iterator[str]:
    """One line an item; what lists inside it say follows."""
    for item in element.iterchildren("*"):
        yield from (block.text for block in _blocks(item) if block.text)


def _rows(table: Any) -> Iterator[str]:
    for row in table.iter("row"):
        cells = (_tidy(_inline(cell)) for cell in row.iterchildren("cell"))
        if line := " | ".join(cells).strip(" |"):
            yield line
