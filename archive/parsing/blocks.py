"""What Markdown and HTML have in common: a page as a sequence of blocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from archive.parsing.citations import citations_in, split_references
from db.records import Reference


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph with its kind. `level` is that of a heading; `items` and `first` those of a numbered list."""

    text: str
    kind: str = "paragraph"
    level: int = 0
    citations: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    first: int | None = None


def as_fields(blocks: Sequence[Block], references: Sequence[Reference] = ()) -> dict[str, Any]:
    """Paragraphs and references as named values; `[n] …` at the end are references too."""
    kept, at_the_end = split_references([block.text for block in blocks])
    entries = [*references, *at_the_end]
    return {
        "paragraphs": [{"text": block.text, "kind": block.kind, **_citations(block)} for block in blocks[:kept]],
        "references": [{"label": each.label, "text": each.text, "url": each.url} for each in entries],
    }


def _citations(block: Block) -> dict[str, list[str]]:
    if not block.citations:
        return {}
    return {"citations": list(dict.fromkeys((*block.citations, *citations_in(block.text))))}


def without_title(blocks: Sequence[Block], title: str) -> list[Block]:
    """The blocks without a first heading that repeats the title."""
    first = next(iter(blocks), None)
    if first and first.kind == "heading" and _same(first.text, title):
        return list(blocks[1:])
    return list(blocks)


def _same(one: str, other: str) -> bool:
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()
