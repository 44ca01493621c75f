"""PDF: the text that the file has as text, and what it says about itself. Nothing is read out of pictures."""

import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from archive.parsing.blocks import Block, as_fields, without_title
from archive.parsing.characters import one_line, storable
from archive.parsing.failures import ParsingFailed
from archive.parsing.limits import TEXT
from archive.parsing.printed_lines import Line, Printed, paragraphs_of

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

PAGES: Final = 5_000
SECONDS: Final = 120
"""Of the processor's time, for one file. A page of text takes about 20 ms."""

_STREAM = 8 << 20
_OPERATIONS = 1_000_000
_FORMS = 200
"""What one page may unpack to, draw, and draw again: some hundred times what a page of text has."""

_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)(\d\d)?)?\s*(Z|[+-]\d\d)?'?(\d\d)?")
_NO_TITLE = re.compile(
    r"(?:untitled|document\d*|title|doc|pdf|microsoft (?:word|powerpoint) -)\s*\d*"
    r"|\S+\.(?:docx?|pdf|tex|dvi|indd|qxd|pptx?|xlsx?|odt|rtf|txt|html?|ps|eps|fm|p65|wpd)",
    re.IGNORECASE,
)  # fmt: skip
_FROM_WORD = re.compile(r"microsoft (?:word|powerpoint) - ", re.IGNORECASE)
_LIGATURES = str.maketrans(
    {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "st", "\ufb06": "st"}
)  # fmt: skip
_CATALOG = re.compile(rb"(\d{1,9} \d{1,5}) obj\s*<<[^>]{0,500}?/Type\s*/Catalog")
_NO_LETTER = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]")
_BOLD = re.compile(r"bold|black|heavy|semibd|demi|-bd|CMBX|,b", re.IGNORECASE)
_HIDDEN = 0.1
"""Text turned otherwise than the page's is a stamp at its side or across it, if it is no more than this share of the letters."""


def fields_of(content: bytes) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The article as named values, and warnings. `pages` has, for every page on which a paragraph begins, the ordinal of the
    first one that does, counted from 0, and the page's number, counted from 1.

    Raises ParsingFailed for a file that is damaged, needs a password, has no text, or is larger than what is read."""
    warnings: list[str] = []
    with _failures(content), _limits():
        reader = _opened(_ended(content))
        fields = _metadata(reader)
        lines = _lines(reader, warnings)
        count = len(reader.pages)
    if _is_cut_off(content):
        warnings.append("the file has no end mark: it may be cut off")
    return fields | _body(lines, fields, count), tuple(warnings)


def _is_cut_off(content: bytes) -> bool:
    return b"%%EOF" not in content[-2048:]


def _ended(content: bytes) -> bytes:
    """With an end that makes pypdf look for all objects, where it has none."""
    if not _is_cut_off(content):
        return content
    roots = [found[1] for found in _CATALOG.finditer(content)]
    trailer = b"\ntrailer << /Root %b R >>" % roots[-1] if roots else b""
    return content + trailer + b"\nstartxref\n0\n%%EOF\n"


@contextmanager
def _failures(content: bytes) -> Iterator[None]:
    """On files that are broken or made to break readers, pypdf raises whatever the broken place leads to."""
    from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError

    try:
        yield
    except ParsingFailed:
        raise
    except LimitReachedError as failure:
        raise ParsingFailed(f"the PDF is larger than what is read: {_reason(failure)}", code="too_large") from None
    except MemoryError:
        raise ParsingFailed("the PDF unpacks to more than fits into memory", code="too_large") from None
    except DependencyError as failure:
        raise ParsingFailed(f"the PDF is encrypted in a way that is not read: {_reason(failure)}", code="encrypted") from None
    except FileNotDecryptedError:
        raise ParsingFailed("the PDF needs a password", code="encrypted") from None
    except RecursionError:
        raise ParsingFailed("the PDF is nested too deeply") from None
    except Exception as failure:
        if _is_cut_off(content):
            raise ParsingFailed(f"the end of the PDF is missing: {_reason(failure)}", code="truncated") from None
        raise ParsingFailed(f"the PDF is damaged: {_reason(failure)}") from None


@contextmanager
def _limits() -> Iterator[None]:
    from pypdf._configuration import apply_configuration

    with apply_configuration(
        zlib_maximum_output_length=_STREAM,
        lzw_maximum_output_length=_STREAM,
        run_length_maximum_output_length=_STREAM,
        array_based_stream_maximum_output_length=_STREAM,
        zlib_maximum_recovery_input_length=1 << 20,
        stream_parsing_work_maximum_count=_OPERATIONS,
        xform_maximum_invocations_per_extraction=_FORMS,
        page_tree_maximum_entries=4 * PAGES,
    ):
        yield


def _opened(content: bytes) -> "PdfReader":
    import io
    import logging

    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it says much about every broken file; what matters is raised
    reader = PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise ParsingFailed("the PDF needs a password", code="encrypted")
    if len(reader.pages) > PAGES:
        raise ParsingFailed(f"the PDF has {len(reader.pages):,} pages; at most {PAGES:,} are read", code="too_large")
    if not reader.pages:
        raise ParsingFailed("the PDF has no pages", code="no_article")
    return reader


def _lines(reader: "PdfReader", warnings: list[str]) -> list[Line]:
    """The lines of all pages. A page that cannot be read is a warning, unless none can."""
    clock, lines, letters, broken = _Clock(), list[Line](), 0, list[str]()
    for number, page in enumerate(reader.pages, start=1):
        try:
            found = _page_lines(page, number, clock)
        except ParsingFailed:
            raise
        except Exception as failure:  # as in _failures
            broken.append(f"page {number} cannot be read: {_reason(failure)}")
            found = []
        letters += sum(len(line.text) for line in found)
        lines += found
        clock.check()
        if letters > TEXT:
            raise ParsingFailed(f"the PDF has more than {TEXT:,} characters of text", code="too_large")
        reader.resolved_objects.clear()  # or all that was unpacked for a page would stay
    if broken and not lines:
        raise ParsingFailed(f"the PDF is damaged: {broken[0]}")
    warnings += broken[:5] + ([f"{len(broken) - 5} more pages cannot be read"] if len(broken) > 5 else [])
    return lines


class _Clock:
    def __init__(self) -> None:
        self._end = time.thread_time() + SECONDS

    def check(self) -> None:
        if time.thread_time() > self._end:
            raise ParsingFailed(f"the PDF takes more than {SECONDS} seconds to read", code="too_large")


def _page_lines(page: "PageObject", number: int, clock: _Clock) -> list[Line]:
    pieces: list[_Piece] = []

    def drawn(text: str, at: list[float], within: list[float], font: Any, size: float) -> None:
        if text:
            pieces.append(_Piece(text, at, within, font, size))

    page.extract_text(visitor_text=drawn, visitor_operand_before=lambda *_: clock.check())
    return list(_as_lines(_upright(pieces), number))


class _Piece:
    """Some letters that were drawn at once, and where."""

    __slots__ = ("bold", "direction", "size", "text", "x", "y")

    def __init__(self, text: str, at: list[float], within: list[float], font: Any, size: float) -> None:
        a, b, c, d, e, f = _product(within, at)
        length = (a * a + b * b) ** 0.5 or 1.0
        cosine, sine = a / length, b / length
        self.text = text
        self.x, self.y = e * cosine + f * sine, f * cosine - e * sine
        self.direction = (round(cosine), round(sine))
        self.size = abs(size) * (c * c + d * d) ** 0.5
        self.bold = bool(font) and _BOLD.search(str(font.get("/BaseFont", ""))) is not None


def _product(m: Sequence[float], n: Sequence[float]) -> tuple[float, float, float, float, float, float]:
    return (
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    )


def _upright(pieces: Sequence[_Piece]) -> list[_Piece]:
    """The pieces without a few that are turned otherwise than the rest."""
    letters = Counter[tuple[int, int]]()
    for piece in pieces:
        letters[piece.direction] += len(piece.text.strip())
    few = {direction for direction, count in letters.items() if 0 < count < _HIDDEN * letters.total()}
    return [piece for piece in pieces if piece.direction not in few]


def _as_lines(pieces: Sequence[_Piece], number: int) -> Iterator[Line]:
    """A piece ends with a line break where the next one stands lower."""
    line: list[_Piece] = []
    for piece in pieces:
        line.append(piece)
        if piece.text.endswith("\n"):
            yield from _line(line, number)
            line = []
    yield from _line(line, number)


def _line(pieces: Sequence[_Piece], number: int) -> Iterator[Line]:
    text = one_line(storable("".join(piece.text for piece in pieces).translate(_LIGATURES)))
    seen = [piece for piece in pieces if piece.text.strip()]
    if not text or not seen:
        return
    largest = max(seen, key=lambda piece: len(piece.text))
    bold = all(piece.bold for piece in seen) and any(map(str.isalpha, text))
    yield Line(" ".join(text.split()), number, seen[0].x, largest.y, largest.size, bold)


def _body(lines: Sequence[Line], fields: dict[str, Any], count: int) -> dict[str, Any]:
    """The paragraphs; the title stands on the first page where the file does not name one."""
    printed = paragraphs_of(lines)
    letters = sum(len(each.text) for each in printed)
    if not letters:
        pages = "1 page that is a picture" if count == 1 else f"{count:,} pages that are pictures"
        raise ParsingFailed(
            f"the PDF has no text: {pages}, of which the text has to be recognised (OCR) first", code="no_article"
        )
    if sum(len(_NO_LETTER.findall(each.text)) for each in printed) > 0.3 * letters:
        raise ParsingFailed("the PDF does not say which letters its fonts show; OCR may read it", code="no_article")
    title = fields.get("title") or _title_of(printed)
    blocks = without_title([Block(each.text, each.kind) for each in printed], title)
    read = as_fields(blocks)
    pages_of = [each.page for each in printed[len(printed) - len(blocks) :]][: len(read["paragraphs"])]
    named = {"title": title} if title else {}
    return {**named, **read, "pages": _first_of_pages(pages_of)}


def _first_of_pages(pages: Sequence[int]) -> list[list[int]]:
    first: dict[int, int] = {}
    for ordinal, page in enumerate(pages):
        first.setdefault(page, ordinal)
    return [[ordinal, page] for page, ordinal in first.items()]


def _title_of(printed: Sequence[Printed]) -> str:
    """The one heading in the largest letters of the first page, without a number, with two lines above it or less; else ""."""
    first = [each for each in printed if each.page == printed[0].page and len(each.text) > 3]
    largest = max((each.size for each in first), default=0.0)
    found = [each for each in first if each.size > 0.97 * largest]
    is_clear = len(found) == 1 and found[0] in printed[:3] and found[0].kind == "heading" and not found[0].text[0].isdigit()
    return found[0].text if is_clear and any(each.kind == "paragraph" for each in printed) else ""


def _metadata(reader: "PdfReader") -> dict[str, Any]:
    """What the file says about itself. `Subject` is what its description is called in XMP."""
    info = {str(name): _text(value) for name, value in (_quietly(lambda: reader.metadata) or {}).items()}
    xmp = _quietly(lambda: reader.xmp_metadata)
    creators = [name for name in map(_text, _quietly(lambda: xmp.dc_creator) or []) if name] if xmp else []
    fields = {
        "title": _title(info.get("/Title") or _first(_quietly(lambda: xmp.dc_title) if xmp else None)),
        "authors": creators if len(creators) > 1 else info.get("/Author") or creators,
        "dek": info.get("/Subject") or _first(_quietly(lambda: xmp.dc_description) if xmp else None),
        "keywords": info.get("/Keywords") or [_text(each) for each in (_quietly(lambda: xmp.dc_subject) if xmp else None) or []],
        "language": _language(reader) or _first(_quietly(lambda: xmp.dc_language) if xmp else None),
        "source": _first(_quietly(lambda: xmp.dc_publisher) if xmp else None),
        "published_at": _date(info.get("/CreationDate", "")),
        "modified_at": _date(info.get("/ModDate", "")),
    }
    if fields["modified_at"] == fields["published_at"]:
        del fields["modified_at"]
    return {name: value for name, value in fields.items() if value}


def _quietly(read: Any) -> Any:
    """What is read, or None: what a file says about itself is often broken, and its text may still be read."""
    try:
        return read()
    except Exception:  # as in _failures
        return None


def _text(value: object) -> str:
    return one_line(storable(str(value))) if isinstance(value, str) else ""


def _first(value: Any) -> str:
    """Of a list, or of what is told by language."""
    values = list(value.values()) if isinstance(value, dict) else list(value or [])
    return next((text for text in map(_text, values) if text), "")


def _title(text: str) -> str:
    """Not the name of the file that it was made from, nor what programs write where there is no title."""
    text = _FROM_WORD.sub("", text)
    return "" if _NO_TITLE.fullmatch(text) else text


def _language(reader: "PdfReader") -> str:
    language = _text(_quietly(lambda: reader.root_object.get("/Lang")))
    return language if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", language) else ""


def _date(written: str) -> str | None:
    """`D:20200103101500+01'00'` as ISO 8601; what is shorter than a day is none. Without a zone it is the day that counts."""
    found = _DATE.match(written.strip())
    if not found or not found[3]:
        return None
    day = f"{found[1]}-{found[2]}-{found[3]}"
    if not (found[4] and found[7]):
        return day
    zone = "Z" if found[7] == "Z" else f"{found[7]}:{found[8] or '00'}"
    return f"{day}T{found[4]}:{found[5]}:{found[6] or '00'}{zone}"


def _reason(failure: Exception) -> str:
    return (one_line(storable(str(failure))) or type(failure).__name__)[:200]
