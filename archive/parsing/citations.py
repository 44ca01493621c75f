"""Numbered citations in a text, and the entries they point to."""

import re
from collections.abc import Iterable, Iterator, Sequence

from db.records import Reference

_CITED = re.compile(r"\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\]")
_RANGE = re.compile(r"(\d+)(?:\s*[–-]\s*(\d+))?")
_ENTRY = re.compile(r"\[(\d{1,3})\](?=\s|$)")
_WIDEST = 50
"""A range of more numbers is none of citations."""
_HEADING = re.compile(r"(?:references|sources|notes|footnotes|bibliography|works cited)\s*:?", re.IGNORECASE)
_URL = re.compile(r"https?://(?:[^\s<>\"“”()]|\([^\s<>\"“”()]*\))+(?<![.,;:\]])")


def citations_in(text: str) -> tuple[str, ...]:
    """The labels cited as `[1]`, `[2, 3]` or `[4-6]`, each once, in order."""
    if "[" not in text:
        return ()
    return tuple(dict.fromkeys(label for found in _CITED.finditer(text) for label in _labels(found[1])))


def _labels(inside: str) -> Iterator[str]:
    for first, last in _RANGE.findall(inside):
        numbers = range(int(first), int(last or first) + 1)
        if len(numbers) <= _WIDEST:
            yield from (str(number) for number in numbers if number > 0)


def citations_without_entry(citations: Iterable[Iterable[str]], references: Iterable[Reference]) -> tuple[str, ...]:
    """Of the labels cited paragraph by paragraph, those that no reference has, each once, in order of appearance."""
    entries = {reference.label for reference in references}
    cited = dict.fromkeys(label for labels in citations for label in labels)
    return tuple(label for label in cited if label not in entries)


def entries_in(block: str) -> list[Reference]:
    """The references a block of lines consists of: `[n] …` each, following lines belong to it. [] if it is no such block."""
    entries: list[tuple[str, list[str]]] = []
    for line in block.split("\n"):
        found = _ENTRY.match(line)
        if found:
            entries.append((found[1], [line[found.end() :].strip()]))
        elif entries:
            entries[-1][1].append(line.strip())
        else:
            return []
    return [reference(label, "\n".join(lines)) for label, lines in entries]


def split_references(blocks: Sequence[str]) -> tuple[int, list[Reference]]:
    """(how many blocks come before, the references at the end): blocks of `[n] …` in ascending order, if the text before cites
    one of them or its last line calls them references. (all, []) otherwise."""
    kept, from_the_end = len(blocks), list[list[Reference]]()
    while kept > 1 and (block := entries_in(blocks[kept - 1])):
        from_the_end.append(block)
        kept -= 1
    entries = [entry for block in reversed(from_the_end) for entry in block]
    numbers = [int(entry.label or 0) for entry in entries]
    cited = {label for block in blocks[:kept] for label in citations_in(block)}
    if numbers != sorted(set(numbers)) or not (
        cited & {entry.label for entry in entries} or announces_references(blocks[kept - 1 : kept])
    ):
        return len(blocks), []
    return kept, entries


def announces_references(blocks: Sequence[str]) -> bool:
    """The last block is a heading such as `Sources:`."""
    return bool(blocks) and _HEADING.fullmatch(blocks[-1]) is not None


def reference(label: str | None, text: str) -> Reference:
    """An entry as it stands, with the first web address in it."""
    url = _URL.search(text)
    return Reference(label, text, url[0] if url else None)
