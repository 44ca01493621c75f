"""Printed lines: what stands on the pages of a document, and the paragraphs that the lines were broken from."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, takewhile
from statistics import median, quantiles

_SENTENCE_END = re.compile(r"[.!?…。:][\"'”’»)\]]*(?:\s*\[\d+\]|\d{1,3})*$")
_BULLET = re.compile(r"[•▪◦‣·■●○▸►❖✓–—*-]\s+(?=\S)")
_ENTRY = re.compile(r"\[\d{1,3}\]\s")
_BROKEN_WORD = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]$")
_WORD = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
_DIGITS = re.compile(r"\d+")
_ROMAN = re.compile(r"[ivxl]{1,7}", re.IGNORECASE)
_IDEOGRAPHIC = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_EDGE = 3
_HEADING = 200


@dataclass(frozen=True, slots=True)
class Line:
    """`page` counts from 1; `x` and `y` are where the line begins, in points, `y` from below; `size` is that of its letters."""

    text: str
    page: int
    x: float = 0.0
    y: float = 0.0
    size: float = 10.0
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Printed:
    """One paragraph of a document. `page` is that on which it begins."""

    text: str
    kind: str
    page: int
    size: float


@dataclass(slots=True)
class _Type:
    """How the document is set: the size of most of its letters, and per size the distance of lines and their usual length."""

    size: float
    leading: dict[float, float]
    measure: dict[float, float]
    words: Counter[str] = field(default_factory=Counter)

    def distance(self, line: Line) -> float:
        return self.leading.get(_rounded(line.size), 1.25 * line.size)

    def is_short(self, line: Line) -> bool:
        return len(line.text) < 0.75 * self.measure.get(_rounded(line.size), 0)


def paragraphs_of(lines: Sequence[Line]) -> list[Printed]:
    """The paragraphs, in the order of the lines, which stays; running heads and page numbers are left out, words that were
    broken at the end of a line are whole again, and so are paragraphs that were broken by the end of a page or column."""
    kept = without_running(lines)
    if not kept:
        return []
    type_ = _type_of(kept)
    pages = _by_page(kept).values()
    blocks = _joined_over_pages([block for page in pages for block in _blocks(page, type_)], type_)
    return _with_lists([_printed(block, type_) for block in blocks])


def without_running(lines: Sequence[Line]) -> list[Line]:
    """The lines without the outermost ones, above or below, that stand at the same place on several pages, apart from the text
    or without any; numbers are equal."""
    pages = _by_page(lines)
    seen = Counter(
        key for page in pages.values() for key in {_running_key(line) for side in _sides(page) for line in side[:_EDGE]}
    )
    often = 2 if len(pages) <= 4 else 3
    sides = [side for page in pages.values() for side in _sides(page)]
    running = {id(line) for side in sides for line in _running(side, {key for key, count in seen.items() if count >= often})}
    return [line for line in lines if id(line) not in running]


def _sides(page: list[Line]) -> tuple[list[Line], list[Line]]:
    """The lines from the upper edge on, and from the lower."""
    highest_first = sorted(page, key=lambda line: -line.y)
    return highest_first, highest_first[::-1]


def _running(side: list[Line], repeated: set[tuple[str, int]]) -> list[Line]:
    found = list(takewhile(lambda line: _running_key(line) in repeated, side[:_EDGE]))
    while found and len(found) < len(side) and not _is_apart(found[-1], side[len(found)]):
        found.pop()
    return found


def _is_apart(line: Line, inner: Line) -> bool:
    return abs(line.y - inner.y) > 1.6 * inner.size or abs(line.size - inner.size) > 0.5


def _by_page(lines: Iterable[Line]) -> dict[int, list[Line]]:
    pages: dict[int, list[Line]] = {}
    for line in lines:
        pages.setdefault(line.page, []).append(line)
    return pages


def _running_key(line: Line) -> tuple[str, int]:
    """Equal for lines that differ in numbers only and stand at one height."""
    text = "#" if _ROMAN.fullmatch(line.text) else _DIGITS.sub("#", " ".join(line.text.split()).casefold())
    return text, round(line.y / 4)


def _type_of(lines: Sequence[Line]) -> _Type:
    letters = Counter[float]()
    distances, lengths = dict[float, list[float]](), dict[float, list[int]]()
    for line in lines:
        size = _rounded(line.size)
        letters[size] += len(line.text)
        lengths.setdefault(size, []).append(len(line.text))
    for above, below in pairwise(lines):
        size, down = _rounded(above.size), above.y - below.y
        if above.page == below.page and size == _rounded(below.size) and 0 < down < 3 * above.size:
            distances.setdefault(size, []).append(down)
    words = Counter(word.casefold() for line in lines for word in _WORD.findall(line.text))
    leading = {size: median(found) for size, found in distances.items()}
    return _Type(letters.most_common(1)[0][0], leading, {size: _usual(found) for size, found in lengths.items()}, words)


def _usual(lengths: list[int]) -> float:
    """The length of a full line: nine of ten are not longer."""
    return quantiles(lengths, n=10)[-1] if len(lengths) > 3 else max(lengths)


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _blocks(page: list[Line], type_: _Type) -> Iterator[list[Line]]:
    """The lines of one page, paragraph by paragraph."""
    block = page[:1]
    for place, line in enumerate(page[1:], start=1):
        following = page[place + 1] if place + 1 < len(page) else None
        if _begins(block, line, following, type_):
            yield block
            block = []
        block.append(line)
    yield block


def _begins(block: list[Line], line: Line, following: Line | None, type_: _Type) -> bool:
    """The line is the first of another paragraph than the lines before it."""
    above = block[-1]
    down = above.y - line.y
    if _ENTRY.match(line.text) and (_ends_sentence(above) or _ENTRY.match(block[0].text)):
        return True
    if _BULLET.match(line.text) or abs(line.size - above.size) > 0.08 * max(line.size, above.size):
        return True
    if down < -0.5 * line.size or down > 4 * type_.distance(line):  # another column, or behind a picture
        return not _goes_on(above, line)
    if down > 1.25 * type_.distance(line) or _is_bold_head(block, line, type_):
        return True
    if _is_indented(block, line, following):
        return True
    return type_.is_short(above) and _ends_sentence(above) and not line.text[0].islower()


def _is_bold_head(block: list[Line], line: Line, type_: _Type) -> bool:
    """Bold lines above others, or a bold one below the end of a sentence."""
    if all(each.bold for each in block):
        return not line.bold and (len(block) > 1 or type_.is_short(block[-1])) and not _ends_sentence(block[-1])
    return line.bold and not block[-1].bold and _ends_sentence(block[-1])


def _is_indented(block: list[Line], line: Line, following: Line | None) -> bool:
    """By a first line that begins further in than the second, or, as in bibliographies, further out. A list's items are not."""
    above, step = block[-1], 0.7 * line.size
    if _BULLET.match(block[0].text):
        return block[0].x - line.x > step
    next_x = following.x if following and abs(following.size - line.size) < 1 and following.y < line.y else None
    if next_x is None:
        return line.x - above.x > step and _ends_sentence(above)
    if line.x - next_x > step:
        return line.x - above.x > step or _ends_sentence(above)
    return next_x - line.x > step and above.x - line.x > step and len(block) > 1 and _ends_sentence(above)


def _ends_sentence(line: Line) -> bool:
    return _SENTENCE_END.search(line.text) is not None


def _goes_on(above: Line, below: Line) -> bool:
    """A sentence is open, and below stands what may continue it."""
    if _ends_sentence(above) or abs(above.size - below.size) > 0.5 or above.bold != below.bold or _BULLET.match(below.text):
        return False
    return below.text[0].islower() or bool(_BROKEN_WORD.search(above.text)) or above.text[-1] in ",;–—"


def _joined_over_pages(blocks: list[list[Line]], type_: _Type) -> list[list[Line]]:
    """What the end of a page broke in two is one block, also where footnotes stand between."""
    joined: list[list[Line]] = []
    for block in blocks:
        before = _open_on_the_page_before(joined, block)
        if before is not None and _is_continued(before[-1], block[0], type_):
            before += block
        else:
            joined.append(list(block))
    return joined


def _open_on_the_page_before(joined: list[list[Line]], block: list[Line]) -> list[Line] | None:
    """The last block in letters of the same size, if the page ends with it, or with it and smaller letters."""
    for before in reversed(joined[-12:]):
        if abs(before[-1].size - block[0].size) <= 0.5:
            return before if before[-1].page == block[0].page - 1 else None
        if before[-1].size > block[0].size or before[-1].page == block[0].page:
            return None
    return None


def _is_continued(above: Line, below: Line, type_: _Type) -> bool:
    if _goes_on(above, below):
        return True
    return not _ends_sentence(above) and not type_.is_short(above) and above.bold == below.bold and not _BULLET.match(below.text)


def _printed(block: list[Line], type_: _Type) -> Printed:
    text = joined([line.text for line in block], type_.words)
    bullet = _BULLET.match(text)
    if bullet:
        return Printed(text[bullet.end() :], "list", block[0].page, block[0].size)
    return Printed(text, "heading" if _is_heading(block, text, type_) else "paragraph", block[0].page, block[0].size)


def _is_heading(block: list[Line], text: str, type_: _Type) -> bool:
    if len(text) > _HEADING or not any(map(str.isalpha, text)):
        return False
    larger = all(line.size > 1.1 * type_.size for line in block)
    bold = all(line.bold for line in block) and len(block) <= 2 and block[0].size > 0.9 * type_.size
    return larger or (bold and not _ends_sentence(block[-1]))


def joined(lines: Sequence[str], words: Counter[str]) -> str:
    """One line. A word that a hyphen broke is whole again, unless the text writes it with a hyphen elsewhere; `words` are those
    of the text, in lower case, with how often they occur."""
    text = lines[0]
    for line in lines[1:]:
        broken = _BROKEN_WORD.search(text)
        if broken and line[:1].islower():
            text = (text if _is_hyphenated(text, line, words) else text[: broken.start()]) + line
        elif _IDEOGRAPHIC.match(text[-1:]) and _IDEOGRAPHIC.match(line):
            text += line
        else:
            text = f"{text} {line}"
    return text.replace("\u00ad", "")


def _is_hyphenated(text: str, line: str, words: Counter[str]) -> bool:
    """The text writes the word with its hyphen where there is room for it, more often than without."""
    if text.endswith("\u00ad"):
        return False
    first, rest = _WORD.findall(text[:-1])[-1].casefold(), _WORD.findall(line)[0].casefold()
    return words[f"{first}-{rest}"] > words[first + rest]


def _with_lists(printed: Sequence[Printed]) -> list[Printed]:
    """Items that follow one another are one paragraph, a line each."""
    found: list[Printed] = []
    for each in printed:
        if each.kind == "list" and found and found[-1].kind == "list":
            found[-1] = replace(found[-1], text=f"{found[-1].text}\n{each.text}")
        else:
            found.append(each)
    return found
