"""The templates, and how values are written in them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from api.room import calls
from api.room.assets import asset
from archive.answers import ArticleOut, Match

SURE = ((0.6, "very likely"), (0.3, "likely"), (0.1, "possible"), (0.0, "faint"))
"""Relevance in words. A good answer to a question is judged right in two cases of five, and has 0.4; a title that is asked for by
its name has 0.7 and more (docs/decisions/0012-relevance.md)."""
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def day(written: str | None) -> str:
    """A date or date-time, as its source wrote it, to be read: `4 November 2023`; as much of it as there is."""
    if not written:
        return ""
    parts = written[:10].split("-")
    try:
        year, month, of_month = (int(part) for part in (*parts, "0", "0")[:3])
    except ValueError:
        return written
    named = ([str(of_month)] if of_month else []) + ([MONTHS[month - 1]] if 1 <= month <= 12 else [])
    return " ".join([*named, str(year)])


def moment(stated: str | None) -> str:
    """One of our own moments: `4 November 2023, 14:05 UTC`."""
    if not stated:
        return ""
    at = datetime.fromisoformat(stated).astimezone(UTC)
    return f"{day(at.date().isoformat())}, {at:%H:%M} UTC"


def number(value: float) -> str:
    return f"{value:,}"


def counted(value: int, one: str, many: str | None = None) -> str:
    """`1 article`, `2,300 articles`."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def sureness(relevance: float) -> str:
    return next(word for least, word in SURE if relevance >= least)


def marked(match: Match) -> Markup:
    """Its text with the words that were asked for marked."""
    return marked_text(match.text, match.highlights)


def marked_text(text: str, highlights: Sequence[tuple[int, int]]) -> Markup:
    parts, at = [], 0
    for start, end in highlights:
        parts += [escape(text[at:start]), Markup("<mark>"), escape(text[start:end]), Markup("</mark>")]
        at = end
    return Markup("").join([*parts, escape(text[at:])])


def shortened(match: Match, around: int = 160) -> Markup:
    """As `marked`, but of a long text only what is around the first of the words, cut between words."""
    text = match.text
    if len(text) <= 2 * around + 80:
        return marked(match)
    first = match.highlights[0][0] if match.highlights else 0
    start = 0 if first <= around else text.rfind(" ", 0, first - around) + 1
    stop = text.find(" ", start + 2 * around)
    stop = len(text) if stop < 0 else stop
    inside = [(max(a, start) - start, min(b, stop) - start) for a, b in match.highlights if a < stop and b > start]
    shown = marked_text(text[start:stop], inside)
    return Markup("{}{}{}").format("… " if start else "", shown, " …" if stop < len(text) else "")


def web(url: str | None) -> str | None:
    """The address, where it may be a link: only the web's own schemes lead out of here."""
    try:
        return url if url and urlsplit(url).scheme.lower() in ("http", "https") else None
    except ValueError:
        return None


def host(url: str) -> str:
    return urlsplit(url).hostname or url


def article_path(article_id: str, paragraph_id: str | None = None) -> str:
    return f"/articles/{quote(article_id, safe='')}{'#' + paragraph_id if paragraph_id else ''}"


def titled(article: ArticleOut) -> str:
    """Its title, or what stands in for one."""
    return article.title or article.url or article.external_id or article.id


def query(pairs: Sequence[tuple[str, Any]], **changed: Any) -> str:
    """A query string like another one with other values: None takes a name out, a list gives it several."""
    kept = [(name, value) for name, value in pairs if name not in changed and value not in (None, "")]
    for name, value in changed.items():
        kept += [(name, each) for each in (value if isinstance(value, list | tuple) else [value]) if each not in (None, "")]
    return urlencode(kept)


def is_list(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin is Annotated:
        return is_list(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return any(is_list(part) for part in get_args(annotation))
    return (origin or annotation) in (list, tuple)


def today() -> date:
    return datetime.now(UTC).date()


TEMPLATES = Environment(
    loader=PackageLoader("api.room"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
TEMPLATES.filters |= {
    "day": day, "moment": moment, "number": number, "counted": counted, "sureness": sureness, "marked": marked,
    "web": web, "host": host,
}  # fmt: skip
TEMPLATES.globals |= {
    "asset": asset, "article_path": article_path, "titled": titled, "shortened": shortened, "query": query,
    "curl": calls.curl, "python": calls.python, "MONTHS": MONTHS,
}  # fmt: skip
