"""An article for reading: as Markdown with front matter (which can be sent back), and as plain text."""

from collections.abc import Callable

import yaml

from archive.answers import ArticleOut, ParagraphOut, ReferenceOut

FRONT_MATTER = (
    "dek", "authors", "categories", "tags", "series", "language", "source", "external_id", "url", "canonical_url",
    "published_at", "modified_at",
)  # fmt: skip


def markdown(article: ArticleOut) -> str:
    """Front matter with every field that is set, the sources among them; the title as a heading, the paragraphs."""
    fields = {"title": article.title} | {name: value for name in FRONT_MATTER if (value := getattr(article, name))}
    if article.references:
        fields["references"] = [_entry(reference) for reference in article.references]
    front = yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=10_000)
    blocks = [f"# {article.title}"] if article.title else []
    blocks += [_block(paragraph) for paragraph in article.paragraphs or []]
    return f"---\n{front}---\n\n" + "\n\n".join(blocks) + "\n"


def _entry(reference: ReferenceOut) -> dict[str, str]:
    return {name: value for name in ("label", "text", "url") if (value := getattr(reference, name))}


def plain_text(article: ArticleOut) -> str:
    """Title, authors and date, the paragraphs, the list of sources; a blank line between any two."""
    head = [article.title, article.dek or "", ", ".join(article.authors), article.published_at or ""]
    blocks = [line for line in head if line] + [paragraph.text for paragraph in article.paragraphs or []]
    sources = "\n".join(_source(reference) for reference in article.references or [])
    return "\n\n".join([*blocks, *(("References", sources) if sources else ())]) + "\n"


def _block(paragraph: ParagraphOut) -> str:
    render: dict[str, Callable[[str], str]] = {
        "heading": lambda text: "## " + text.replace("\n", " "),
        "quote": lambda text: "> " + text.replace("\n", "\n> "),
        "code": lambda text: f"```\n{text}\n```",
    }
    return render.get(paragraph.kind, str)(paragraph.text)


def _source(reference: ReferenceOut) -> str:
    label = f"[{reference.label}] " if reference.label is not None else ""
    link = f" {reference.url}" if reference.url and reference.url not in reference.text else ""
    return f"{label}{reference.text}{link}"
