"""Markdown with front matter, by the habits of Jekyll and Hugo."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from archive.parsing import front_matter
from archive.parsing.blocks import Block, as_fields, without_title
from archive.parsing.citations import announces_references, reference
from archive.parsing.failures import ParsingFailed
from archive.parsing.html import blocks_of_fragment
from db.records import Reference

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

_NAMES = {
    "description": "dek", "summary": "dek", "excerpt": "dek", "subtitle": "dek",
    "publishDate": "date", "pubDate": "date", "publishdate": "date", "published": "date",
    "lastmod": "modified_at", "modified": "modified_at", "updated": "modified_at", "last_modified_at": "modified_at",
    "lang": "language", "canonicalURL": "canonical_url", "canonicalUrl": "canonical_url", "canonical": "canonical_url",
}  # fmt: skip
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_FOOTNOTE = re.compile(r" {0,3}\[\^([^\]\s]+)\]:[ \t]*(.*)")
_FOOTNOTE_CITED = re.compile(r"\[\^([^\]\s]+)\]")
_DEEPEST = 100  # what is deeper markdown-it would leave out
_NUMBER = re.compile(r"\d{1,3}")
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def fields_of(text: str) -> dict[str, Any]:
    """The article in a Markdown text, as named values. Raises ParsingFailed for front matter that is damaged."""
    metadata, body = front_matter.split(text)
    fields = _named_as_ours(metadata)
    body, footnotes = _split_footnotes(body)
    blocks, references, links = _read(body)
    blocks, listed = _split_source_list(blocks)
    title = fields.get("title") or next((block.text for block in blocks if block.level == 1), None)
    if title:
        fields["title"] = title
        blocks = without_title(blocks, str(title))
    if links:
        fields.setdefault("links", links)
    read = as_fields(blocks, _as_references(footnotes) + references + listed)
    if isinstance(fields.get("references"), list):
        read["references"] = [*fields["references"], *read["references"]]
    return {**fields, **read}


def _named_as_ours(metadata: dict[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in metadata.items() if name not in _NAMES}
    for name, ours in _NAMES.items():
        if metadata.get(name) is not None:
            fields.setdefault(name if fields.get(ours) is not None else ours, metadata[name])
    series = fields.get("series")
    if isinstance(series, list) and len(series) == 1:
        fields["series"] = series[0]
    return fields


def _split_footnotes(body: str) -> tuple[str, dict[str, str]]:
    """The text without the definitions `[^label]: …`, and these, with the indented lines that belong to them."""
    kept, notes, fence, current = list[str](), dict[str, list[str]](), "", ""
    for line in body.split("\n"):
        opened = _FENCE.match(line)
        if opened and (not fence or opened[1].startswith(fence)):
            fence = "" if fence else opened[1]
        note = None if fence or opened else _FOOTNOTE.match(line)
        if note and note[1] not in notes:
            current = note[1]
            notes[current] = [note[2]]
        elif current and line.startswith(("    ", "\t")):
            notes[current].append(line.strip())
        else:
            current = current if not line.strip() else ""
            kept.append(line)
    return "\n".join(kept), {label: "\n".join(lines).strip() for label, lines in notes.items()}


def _as_references(notes: dict[str, str]) -> list[Reference]:
    found = []
    for label, source in notes.items():
        blocks, _, links = _read(source)
        entry = reference(label, "\n".join(block.text for block in blocks))
        found.append(Reference(label, entry.text, entry.url or next((link["url"] for link in links), None)))
    return found


def _read(body: str) -> tuple[list[Block], list[Reference], list[dict[str, str]]]:
    """(blocks, definitions `[1]: address` as references, links to other pages)."""
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

    environment: dict[str, Any] = {}
    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
    tokens = parser.parse(body, environment)
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        raise ParsingFailed("the text is nested too deeply", "")
    tree = SyntaxTreeNode(tokens)
    numbered = {label: entry for label, entry in environment.get("references", {}).items() if _NUMBER.fullmatch(label)}
    references = [Reference(label, entry["title"] or entry["href"], entry["href"]) for label, entry in numbered.items()]
    links = [
        {"text": _inline(node), "url": str(node.attrs["href"])}
        for node in tree.walk()
        if node.type == "link" and str(node.attrs.get("href", "")).startswith(("http://", "https://"))
    ]
    return [block for block in _blocks(tree) if block.text.strip()], references, links


def _blocks(node: "SyntaxTreeNode", kind: str = "paragraph") -> Iterator[Block]:
    for child in node.children:
        match child.type:
            case "heading":
                yield Block(_inline(child), "heading", level=int(child.tag[1:]))
            case "paragraph":
                yield _paragraph(child, kind)
            case "fence" | "code_block":
                yield Block(child.content.rstrip("\n"), "code")
            case "bullet_list" | "ordered_list":
                first = int(child.attrs.get("start", 1)) if child.type == "ordered_list" else None
                items = tuple(" ".join(_lines(item)) for item in child.children)
                yield Block("\n".join(line for item in child.children for line in _lines(item)), "list", items=items, first=first)
            case "blockquote":
                yield from _blocks(child, "quote")
            case "table":
                yield Block("\n".join(_rows(child)), kind)
            case "html_block":
                yield from blocks_of_fragment(child.content)


def _paragraph(node: "SyntaxTreeNode", kind: str) -> Block:
    """A picture that stands alone is a caption."""
    inline = node.children[0].children if node.children else []
    alone = len(inline) == 1 and inline[0].type == "image"
    text = _inline(node)
    return Block(text, "caption" if alone else kind, citations=tuple(dict.fromkeys(_FOOTNOTE_CITED.findall(text))))


def _lines(item: "SyntaxTreeNode") -> Iterator[str]:
    """What a list item says, and under it its own lists'."""
    return (block.text for block in _blocks(item) if block.text.strip())


def _rows(table: "SyntaxTreeNode") -> Iterator[str]:
    for node in table.walk():
        if node.type == "tr":
            yield " | ".join(_inline(cell) for cell in node.children)


def _inline(node: "SyntaxTreeNode") -> str:
    """The letters without the markup."""
    match node.type:
        case "text" | "code_inline":
            return node.content
        case "softbreak" | "hardbreak":
            return "\n"
        case "html_inline":
            return "\n" if _LINE_BREAK.fullmatch(node.content) else ""
    inside = "".join(_inline(child) for child in node.children)
    return f"[{inside}]" if node.type == "link" and _NUMBER.fullmatch(inside) else inside


def _split_source_list(blocks: list[Block]) -> tuple[list[Block], list[Reference]]:
    """A numbered list at the end under a heading such as `Sources` is the article's references."""
    if len(blocks) < 2 or blocks[-1].first is None or not announces_references([blocks[-2].text]):
        return blocks, []
    *rest, last = blocks
    return rest, [reference(str(number), item) for number, item in enumerate(last.items, start=last.first or 0)]
