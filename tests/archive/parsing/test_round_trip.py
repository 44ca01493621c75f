"""What the interface gives out as Markdown is read as the same article."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from api.rendering import markdown
from archive.answers import ArticleOut, ParagraphOut, ReferenceOut
from archive.parsing import draft_from_json, parse_one
from db.records import Draft

SAME = (
    "title", "dek", "authors", "categories", "tags", "series", "language", "source", "url", "canonical_url", "external_id",
    "published_at", "modified_at", "paragraphs", "references", "extra",
)  # fmt: skip
MARKS = [
    "# x", "- x", "* x", "+ x", "1. x", "2) x", "> x", "---", "***", "___", "===", "=", "```", "~~~", "    x", "\tx", "x  ",
    "x\\", "| a | b |", "|---|---|", "a | b", ":-- | --", "[1]", "[^1]", "[1]: https://example.org", "[^1]: note", "[x](y)",
    "![x](y)",
    "[[Page|text]]", "![[x.png]]", "**x**", "_x_", "snake_case", "`x`", "``", "<b>x</b>", "<Tabs>", "<br>", "<!-- x -->",
    "<https://example.org>", "&amp;", "&#35;", "&", "{{ site.url }}", "{% raw %}", "{% highlight x %}", "{{< figure >}}",
    "{/* x */}",
    ":::note", ":::", "!!! note", "??? x", "==x==", "%%x%%", "[!note] x", "import x from 'y'", "export default x", "+++", "x #",
    "#", "\\", "\\\\", "\\[", "[ ] task", "[x] task", "a\u00a0", "\u2028", "…", "end.", "1\\.", "x]", "[", "]", "](", "][",
    "~~x~~",
    "\u3000x", "{%", "{{", "}}", "a == b", "100%%", "~", "a*b*c", "http://example.org/a_b_c", "Sources", "References:",
]  # fmt: skip

lines = st.sampled_from(MARKS) | st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20)
texts = st.lists(lines | st.just(""), min_size=1, max_size=4).map("\n".join)
labels = st.lists(
    st.sampled_from(["News", "no", "1.10", "007", "a, b", "a: b", "- x", "~", "true", "Ørsted", "a\x85b"]) | st.text(max_size=12),
    max_size=3,
)
words = st.sampled_from(MARKS) | st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.integers(-(1 << 62), 1 << 62) | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
paragraphs = st.fixed_dictionaries(
    {"text": texts, "kind": st.sampled_from(["paragraph", "heading", "quote", "list", "code", "caption"])},
    optional={"citations": st.lists(st.sampled_from(["1", "a", "x y", "[1]"]), max_size=3)},
)
references = st.fixed_dictionaries(
    {"text": texts.filter(str.strip)}, optional={"label": st.sampled_from(["1", "2", "x", "no"]), "url": st.just("https://example.org/b")}
)  # fmt: skip
articles = st.fixed_dictionaries(
    {"title": words, "paragraphs": st.lists(paragraphs, max_size=5), "extra": st.dictionaries(words, json_values, max_size=3)},
    optional={
        "dek": words,
        "authors": labels,
        "categories": labels,
        "tags": labels,
        "series": words,
        "language": st.sampled_from(["en", "no", "pt-BR"]),
        "source": words,
        "url": st.sampled_from(["https://example.org/a?b=1#c", "http://example.org/ä"]),
        "canonical_url": st.just("https://example.org/a"),
        "external_id": st.sampled_from(["7", "x-1", "0x1F", "1e3", "2020-01-03"]),
        "published_at": st.sampled_from(["2020-01-03", "2020-01-03T10:00:00+01:00", "2020-01-03T10:00:00Z"]),
        "modified_at": st.sampled_from(["2020-01-04", "2020-01-04T10:00:00.250000-03:30"]),
        "references": st.lists(references, max_size=3),
    },
)


@given(articles)
@settings(max_examples=80, deadline=None)
@example(
    {"title": "T", "paragraphs": [{"text": "a", "kind": "list"}, {"text": "b", "kind": "list"}, {"text": "c", "kind": "list"}]}
)
@example({"title": "T", "paragraphs": [{"text": "Said [1].", "kind": "paragraph"}, {"text": "[1] a", "kind": "paragraph"}]})
@example(
    {"title": "T", "paragraphs": [{"text": "T", "kind": "heading"}, {"text": "x = '[^1]'", "kind": "code", "citations": ["1"]}]}
)
@example({"title": "", "paragraphs": [{"text": "Sources", "kind": "heading"}, {"text": "1. a\n2. b", "kind": "list"}]})
def test_an_article_comes_back_the_same(values: dict[str, Any]) -> None:
    values = values | {"paragraphs": [each for each in values["paragraphs"] if each["text"].strip()]}
    if not values["title"].strip() and not values["paragraphs"]:
        return
    draft = draft_from_json(values)
    again = parse_one(markdown(shown(draft)).encode(), "text/markdown")
    assert {name: getattr(again, name) for name in SAME} == {name: getattr(draft, name) for name in SAME}
    assert again.warnings == ()


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("kind", ["paragraph", "heading", "quote", "list", "code", "caption"])
def test_what_looks_like_markup_stays_text(mark: str, kind: str) -> None:
    text = f"{mark}\n{mark}\n\n{mark} and {mark}\nx{mark}"
    draft = draft_from_json({"title": mark, "paragraphs": [{"text": text, "kind": kind}, "The end."]})
    again = parse_one(markdown(shown(draft)).encode(), "text/markdown")
    assert (again.title, again.paragraphs) == (draft.title, draft.paragraphs)


def test_a_long_list_of_sources_comes_back() -> None:
    sources = [{"label": str(number), "text": "A book: " + "x" * 50} for number in range(1, 3_000)]
    draft = draft_from_json({"title": "T", "paragraphs": ["Text."], "references": sources})
    assert parse_one(markdown(shown(draft)).encode(), "text/markdown").references == draft.references


def shown(draft: Draft) -> ArticleOut:
    """As the interface shows it when it has been stored."""
    return ArticleOut(
        id="a_1",
        title=draft.title,
        **{name: getattr(draft, name) for name in ("dek", "url", "canonical_url", "source", "external_id", "series", "language")},
        **{name: list(getattr(draft, name)) for name in ("authors", "categories", "tags")},
        published_at=draft.published_at.text if draft.published_at else None,
        modified_at=draft.modified_at.text if draft.modified_at else None,
        ingested_at="2024-01-01T00:00:00Z",
        updated_at="2024-01-01T00:00:00Z",
        revision=1,
        seq=1,
        sha256="0" * 64,
        paragraphs=[
            ParagraphOut(
                id=f"p{place}", ordinal=place, kind=each.kind, text=each.text, start=0, end=0, citations=list(each.citations)
            )
            for place, each in enumerate(draft.paragraphs)
        ],
        references=[ReferenceOut(label=each.label, text=each.text, url=each.url, cited_by=[]) for each in draft.references],
        extra=dict(draft.extra),
    )
