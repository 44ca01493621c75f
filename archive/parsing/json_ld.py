"""What a page says in its JSON-LD, https://json-ld.org, as far as pages write it: things, lists and graphs of things, and
references between them."""

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

Thing = Mapping[str, Any]

_SCRIPTS: Final = 100
_MARKS: Final = 4
_INSIDE: Final = ("@graph", "mainEntity", "mainEntityOfPage")
_BEFORE = ("//", "<![CDATA[", "<!--", "/*", "*/", ";")
_BEHIND = ("//", "]]>", "-->", "/*", "*/", ";")
_COMMA_AT_THE_END = re.compile(r",(?=\s{0,200}[}\]])")


class LinkedData:
    """The things of a page, outermost first."""

    def __init__(self, sources: Iterable[str]) -> None:
        self.things: list[Thing] = []
        for _, source in zip(range(_SCRIPTS), sources, strict=False):
            try:
                self.things += [thing for value in _values(source) for thing in _things(value)]
            except RecursionError:
                continue
        self._named = {str(thing["@id"]): thing for thing in reversed(self.things) if thing.get("@id") and len(thing) > 1}

    def texts(self, value: Any, *, names: tuple[str, ...] = ("name", "alternateName")) -> Iterator[str]:
        """The strings of a value, and of the things in it what they are called."""
        if isinstance(value, str):
            yield plain(value)
        elif isinstance(value, list):
            for item in value:
                yield from self.texts(item, names=names)
        elif isinstance(value, Mapping):
            thing = self._named.get(str(value["@id"]), value) if set(value) <= {"@id", "@type"} and "@id" in value else value
            called = next((thing[name] for name in names if isinstance(thing.get(name), str | list)), None)
            if isinstance(called, str):
                yield plain(called)
            elif isinstance(called, list):
                yield from (plain(each) for each in called[:1] if isinstance(each, str))


def plain(text: str) -> str:
    """JSON-LD often carries the entities of the page it stands in."""
    return " ".join(html.unescape(text).split())


def _values(source: str) -> Iterator[Any]:
    """The JSON in a script, also where it stands in a comment, is written with entities, or has a comma too many."""
    source = _bare(source)
    for written in (source, _COMMA_AT_THE_END.sub("", source), html.unescape(source)):
        try:
            yield json.loads(written, strict=False)
        except ValueError:
            continue
        return
    yield from _one_after_another(source)


def _one_after_another(source: str) -> Iterator[Any]:
    """`{…}{…}`, until one that is broken."""
    decoder = json.JSONDecoder(strict=False)
    while source:
        try:
            value, end = decoder.raw_decode(source)
        except ValueError:
            return
        yield value
        source = source[end:].lstrip(" \t\r\n;,")


def _bare(source: str) -> str:
    """Without the marks of a comment around it, of which there may be several."""
    for _ in range(_MARKS):
        source = source.strip()
        source = source.removeprefix(next((mark for mark in _BEFORE if source.startswith(mark)), ""))
        source = source.removesuffix(next((mark for mark in _BEHIND if source.endswith(mark)), ""))
    return source


def _things(value: Any) -> Iterator[Thing]:
    if isinstance(value, list):
        for item in value:
            yield from _things(item)
    elif isinstance(value, Mapping):
        yield value
        for name in _INSIDE:
            if isinstance(value.get(name), Mapping | list):
                yield from _things(value[name])
