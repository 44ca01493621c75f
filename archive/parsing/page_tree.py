"""A page as a tree of bounded size and depth, and what a reader would see of it."""

import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from archive.parsing.failures import ParsingFailed

CHARACTERS: Final = 10_000_000
TAGS: Final = 300_000
ATTRIBUTES: Final = 300
DEPTH: Final = 100
"""How deep elements are kept. What is deeper keeps its text; libxml2 ends at 2,048 levels, and drops the text there."""

NEVER_TEXT: Final = ("script", "style", "noscript", "template", "svg", "iframe", "object", "head")
NAVIGATION: Final = ("nav", "header", "footer", "aside", "button", "select", "option", "textarea", "datalist", "dialog")
_DEEPEST: Final = "/*" * DEPTH
_LITTLE_WORK: Final = 40_000_000
_IN_HEAD: Final = frozenset(["title", "meta", "link", "script", "style", "base", "noscript", "template"])
_LEAVES: Final = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "br"])
_LEAF_LEVELS: Final = 10
_HIDDEN: Final = "//*[@hidden or contains(translate(@style, ' ', ''), 'display:none')]"
_MOST_OF_IT: Final = 0.75
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,8}))")
_EMBEDDED = re.compile(r"""data:[^"'\s<>)]{1000,}""")
_LONG_TAG = re.compile(f"<[A-Za-z][^>]{{{2 * ATTRIBUTES},}}")
_WITH_END_INSIDE = re.compile(r"""=\s*(?:"[^">]*>|'[^'>]*>)""")
_BETWEEN_ATTRIBUTES = re.compile(r"[\s/\"']+")
_SPACE = re.compile("[ \t\r\n\f]+")
_AROUND_BREAK = re.compile(r" ?\n ?")


def tree_of(source: str) -> Any:
    """The page as lxml's tree, at most DEPTH deep. Raises ParsingFailed: nothing in it, or more than is read."""
    from lxml import etree, html  # type: ignore[import-untyped]

    source = _EMBEDDED.sub("data:,", source)  # pictures in a page that somebody saved: often most of it
    _refuse_more_than_is_read(source)
    _refuse_many_attributes(source)
    # huge_tree: without it the parser drops, and does not tell, what is more than 256 levels deep.
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, collect_ids=False)
    try:
        tree = html.document_fromstring(_as_xml_has_it(source).encode(), parser=parser)
    except (etree.ParserError, ValueError):
        raise ParsingFailed("the page is empty", "", code="empty") from None
    if any("depth" in error.message for error in parser.error_log):
        raise ParsingFailed("the page is nested too deeply: more than 2,000 levels", "", code="too_large")
    _mend_head(tree)
    _flatten(tree)
    return tree


def _mend_head(tree: Any) -> None:
    """Of a page without body tags, which HTML allows, libxml2 leaves in the head what HTML 4 did not know: nav, article, main."""
    head, body = tree.find("head"), tree.find("body")
    stray = next((child for child in (head if head is not None else ()) if child.tag not in _IN_HEAD), None)
    if stray is None:
        return
    if body is None:
        body = tree.makeelement("body")
        head.addnext(body)
    moved = [stray, *stray.itersiblings()]
    moved[-1].tail = (moved[-1].tail or "") + (body.text or "")
    body.text = None
    body[:0] = moved


def _flatten(tree: Any) -> None:
    """What is too deep is lifted: first out of its wrappers, then, where that is not enough, as text."""
    for element in tree.xpath(_DEEPEST):
        _unwrap(element, {each.tag for each in element.iterdescendants("*")} - _LEAVES)
    for element in tree.xpath(_DEEPEST + "/*" * _LEAF_LEVELS):
        _unwrap(element, {each.tag for each in element.iterdescendants("*")})


def _unwrap(element: Any, tags: Collection[str]) -> None:
    """Put what is in the elements of these tags in their place, with a space where each of them began and ended."""
    from lxml import etree

    for each in element.iterdescendants(*tags) if tags else ():
        each.text, each.tail = f" {each.text or ''}", f" {each.tail or ''}"
    etree.strip_tags(element, *tags)


def _refuse_more_than_is_read(source: str) -> None:
    if len(source) > CHARACTERS:
        raise ParsingFailed(f"the page has more than {CHARACTERS:,} characters", "", code="too_large")
    if source.count("<") > TAGS:
        raise ParsingFailed(f"the page has more than {TAGS:,} tags", "", code="too_large")


def _refuse_many_attributes(source: str) -> None:
    """libxml2 builds an element in a time that is quadratic in its attributes, and counts them in one that is linear."""
    from lxml import etree

    ends_inside = len(_WITH_END_INSIDE.findall(source))
    if any(len(_BETWEEN_ATTRIBUTES.findall(tag)) + ends_inside > ATTRIBUTES for tag in _LONG_TAG.findall(source)) or (
        ends_inside > ATTRIBUTES
    ):
        with suppress(etree.ParserError, etree.XMLSyntaxError):
            parser = etree.HTMLParser(target=_CountingAttributes(), encoding="utf-8", huge_tree=True)
            etree.fromstring(_as_xml_has_it(source).encode(), parser=parser)


class _CountingAttributes:
    """What a parser tells of each tag."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if len(attributes) > ATTRIBUTES:
            raise ParsingFailed(f"the page has an element with more than {ATTRIBUTES:,} attributes", "", code="too_large")

    def end(self, tag: str) -> None:
        pass

    def data(self, text: str) -> None:
        pass

    def close(self) -> None:
        pass


def _as_xml_has_it(source: str) -> str:
    """Without the characters, and the references to characters, that lxml takes from a page but gives to no other."""
    return _NO_XML.sub("", _REFERENCE.sub(_reference, source) if "&#" in source else source)


def _reference(found: re.Match[str]) -> str:
    number = int(found[1], 16) if found[1] else int(found[2])
    forbidden = number > 0x10FFFF or _NO_XML.fullmatch(chr(number))
    return "&#xFFFD" if forbidden else found[0]


def work_in(tree: Any) -> int:
    """The sum over all elements and characters of how deep they are, or more: who looks at the text of every element does that
    much."""
    from lxml import etree

    most = DEPTH * int(tree.xpath("count(//*) + string-length(/)"))
    if most <= _LITTLE_WORK:
        return most
    work = depth = 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if event == "start":
            work += depth * (1 + len(element.text or "") + len(element.tail or ""))
    return work


def without(element: Any, tags: Iterable[str]) -> None:
    """Remove all elements of these tags below it; the text behind them stays."""
    from lxml import etree

    # Not drop_tree, which joins texts: 200,000 links one after another would be copied 200,000 times.
    etree.strip_elements(element, *tags, with_tail=False)


def without_programs(tree: Any) -> None:
    """Empty scripts that are none of JSON-LD, and remove styles and drawings: often most of a page, and never its text."""
    for script in tree.iter("script"):
        if "ld+json" not in script.get("type", ""):
            script.text = None
    without(tree, ["style", "svg", "template", "canvas"])


def without_hidden(tree: Any) -> None:
    """Remove what a browser does not show, unless that is most of the text: a page that shows itself by script."""
    hidden = dict.fromkeys(element for element in tree.xpath(_HIDDEN) if element.getparent() is not None)
    outermost = [element for element in hidden if not any(each in hidden for each in element.iterancestors())]
    if outermost and sum(map(_length, outermost)) <= _MOST_OF_IT * _length(tree):
        for element in outermost:
            element.tag = "hidden"
        without(tree, ["hidden"])


def _length(element: Any) -> int:
    return len("".join(element.text_content().split()))


def tidy(pieces: Iterable[str]) -> str:
    """White space as a browser shows it. A NUL among the pieces is a line break of the page's own."""
    text = "".join(pieces)
    if not text or text.isspace():
        return ""
    return _AROUND_BREAK.sub("\n", _SPACE.sub(" ", text).replace("\0", "\n")).strip()


def line_of(element: Any, pieces: int) -> str:
    """Its text in one line, or the beginning: that of so many pieces between tags."""
    return " ".join("".join(islice(element.itertext(), pieces)).split())
