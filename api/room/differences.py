"""What a revision changed, to be read: paragraph by paragraph, and in a changed paragraph word by word."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

Sign = Literal["same", "gone", "new"]
Run = tuple[Sign, str]

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
ALIKE = 0.4
"""Share of words from which on a paragraph is taken for a changed one, and not for another."""
MOST_WORDS = 4_000
"""Of a paragraph. Comparing takes time that grows with their product; longer ones are shown as replaced."""


@dataclass(frozen=True)
class Changed:
    """A field other than the text."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Block:
    """A paragraph as runs of words; or, with `folded`, so many paragraphs that stayed as they were."""

    runs: Sequence[Run] = ()
    folded: int = 0


@dataclass(frozen=True)
class Difference:
    fields: Sequence[Changed]
    blocks: Sequence[Block]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """Of two documents as revisions keep them."""
    return Difference(list(_fields(before, after)), list(_blocks(_texts(before), _texts(after))))


def _texts(document: Mapping[str, Any]) -> list[str]:
    return [str(paragraph.get("text", "")) for paragraph in document.get("paragraphs") or []]


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Changed]:
    for name in dict.fromkeys((*after, *before)):
        old, new = _written(before.get(name)), _written(after.get(name))
        if name not in ("paragraphs", "extra") and old != new:
            yield Changed(name.replace("_", " "), old, new)


def _written(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(_written(each) for each in value)
    if isinstance(value, dict):
        return " ".join(str(each) for each in value.values() if each)
    return "" if value is None else str(value)


def _blocks(before: Sequence[str], after: Sequence[str]) -> Iterator[Block]:
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Block(folded=b - a)
        else:
            yield from _replaced(before[a:b], after[c:d])


def _replaced(gone: Sequence[str], new: Sequence[str]) -> Iterator[Block]:
    """Paragraphs in the place of others: those that are alike one by one are shown as changed."""
    for place in range(max(len(gone), len(new))):
        old = gone[place] if place < len(gone) else None
        now = new[place] if place < len(new) else None
        runs = list(_words(old, now)) if old is not None and now is not None else []
        if _alike(runs):
            yield Block(runs)
            continue
        if old is not None:
            yield Block([("gone", old)])
        if now is not None:
            yield Block([("new", now)])


def _alike(runs: Sequence[Run]) -> bool:
    same = sum(len(text) for sign, text in runs if sign == "same")
    return same > ALIKE * sum(len(text) for _, text in runs)


def _words(old: str, new: str) -> Iterator[Run]:
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if len(before) > MOST_WORDS or len(after) > MOST_WORDS:
        return
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "same", "".join(before[a:b])
        else:
            if b > a:
                yield "gone", "".join(before[a:b])
            if d > c:
                yield "new", "".join(after[c:d])
