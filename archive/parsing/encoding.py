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
_DECLARED = re.compile(rb"charset|encoding", re.IGNORECASE)
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_NO_CHARSETS = frozenset(["idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7", "mbcs", "oem"])

AS_BROWSERS: Final = {"ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030",
                      "euc_kr": "cp949", "shift_jis": "cp932", "tis-620": "cp874"}  # fmt: skip
"""What browsers read these names as, https://encoding.spec.whatwg.org/#names-and-labels"""

# Names that pages use and Python does not know, from the same table.
_LABELS = {"x-sjis": "cp932", "windows-31j": "cp932", "x-gbk": "gb18030", "x-x-big5": "big5", "x-euc-jp": "euc_jp",
           "x-mac-roman": "mac_roman", "x-mac-cyrillic": "mac_cyrillic", "windows-874": "cp874", "dos-874": "cp874",
           "logical": "iso8859-8", "unicode-1-1-utf-8": "utf-8"}  # fmt: skip
_ESCAPES = ((b"\x1b$)C", "iso2022_kr"), (b"\x1b$B", "iso2022_jp"), (b"\x1b$@", "iso2022_jp"), (b"\x1b(J", "iso2022_jp"))
_WIDE_MARKUP = ((re.compile(rb"<\0\0\0[!-~]\0\0\0"), "utf-32-le"), (re.compile(rb"\0\0\0<\0\0\0[!-~]"), "utf-32-be"),
                (re.compile(rb"<\0[!-~]\0"), "utf-16-le"), (re.compile(rb"\0<\0[!-~]"), "utf-16-be"))  # fmt: skip
_LATIN = frozenset(["cp1252", "cp1250", "cp1254", "cp1257", "iso8859-2", "iso8859-4", "iso8859-15", "mac-roman"])
_RUN = re.compile("[^\x00-\x7f\xa0]+")

HEAD: Final = 4096
"""How many bytes are looked at for a charset that the page declares."""


class Decoded(NamedTuple):
    text: str
    charset: str
    warnings: tuple[str, ...] = ()


def decode(content: bytes, declared: str | None = None, *, page: bool = False) -> Decoded:
    """The text, by its byte order mark, else by the declared charset (with `page`, also one in the page's own head), else as
    UTF-8, else as detected, with a warning. A declaration that the bytes contradict is not followed, with a warning too.
    Undecodable bytes become U+FFFD with a warning. Raises ParsingFailed for what is no text."""
    decoded = _by_mark(content) or (page and _by_wide_markup(content)) or _by_declaration(content, declared, page)
    if _is_binary(decoded.text):
        raise ParsingFailed("the bytes are no text", code="undecodable")
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


def _by_wide_markup(content: bytes) -> Decoded | None:
    """Markup in UTF-16 or UTF-32 without a mark: its first tag says so, whatever follows."""
    return next((_replacing(content, charset) for start, charset in _WIDE_MARKUP if start.match(content)), None)


def _by_declaration(content: bytes, declared: str | None, page: bool) -> Decoded:
    charset = known(declared)
    warnings = (f"unknown charset {declared[:40]!r}",) if declared and charset is None else ()
    if charset is None and page:
        charset = _in_head(content)
    if charset is None:
        return _warning(_undeclared(content), warnings)
    return _warning(_as_declared(content, AS_BROWSERS.get(charset, charset), charset), warnings)


def _as_declared(content: bytes, charset: str, name: str) -> Decoded:
    decoded = _strictly(content, charset) or _nearly(content, charset)
    if decoded is None:
        return _warning(_undeclared(content), (f"the text is not in {name}, as declared",))
    return _contradicted(content, decoded, name) or decoded


def _contradicted(content: bytes, decoded: Decoded, name: str) -> Decoded | None:
    """The bytes read otherwise, where they cannot be what is declared: any bytes are text in a charset of one byte a sign.

    UTF-8 with anything beyond ASCII is no other text by chance. Text in Latin letters has few signs beyond ASCII one after
    another: three and more are another script."""
    if content.isascii() or not _has_one_byte_signs(decoded.charset):
        return None
    warning = f"declared as {name}, which it cannot be"
    if utf8 := _as_utf8(content):
        return _warning(utf8, (f"{warning}; read as utf-8",))
    runs = [len(run) for run in _RUN.findall(decoded.text[:100_000])] if decoded.charset in _LATIN else []
    long = sum(length for length in runs if length >= 3)
    other = _guessed(content, warning) if long >= 20 and 2 * long > sum(runs) else None
    return other if other and other.charset not in _LATIN else None


def _has_one_byte_signs(charset: str) -> bool:
    return charset not in ("utf-8", "ascii") and len(bytes(range(256)).decode(charset, errors="replace")) == 256


def _nearly(content: bytes, charset: str) -> Decoded | None:
    """With some bytes replaced: at most one for every hundred that are beyond ASCII."""
    decoded = _replacing(content, charset)
    beyond = len(content) - len(content.decode("ascii", errors="ignore"))
    return decoded if 100 * decoded.text.count("\ufffd") <= beyond else None


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
    """UTF-8 with some broken bytes where most of what is not ASCII is well-formed, else what chardet says."""
    damaged = _replacing(content, "utf-8")
    broken = damaged.text.count("\ufffd")
    whole = len(damaged.text) - len(damaged.text.encode("ascii", errors="ignore")) - broken
    if whole > 4 * broken:
        return damaged
    return _guessed(content, "no UTF-8") or damaged


def _guessed(content: bytes, why: str) -> Decoded | None:
    # chardet 7 finds the charset of 422 of 424 real files and of all our sentences (evals/encodings.py), where charset-normalizer
    # 3.5 finds 408 and 31 of 38. Its "superset" of iso-8859-2 is cp1250, which has other letters in six places. What the markup
    # declares, which it would believe, has been found untrue.
    from chardet import EncodingEra, detect

    era = EncodingEra.ALL & ~EncodingEra.MAINFRAME
    found = detect(
        _DECLARED.sub(b"", content), max_bytes=max(1, len(content)), encoding_era=era, prefer_superset=False, compat_names=False
    )
    name = known(found["encoding"])
    charset = AS_BROWSERS.get(name, name) if name else None
    return _warning(_replacing(content, charset), (f"{why}; read as {charset}, which is a guess",)) if charset else None


def _replacing(content: bytes, charset: str) -> Decoded:
    text = content.decode(charset, errors="replace")
    lost = text.count("\ufffd") - (content.count(b"\xef\xbf\xbd") if charset.startswith("utf-8") else 0)
    warnings = (f"{lost:,} undecodable bytes were replaced by U+FFFD",) if lost > 0 else ()
    return Decoded(text, charset.removesuffix("-sig"), warnings)


def _is_binary(text: str) -> bool:
    """More than a tenth of the beginning is control characters or was not decodable."""
    start = text[:20_000]
    return len(_CONTROLS.findall(start)) + start.count("\ufffd") > max(2, len(start) // 10)
