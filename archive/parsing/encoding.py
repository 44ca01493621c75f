"""From bytes to text: which charset they are in, and what could not be decoded."""

import codecs
import re
from typing import Final, NamedTuple

from archive.parsing.failures import ParsingFailed

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_META = re.compile(rb"""<(?:meta\s[^>]*?charset|\?xml\s[^>]*?encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]+)""", re.IGNORECASE)
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_NO_CHARSETS = frozenset(["idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7", "mbcs", "oem"])

# What browsers read these names as, https://encoding.spec.whatwg.org/#names-and-labels
_AS_BROWSERS = {"ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030",
                "euc_kr": "cp949", "shift_jis": "cp932", "tis-620": "cp874"}  # fmt: skip

# Names that pages use and Python does not know, from the same table.
_LABELS = {"x-sjis": "cp932", "windows-31j": "cp932", "x-gbk": "gb18030", "x-x-big5": "big5", "x-euc-jp": "euc_jp",
           "x-mac-roman": "mac_roman", "unicode-1-1-utf-8": "utf-8"}  # fmt: skip
_ESCAPES = ((b"\x1b$)C", "iso2022_kr"), (b"\x1b$B", "iso2022_jp"), (b"\x1b$@", "iso2022_jp"), (b"\x1b(J", "iso2022_jp"))

HEAD: Final = 4096
"""How many bytes are looked at for a charset that the page declares."""


class Decoded(NamedTuple):
    text: str
    charset: str
    warnings: tuple[str, ...] = ()


def decode(content: bytes, declared: str | None = None, *, page: bool = False) -> Decoded:
    """The text, by its byte order mark, else by the declared charset (with `page`, also one in the page's own head), else as
    UTF-8, else as detected. Undecodable bytes become U+FFFD with a warning. Raises ParsingFailed for what is no text."""
    decoded = _by_mark(content) or _by_declaration(content, declared, page) or _undeclared(content)
    if _is_binary(decoded.text):
        raise ParsingFailed("the bytes are no text")
    return decoded


def known(charset: str | None) -> str | None:
    """The charset's name in Python, or None if it is none."""
    if not charset:
        return None
    name = charset.strip().strip("\"'").lower()
    try:
        codec = codecs.lookup(_LABELS.get(name, name))
    except (LookupError, ValueError):
        return None
    is_text: bool = getattr(codec, "_is_text_encoding", True)
    return codec.name if is_text and codec.name not in _NO_CHARSETS else None


def _by_mark(content: bytes) -> Decoded | None:
    for mark, charset in _BOMS:
        if content.startswith(mark):
            return _replacing(content, charset)
    return None


def _by_declaration(content: bytes, declared: str | None, page: bool) -> Decoded | None:
    charset = known(declared)
    warnings = (f"unknown charset {declared[:40]!r}",) if declared and charset is None else ()
    if charset is None and page:
        charset = _in_head(content)
    if charset is None:
        return _warning(_undeclared(content), warnings)
    decoded = _strictly(content, _AS_BROWSERS.get(charset, charset))
    return decoded or _warning(_undeclared(content), (f"the text is not in {charset}, as declared",))


def _warning(decoded: Decoded, warnings: tuple[str, ...]) -> Decoded:
    return decoded._replace(warnings=warnings + decoded.warnings)


def _in_head(content: bytes) -> str | None:
    found = _META.search(content[:HEAD])
    charset = known(found[1].decode("ascii")) if found else None
    # A head that can be read as ASCII is in no UTF-16; browsers take it for UTF-8.
    return "utf-8" if charset and charset.startswith(("utf-16", "utf-32")) else charset


def _undeclared(content: bytes) -> Decoded:
    return _by_zeros(content) or _by_escapes(content) or _as_utf8(content) or _detected(content)


def _by_zeros(content: bytes) -> Decoded | None:
    """UTF-32 or UTF-16 without a mark: every second byte or more is zero, on one side of each character."""
    head = content[:HEAD]
    for charset, width, place in (("utf-32-le", 4, 0), ("utf-32-be", 4, 3), ("utf-16-le", 2, 0), ("utf-16-be", 2, 1)):
        letters = head[place::width]
        zeros = head.count(0)
        if zeros and zeros >= 0.8 * (len(head) - len(letters)) and letters.count(0) == 0:
            return _strictly(content, charset)
    return None


def _by_escapes(content: bytes) -> Decoded | None:
    return next((_strictly(content, charset) for mark, charset in _ESCAPES if mark in content), None)


def _as_utf8(content: bytes) -> Decoded | None:
    return _strictly(content, "utf-8")


def _strictly(content: bytes, charset: str) -> Decoded | None:
    try:
        return Decoded(content.decode(charset), charset)
    except (UnicodeDecodeError, ValueError):
        return None


def _detected(content: bytes) -> Decoded:
    """UTF-8 with some broken bytes where most of what is not ASCII is well-formed, else what charset-normalizer says."""
    damaged = _replacing(content, "utf-8")
    broken = damaged.text.count("\ufffd")
    whole = sum(1 for character in damaged.text if character > "\x7f") - broken
    if whole > 4 * broken:
        return damaged
    charset = _most_likely(content)
    return _warning(_replacing(content, charset), (f"no UTF-8; read as {charset}, which is a guess",)) if charset else damaged


def _most_likely(content: bytes) -> str | None:
    from charset_normalizer import from_bytes

    best = from_bytes(content[: 1 << 20]).best()
    return known(best.encoding) if best else None


def _replacing(content: bytes, charset: str) -> Decoded:
    text = content.decode(charset, errors="replace")
    lost = text.count("\ufffd") - content.count(b"\xef\xbf\xbd")
    warnings = (f"{lost:,} undecodable bytes were replaced by U+FFFD",) if lost > 0 else ()
    return Decoded(text, charset.removesuffix("-sig"), warnings)


def _is_binary(text: str) -> bool:
    """More than a tenth of the beginning is control characters or was not decodable."""
    start = text[:20_000]
    return len(_CONTROLS.findall(start)) + start.count("\ufffd") > max(2, len(start) // 10)
