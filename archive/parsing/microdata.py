"""What a page says in the attributes of its elements: microdata, https://html.spec.whatwg.org/multipage/microdata.html, and
RDFa Lite, https://www.w3.org/TR/rdfa-lite/. Read into the shape that JSON-LD has."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from archive.parsing.page_tree import line_of

Thing = dict[str, Any]
"""`@type`, and for each property a list of texts and things."""

_READ: Final = frozenset(
    ["headline", "name", "description", "author", "creator", "publisher", "datePublished", "dateModified", "articleSection",
     "keywords", "inLanguage", "isPartOf", "url", "mainEntityOfPage", "articleBody"]
)  # fmt: skip
_ADDRESSES: Final = frozenset(["url", "mainEntityOfPage"])
_MOST: Final = 100
"""A page with more things lists things; none of them is its article."""


class _Attributes(NamedTuple):
    scope: str
    type_: str
    property_: str


_MICRODATA = _Attributes("itemscope", "itemtype", "itemprop")
_RDFA = _Attributes("typeof", "typeof", "property")


def things_in(tree: Any) -> list[Thing]:
    """The outermost things of the page, in order. `tree` is lxml's."""
    return [thing for names in (_MICRODATA, _RDFA) for thing in _outermost(tree, names)]


def _outermost(tree: Any, names: _Attributes) -> Iterator[Thing]:
    for element in tree.xpath(f"(//*[@{names.scope}][not(ancestor::*[@{names.scope}])])[position() <= {_MOST}]"):
        things = [element, *_apart(element, names)]
        yield from (_thing(each, names) for each in things[:_MOST])


def _apart(scope: Any, names: _Attributes) -> list[Any]:
    """The things inside that are no property of it: an article on a WebPage."""
    found: list[Any] = scope.xpath(f".//*[@{names.scope}][not(@{names.property_})]")
    return found


def _thing(scope: Any, names: _Attributes) -> Thing:
    thing: Thing = {"@type": [term(each) for each in (scope.get(names.type_) or "").split()]}
    for element, properties in _said_of(scope, names):
        value = _thing(element, names) if element.get(names.scope) is not None else None
        for each in properties & _READ:
            said = value or _text(element, each)
            thing.setdefault(each, []).extend([said] if said else [])
    return thing


def _said_of(scope: Any, names: _Attributes) -> Iterator[tuple[Any, frozenset[str]]]:
    """The elements with properties of the thing, in order, but for those of a thing inside."""
    waiting = list(reversed(scope))
    while waiting:
        element = waiting.pop()
        if properties := frozenset(map(term, (element.get(names.property_) or "").split())):
            yield element, properties
        if element.get(names.scope) is None:
            waiting.extend(reversed(element))


def _text(element: Any, name: str) -> str:
    if name == "articleBody":
        return "…"  # that it is there is all that is asked: the text is read from the tree
    if name in _ADDRESSES:
        return element.get("href") or element.get("content") or element.get("itemid") or ""
    given = element.get("content") or (element.get("datetime") if name.startswith("date") else None)
    return given or line_of(element, 200)[:5_000]


def term(name: str) -> str:
    """`headline` of `https://schema.org/headline` and of `schema:headline`."""
    return name.rstrip("/#").rpartition("/")[2].rpartition("#")[2].rpartition(":")[2]
