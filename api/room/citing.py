"""What an article cites: the numbers in its text lead to its list of sources, and the list leads back."""

import re
from collections.abc import Iterable
from typing import Final

from markupsafe import Markup, escape

from archive.answers import ArticleOut, ReferenceOut

_CITED: Final = re.compile(r"\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\]")
_NUMBER: Final = re.compile(r"\d+")


class Cited:
    """The list of sources of an article. Entries are named by their labels, `ref-1`."""

    def __init__(self, article: ArticleOut) -> None:
        self.lacking = article.citations_without_entry or []
        self._anchors: dict[str, str] = {}
        self.entries = [(self._named(place, entry), entry) for place, entry in enumerate(article.references or [])]

    def _named(self, place: int, entry: ReferenceOut) -> str:
        """Of two entries with one label the first has it."""
        label = entry.label or ""
        is_name = label.isalnum() and label.isascii() and label not in self._anchors
        anchor = f"ref-{label}" if is_name else f"ref-at-{place}"
        if label:
            self._anchors.setdefault(label, anchor)
        return anchor

    def anchor(self, label: str) -> str | None:
        return self._anchors.get(label)


def cited_text(cited: Cited, text: str, citations: Iterable[str]) -> Markup:
    """The text of a paragraph; what it cites by a number that is in the list becomes a link."""
    known = {label for label in citations if cited.anchor(label)}
    if not known:
        return escape(text)
    parts, at = [], 0
    for found in _CITED.finditer(text):
        for number in _NUMBER.finditer(text, found.start(1), found.end(1)):
            if number[0] in known:
                parts += [escape(text[at : number.start()]), _link(cited.anchor(number[0]), number[0])]
                at = number.end()
    return Markup("").join([*parts, escape(text[at:])])


def _link(anchor: str | None, label: str) -> Markup:
    return Markup('<a class="cite" href="#{}" aria-label="Source {}">{}</a>').format(anchor, label, label)
