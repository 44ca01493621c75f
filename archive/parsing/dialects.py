"""What site generators and note takers write into Markdown beside Markdown: the tags of Jekyll (Liquid), the shortcodes of Hugo,
the components of MDX, the admonitions of Docusaurus and MkDocs, the links of Obsidian.

Code is left as it is, and what a backslash precedes is no markup.
"""

import re
from collections.abc import Iterator

_MARKS = re.compile(r"\{[{%/]|\[\[|==|%%|^[ \t]*(?::::|!!!|\?\?\?|import\s|export\s|>\s*\[!)|<[/A-Z]", re.MULTILINE)
_FENCE = re.compile(r"[ \t>]*(`{3,}|~{3,})")
_HIGHLIGHT = re.compile(r"[ \t]*(?:\{%-?\s*highlight\s+([\w+-]*)[^%]*%\}|\{\{[<%]\s*highlight\s+\"?([\w+-]*)[^>%]*[>%]\}\})(.*)")
_HIGHLIGHT_END = re.compile(r"(.*?)(?:\{%-?\s*endhighlight\s*-?%\}|\{\{[<%]\s*/\s*highlight\s*[>%]\}\})")
_TICKS = re.compile(r"(?<!\\)`+")
_IMPORT = re.compile(r"import\s+(?:[\w*{}$,\s]+?\s+from\s+)?[\"'][^\"'\n]+[\"'];?[ \t]*")
_EXPORT = re.compile(r"export\s+(?:default\b|(?:const|let|var|function|class)\s+\w)")
_ADMONITION = re.compile(
    r"[ \t]{0,3}:{3,}[ \t]*(?:[a-z][\w-]*)?(?:\[(?P<name>[^\]\n]*)\]|[ \t]+(?P<title>[^\n{]*))?(?:\{[^\n]*\})?[ \t]*"
)
_INDENTED = re.compile(r"(?:!!!|\?\?\?\+?)[ \t]+[\w-]+(?:[ \t]+[\w-]+)*(?:[ \t]+\"(?P<title>[^\"\n]*)\")?[ \t]*")
_COMMENTS = (
    (re.compile(r"(?<!\\)\{%-?\s*comment\s*-?%\}"), re.compile(r"\{%-?\s*endcomment\s*-?%\}")),
    (re.compile(r"(?<!\\)\{/\*"), re.compile(r"\*/\}")),
)
_FIGURE = re.compile(r"(?<!\\)\{\{[<%]\s*figure\b([^{}]*)[>%]\}\}")
_CAPTION = re.compile(r"\bcaption=\"([^\"]*)\"")
_INSIDE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<!\\)\{\{[<%][^{}]*[>%]\}\}"), ""),
    (re.compile(r"(?<!\\)\{%-?[^{}%]*-?%\}"), ""),
    (re.compile(r"(?<!\\)\{\{-?\s*[\"']([^\"'{}]*)[\"'][^{}]*\}\}"), r"\1"),
    (re.compile(r"(?<!\\)\{\{-?\s*(?:site|page|include|layout|post|paginator|theme)\b[^{}]*\}\}"), ""),
    (re.compile(r"(?<![\\<])</?[A-Z][\w.]*(?:\s[^<>]*)?/?>"), ""),
    (re.compile(r"(?<!\\)!\[\[[^\[\]\n]*\]\]"), ""),
    (re.compile(r"(?<!\\)\[\[[^\[\]|\n]*\|([^\[\]\n]+)\]\]"), r"\1"),
    (re.compile(r"(?<!\\)\[\[#?([^\[\]|\n]+)\]\]"), r"\1"),
    (re.compile(r"(?<![\w=\\])==(?=[^\s=])([^=\n]+)(?<=[^\s\\])==(?![\w=])"), r"\1"),
    (re.compile(r"(?<![\\\S])%%[^%]*%%(?!\S)"), ""),
    (re.compile(r"(?m)^((?:[ \t]*>)+[ \t]*)\[![\w-]+\][+-]?[ \t]*"), r"\1"),
)  # fmt: skip


def plain_markdown(text: str) -> str:
    """The text in Markdown alone: tags and components are gone, what is between them stays; code in tags is fenced code."""
    if not _MARKS.search(text):
        return text
    return "".join(part if is_code else _without_tags(_without_blocks(part)) for is_code, part in _parts(text))


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """(is code, lines) in turn. Code that a tag encloses comes in a fence."""
    lines, fence, ending = list[str](), "", False
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        if not fence and (opened := _HIGHLIGHT.match(line)):
            yield False, "".join(lines)
            lines, fence, ending = [f"~~~~~~ {opened[1] or opened[2] or ''}\n"], "~~~~~~", True
            line = opened[3].lstrip() and f"{opened[3]}\n"
        if ending:
            closed = _HIGHLIGHT_END.match(line)
            lines.append(closed[1] if closed else line)
            if closed:
                yield True, "".join([*lines, "" if not closed[1] else "\n", "~~~~~~\n"])
                lines, fence, ending = [], "", False
            continue
        found = _FENCE.match(line)
        if found and not fence:
            yield False, "".join(lines)
            lines, fence = [line], found[1]
        elif found and fence and found[1].startswith(fence) and not line[found.end() :].strip():
            yield True, "".join([*lines, line])
            lines, fence = [], ""
        else:
            lines.append(line)
    yield bool(fence), "".join([*lines, "\n~~~~~~\n" if ending else ""])


def _without_blocks(text: str) -> str:
    """Without the lines that open and close admonitions, whose titles stay, and without imports and exports of MDX."""
    kept, skipping, indented = list[str](), False, False
    for line in text.split("\n"):
        skipping = bool(line.strip()) and (skipping or bool(_EXPORT.match(line)))
        if skipping or _IMPORT.fullmatch(line):
            continue
        found = _ADMONITION.fullmatch(line) or _INDENTED.fullmatch(line)
        if found:
            indented = found.re is _INDENTED
            title = (found["title"] or (found.groupdict().get("name") or "")).strip()
            kept += ["", title, ""] if title else [""]
            continue
        indented = indented and (not line.strip() or line.startswith("    "))
        kept.append(line.removeprefix("    ") if indented else line)
    return "\n".join(kept)


def _without_tags(text: str) -> str:
    """The same outside code in the lines, which is from some backticks to the next ones that are as many."""
    runs = list(_TICKS.finditer(text))
    parts, end, place = list[str](), 0, 0
    while place < len(runs):
        length = len(runs[place][0])
        close = next((each for each in range(place + 1, min(place + 50, len(runs))) if len(runs[each][0]) == length), None)
        if close is not None:
            parts += [_replaced(text[end : runs[place].start()]), text[runs[place].start() : runs[close].end()]]
            end, place = runs[close].end(), close
        place += 1
    return "".join([*parts, _replaced(text[end:])])


def _replaced(text: str) -> str:
    for opening, closing in _COMMENTS:
        text = _without_comments(text, opening, closing)
    text = _FIGURE.sub(lambda found: f"![{said[1]}](<>)" if (said := _CAPTION.search(found[1])) else "", text)
    for pattern, by in _INSIDE:
        text = pattern.sub(by, text)
    return text


def _without_comments(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> str:
    """One that is not closed is none."""
    parts, end = list[str](), 0
    for found in opening.finditer(text):
        if found.start() < end:
            continue
        closed = closing.search(text, found.end())
        if closed is None:
            break
        parts.append(text[end : found.start()])
        end = closed.end()
    return "".join([*parts, text[end:]])
