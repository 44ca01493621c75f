"""An article for reading: as Markdown with front matter (which can be sent back), and as plain text."""

from collections.abc import Callable
from typing import Any

from api.escaping import caption, code, escaped, heading, items, quote
from archive.answers import ArticleOut, ParagraphOut, ReferenceOut
from archive.parsing import citations_in, front_matter

FRONT_MATTER = (
    "dek", "authors", "categories", "tags", "series", "language", "source", "external_id", "url", "canonical_url",
    "published_at", "modified_at",
)  # fmt: skip


def markdown(article: ArticleOut) -> str:
    """Front matter with every field that is set, the sources among them; the title as a heading, the paragraphs. Reading it gives
    the same article: what would be markup in the text is escaped, and citations that are not in the text stand in front."""
    paragraphs = article.paragraphs or []
    fields: dict[str, Any] = {"title": article.title}
    fields |= {name: value for name in FRONT_MATTER if (value := getattr(article, name))}
    fields["references"] = [_entry(reference) for reference in article.references or []]
    if cited := {str(place): each.citations for place, each in enumerate(paragraphs) if _is_cited_elsewhere(each)}:
        fields["citations"] = cited
    if article.extra:
        fields["extra"] = article.extra
    blocks = [heading(article.title, 1)] if article.title else []
    blocks += [_block(each, place) for place, each in enumerate(paragraphs)]
    return f"{front_matter.written(fields)}\n" + "\n\n".join(blocks) + "\n"


def _is_cited_elsewhere(paragraph: ParagraphOut) -> bool:
    """What a reader finds in its text is not what it cites."""
    found = () if paragraph.kind == "code" else citations_in(paragraph.text)
    return tuple(paragraph.citations) != found or "[^" in paragraph.text


def _entry(reference: ReferenceOut) -> dict[str, str]:
    return {name: value for name in ("label", "text", "url") if (value := getattr(reference, name))}


def plain_text(article: ArticleOut) -> str:
    """Title, authors and date, the paragraphs, the list of sources; a blank line between any two."""
    head = [article.title, article.dek or "", ", ".join(article.authors), article.published_at or ""]
    blocks = [line for line in head if line] + [paragraph.text for paragraph in article.paragraphs or []]
    sources = "\n".join(_source(reference) for reference in article.references or [])
    return "\n\n".join([*blocks, *(("References", sources) if sources else ())]) + "\n"


def _block(paragraph: ParagraphOut, place: int) -> str:
    text = paragraph.text
    render: dict[str, Callable[[], str]] = {
        "heading": lambda: heading(text, 2),
        "quote": lambda: quote(text),
        "list": lambda: items(text, "-*"[place % 2]),  # lists that follow one another would be one if they looked the same
        "code": lambda: code(text),
        "caption": lambda: caption(text),
    }
    return render.get(paragraph.kind, lambda: "\n".join(escaped(text)))()


def _source(reference: ReferenceOut) -> str:
    label = f"[{reference.label}] " if reference.label is not None else ""
    link = f" {reference.url}" if reference.url and reference.url not in reference.text else ""
    return f"{label}{reference.text}{link}"
