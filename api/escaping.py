"""Text in Markdown, so that reading it gives the text again, to the letter."""

import re

_ANYWHERE = re.compile(
    r"[\\`*]"
    r"|(?<![^\W_])_|_(?![^\W_])"
    r"|<(?=[A-Za-z/!?])|&(?=[#A-Za-z])"
    r"|\[(?=[\[^!])|(?<=\[)\[|\](?=[(:\[\]])|(?<=\])\]|!(?=\[)"
    r"|~(?=~)|(?<=~)~|=(?==)|(?<==)=|%(?=%)|(?<=%)%"
    r"|\{(?=[{%/])|(?<=\{)\{"
)
_AT_THE_START = re.compile(r"#{1,6}(?=\s|$)|>|[-+](?=\s|$)|[=:|-](?=[=:| -]*$)|:(?=::)|!(?=!!)|\?(?=\?\?)")
_NUMBERED = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
_CODE_OF_MDX = re.compile(r"import\s.*[\"']|export\s+(?:default|const|let|var|function|class)\b")
_CLOSING = re.compile(r"(?<=\s)(#*)#$")
_SIGN = r"\1\\#"
_BREAK = "<br>"


def escaped(text: str) -> list[str]:
    """The text as lines of a paragraph. An empty line, which would end it, is a break at the end of the line before."""
    lines: list[str] = []
    for line in text.split("\n"):
        if line or not lines:
            lines.append(_line(line))
        else:
            lines[-1] += _BREAK
    return lines


def heading(text: str, level: int) -> str:
    """Number signs at the end of a heading would be taken for its other half."""
    line = _BREAK.join(map(_line, text.split("\n")))
    return f"{'#' * level} {_CLOSING.sub(_SIGN, line)}"


def quote(text: str) -> str:
    return "\n".join(f"> {line}" for line in escaped(text))


def items(text: str, marker: str) -> str:
    """A list with a line an item. A line of white space, which is no item, belongs to the one before."""
    lines: list[str] = []
    for line in text.split("\n"):
        if line.strip() or not lines:
            lines.append(f"{marker} {_line(line)}")
        else:
            lines[-1] += _BREAK + _line(line)
    return "\n".join(lines)


def code(text: str) -> str:
    """In a fence longer than any in it."""
    fence = "`" * max(3, 1 + max((len(ticks) for ticks in re.findall("`+", text)), default=0))
    return f"{fence}\n{text}\n{fence}"


def caption(text: str) -> str:
    """As the description of a picture, of which nothing else is known."""
    lines = (re.sub(r"(?<!\\)(?:\\\\)*[\[\]]", lambda found: f"{found[0][:-1]}\\{found[0][-1]}", line) for line in escaped(text))
    return f"![{chr(10).join(lines)}](<>)"


def _line(line: str) -> str:
    """White space at its ends, and what would be an import of MDX, is written as entities; the rest with backslashes."""
    if not line:
        return line
    text = _ANYWHERE.sub(r"\\\g<0>", line)
    if _NUMBERED.match(text):
        text = _NUMBERED.sub(r"\1\\\2", text, count=1)
    elif _AT_THE_START.match(text):
        text = f"\\{text}"
    if line[0].isspace() or _CODE_OF_MDX.match(line):
        text = f"&#{ord(line[0])};{text[1:]}"
    if len(line) > 1 and line[-1].isspace():
        text = f"{text[:-1]}&#{ord(line[-1])};"
    return text
