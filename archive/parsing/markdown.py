"""Markdown with front matter, by the habits of Jekyll, Hugo, Docusaurus and Obsidian."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from archive.parsing import front_matter
from archive.parsing.blocks import Block, as_fields, without_title
from archive.parsing.citations import announces_references, citations_in, reference
from archive.parsing.dialects import plain_markdown
from archive.parsing.failures import ParsingFailed
from archive.parsing.html import blocks_of_fragment
from db.records import Reference

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

_NAMES = {
    "description": "dek", "summary": "dek", "excerpt": "dek", "subtitle": "dek",
    "publishDate": "date", "pubDate": "date", "publishdate": "date", "published": "date", "created": "date",
    "last_update": "modified_at", "lastmod": "modified_at", "modified": "modified_at",
    "updated": "modified_at", "last_modified_at": "modified_at",
    "lang": "language", "canonicalURL": "canonical_url", "canonicalUrl": "canonical_url", "canonical": "canonical_url",
    "original_url": "url", "link": "url",
}  # fmt: skip
_POST = re.compile(r"(\d{4}-\d{2}-\d{2})-(.+?)\.(?:md|markdown|mdx)", re.IGNORECASE)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_FOOTNOTE = re.compile(r" {0,3}\[\^([^\]\s]+)\]:[ \t]*(.*)")
_FOOTNOTE_CITED = re.compile(r"\[\^([^\]\s]+)\]")
_BRACKETS = 500
_BRACKET = re.compile(r"[\[\]]")
_DEEPEST = 100  # what is deeper markdown-it would leave out
_NUMBER = re.compile(r"\d{1,3}")
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def fields_of(text: str, name: str | None = None) -> dict[str, Any]:
    """The article in a Markdown text, as named values. Title and date are also read from the name of a file such as
    `2024-05-01-some-title.md`. Raises ParsingFailed for front matter that is damaged."""
    metadata, body = front_matter.split(text)
    fields = _named_as_ours(metadata)
    body, footnotes = _split_footnotes(plain_markdown(body))
    blocks, references, links = _read(body)
    blocks, listed = _split_source_list(blocks)
    named = _named_by_file(name)
    if named and not fields.get("published_at"):
        fields.setdefault("date", named["date"])
    title = fields.get("title") or next((block.text for block in blocks if block.level == 1), None) or named.get("title")
    if title:
        fields["title"] = title
        blocks = without_title(blocks, str(title))
    if links:
        fields.setdefault("links", links)
    if isinstance(given := fields.get("references"), list):  # then no paragraph is one
        given += _as_values([*_as_references(footnotes), *references, *listed])
        citations = fields.pop("citations", None)
        return fields | {"paragraphs": _paragraphs(blocks, citations)}
    return {**fields, **as_fields(blocks, _as_references(footnotes) + references + listed)}


def _named_by_file(name: str | None) -> dict[str, str]:
    """Date and title as Jekyll reads them out of the name of a post."""
    found = _POST.fullmatch(name or "")
    if not found:
        return {}
    words = found[2].replace("_", "-").split("-")
    return {"date": found[1], "title": " ".join(word[:1].upper() + word[1:] for word in words if word)}


def _paragraphs(blocks: list[Block], citations: Any) -> list[dict[str, Any]]:
    """All blocks; `citations` has those of some, by their ordinals, where they are not what stands in the text."""
    paragraphs: list[dict[str, Any]] = [as_fields([block])["paragraphs"][0] for block in blocks]
    given = {str(ordinal): labels for ordinal, labels in citations.items()} if isinstance(citations, dict) else {}
    for ordinal, paragraph in enumerate(paragraphs):
        if isinstance(labels := given.get(str(ordinal)), list):
            paragraph["citations"] = labels
    return paragraphs


def _as_values(references: list[Reference]) -> list[dict[str, str | None]]:
    return [{"label": each.label, "text": each.text, "url": each.url} for each in references]


def _named_as_ours(metadata: dict[str, Any]) -> dict[str, Any]:
    metadata = _flat(metadata)
    fields = {name: value for name, value in metadata.items() if name not in _NAMES}
    for name, ours in _NAMES.items():
        if metadata.get(name) is not None:
            fields.setdefault(name if fields.get(ours) is not None else ours, metadata[name])
    series = fields.get("series")
    if isinstance(series, list) and len(series) == 1:
        fields["series"] = series[0]
    for name in ("categories", "tags"):
        if isinstance(fields.get(name), str):
            fields[name] = _names_in(fields[name])
    return fields


def _flat(metadata: dict[str, Any]) -> dict[str, Any]:
    """What Hugo allows to stand in `params` and Zola in `taxonomies`, and Docusaurus in `last_update`, beside the rest."""
    flat = dict(metadata)
    for group in ("taxonomies", "params"):
        if isinstance(inside := flat.get(group), dict):
            flat = {name: value for name, value in flat.items() if name != group}
            flat = {**inside, **flat}
    if isinstance(update := flat.get("last_update"), dict):
        flat["last_update"] = update.get("date")
    if str(flat.get("permalink", "")).startswith(("http://", "https://")):
        flat.setdefault("url", flat.pop("permalink"))
    return flat


def _names_in(text: str) -> list[str]:
    """Between commas; as Jekyll reads it between spaces, where all are words without capitals."""
    words = text.split()
    return words if "," not in text and all(word[0].islower() for word in words) else [part.strip() for part in text.split(",")]


def cited_in(text: str) -> tuple[str, ...]:
    """The labels that a paragraph of Markdown with this text cites."""
    return tuple(dict.fromkeys((*_FOOTNOTE_CITED.findall(text), *citations_in(text))))


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
    tokens = parser.parse(_without_open_brackets(body), environment)
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


def _without_open_brackets(body: str) -> str:
    """Brackets in brackets without end are escaped where they stand: markdown-it looks for the end of each, which takes hours."""
    if body.count("[") <= _BRACKETS:
        return body
    blocks = body.split("\n\n")
    return "\n\n".join(block.replace("[", "\\[") if _bracket_depth(block) > _BRACKETS else block for block in blocks)


def _bracket_depth(block: str) -> int:
    if block.count("[") <= _BRACKETS:
        return 0
    depth = deepest = 0
    for found in _BRACKET.findall(block):
        depth = max(0, depth + (1 if found == "[" else -1))
        deepest = max(deepest, depth)
    return deepest


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
