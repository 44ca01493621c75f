"""Characters that no database stores, and the white space between paragraphs."""

import re

_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_BREAKS = str.maketrans({"\x0b": "\n", "\x0c": "\n"})


def unstorable(text: str) -> str | None:
    """What stands in the way of storing the text, or None: NUL and other C0 controls, lone surrogates."""
    found = _UNSTORABLE.search(text)
    if found is None:
        return None
    return f"contains the control character U+{ord(found[0]):04X} at position {found.start()}"


def storable(text: str) -> str:
    """The text without what cannot be stored; form feeds and vertical tabs become line breaks."""
    if _UNSTORABLE.search(text) is None:
        return text
    return _UNSTORABLE.sub("", text.translate(_BREAKS))


def unix_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def one_line(text: str) -> str:
    """Line breaks and tabs become single spaces; nothing else changes but the ends."""
    return " ".join(stripped for part in re.split(r"[\r\n\t]", text) if (stripped := part.strip()))


def paragraphs_of(text: str) -> list[str]:
    """What blank lines separate, unchanged apart from surrounding white space."""
    blocks: list[list[str]] = [[]]
    for line in unix_lines(text).split("\n"):
        if line.strip():
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return ["\n".join(block).strip() for block in blocks if block]
