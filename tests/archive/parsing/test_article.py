from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.parsing import ParsingFailed, draft_from_json
from db.records import Draft, ParagraphDraft, Reference

FULL = {
    "title": "A title",
    "dek": "What it is about",
    "paragraphs": [
        "First [1].",
        {"text": "Second", "kind": "quote"},
        {"text": "Third", "citations": ["a"]},
        {"text": "x = [1]", "kind": "code"},
    ],
    "authors": ["Anna Lind", "Tom Reed"],
    "categories": ["News"],
    "tags": ["fish", "Fish", "sea"],
    "series": "The Marra ferry",
    "language": "en-GB",
    "source": "The Harbour Review",
    "url": "https://example.org/a?utm_source=x",
    "canonical_url": "https://example.org/a",
    "external_id": "7",
    "published_at": "2020-01-03T10:00:00+01:00",
    "modified_at": "2020-01-04",
    "references": [
        {"label": "1", "text": "A book", "url": "https://example.org/b"},
        {"label": "2"},
        "Another https://example.org/c.",
    ],
}


def errors_of(value: Any, strict: bool = False) -> list[str]:
    with pytest.raises(ParsingFailed) as failed:
        draft_from_json(value, strict=strict)
    assert failed.value.errors[0] == (failed.value.pointer, failed.value.reason)
    return [pointer for pointer, _ in failed.value.errors]


@pytest.mark.parametrize("strict", [True, False])
def test_all_fields(strict: bool) -> None:
    draft = draft_from_json(FULL, strict=strict)
    assert draft.published_at is not None
    assert draft.modified_at is not None
    assert (draft.published_at.text, draft.modified_at.text) == ("2020-01-03T10:00:00+01:00", "2020-01-04")
    assert draft.paragraphs == (
        ParagraphDraft("First [1].", "paragraph", ("1",)),
        ParagraphDraft("Second", "quote"),
        ParagraphDraft("Third", "paragraph", ("a",)),
        ParagraphDraft("x = [1]", "code"),
    )
    assert draft.references == (
        Reference("1", "A book", "https://example.org/b"),
        Reference("2", ""),
        Reference(None, "Another https://example.org/c.", "https://example.org/c"),
    )
    assert draft.tags == ("fish", "sea")
    assert draft.url == "https://example.org/a?utm_source=x"
    assert (draft.extra, draft.warnings) == ({}, ())


def test_other_names_for_the_fields() -> None:
    draft = draft_from_json(
        {
            "title": "T",
            "body": "B",
            "author": "Anna Lind",
            "category": "News",
            "topics": ["a"],
            "keywords": ["b"],
            "summary": "D",
            "id": "x-1",
            "date": "2020-01-03",
        }
    )
    assert (draft.authors, draft.categories, draft.tags, draft.dek) == (("Anna Lind",), ("News",), ("a", "b"), "D")
    assert (draft.external_id, draft.published_at and draft.published_at.text) == ("x-1", "2020-01-03")


def test_text_is_unchanged_to_the_letter() -> None:
    text = "  One\r\nstill one  \r\n\r\n\n \t\nTwo – “two”\xa0…\n\n\n"
    assert [paragraph.text for paragraph in draft_from_json({"text": text}).paragraphs] == ["One\nstill one", "Two – “two”\xa0…"]


@pytest.mark.parametrize("name", ["html", "content_html"])
@pytest.mark.parametrize("strict", [True, False])
def test_a_text_may_be_markup(name: str, strict: bool) -> None:
    draft = draft_from_json(
        {"title": "T", name: "<h2>One</h2><p>A <b>bold</b> word [1].</p><ul><li>a</li><li>b</li></ul>"}, strict=strict
    )
    assert draft.paragraphs == (
        ParagraphDraft("One", "heading"),
        ParagraphDraft("A bold word [1].", "paragraph", ("1",)),
        ParagraphDraft("a\nb", "list"),
    )
    assert draft.extra == {}


def test_markup_in_the_place_of_a_text_is_read_in_foreign_data_only() -> None:
    value = {"title": "T", "text": "<p>One</p>\n<p>Two</p>"}
    assert [paragraph.text for paragraph in draft_from_json(value).paragraphs] == ["One", "Two"]
    assert draft_from_json(value, strict=True).paragraphs[0].text == "<p>One</p>\n<p>Two</p>"
    about = {"title": "T", "text": "Write <p> for a paragraph, and </p> behind it."}
    assert draft_from_json(about).paragraphs[0].text == about["text"]
    assert errors_of({"title": "T", "text": "a", "html": "<p>b</p>"}, strict=True) == ["/html"]


def test_what_is_not_published_yet_is_told() -> None:
    draft = draft_from_json({"title": "T", "draft": True})
    assert (draft.extra, draft.warnings) == ({"draft": True}, ("/draft says that it is not published yet",))
    assert draft_from_json({"title": "T", "draft": False}).warnings == ()


def test_unknown_fields_are_kept() -> None:
    draft = draft_from_json({"title": "T", "score": 1.5, "deep": {"a": [1, None, True]}, "extra": {"before": 1}, "none": None})
    assert draft.extra == {"score": 1.5, "deep": {"a": [1, None, True]}, "before": 1}


def test_an_article_that_an_archive_gave_out_comes_back() -> None:
    draft = draft_from_json(
        {"id": "a_0123abc", "title": "T", "revision": 3, "sha256": "ff", "indexing": {}, "external_id": "7"}, strict=True
    )
    assert (draft.external_id, draft.extra) == ("7", {})
    assert len(draft.warnings) == 1
    assert draft_from_json({"id": "mine", "title": "T", "revision": 3}).extra == {"revision": 3}


def test_all_errors_at_once() -> None:
    wrong = {
        "title": 1,
        "paragraphs": ["ok", {"text": "x", "kind": "poem"}, 3],
        "authors": ["ok", {}],
        "tags": "a, b",
        "language": "english please",
        "url": "example.org",
        "published_at": "yesterday",
        "modified_at": True,
        "references": [{}],
        "extra": 1,
    }
    assert errors_of(wrong, strict=True) == [
        "/title",
        "/paragraphs/1/kind",
        "/paragraphs/2",
        "/authors/1",
        "/tags",
        "/language",
        "/url",
        "/published_at",
        "/modified_at",
        "/references/0",
        "/extra",
    ]


def test_foreign_data_is_read_as_well_as_it_goes() -> None:
    draft = draft_from_json(
        {
            "title": 1984,
            "text": "x",
            "author": "Anna Lind and Tom Reed",
            "tags": "a, b;c",
            "date": "long ago",
            "url": "example.org",
            "language": "English?",
            "modified_at": {"a": 1},
        }
    )
    assert (draft.title, draft.authors, draft.tags) == ("1984", ("Anna Lind", "Tom Reed"), ("a", "b", "c"))
    assert draft.extra == {"date": "long ago", "url": "example.org", "language": "English?", "modified_at": {"a": 1}}
    assert len(draft.warnings) == 4


def test_a_string_is_one_author_where_callers_can_correct_themselves() -> None:
    assert draft_from_json({"title": "T", "author": "Anna Lind and Tom Reed"}, strict=True).authors == ("Anna Lind and Tom Reed",)


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        ({"title": "x" * 2_001}, "/title"),
        ({"title": "T", "tags": ["x"] * 3 + [str(number) for number in range(10_000)]}, "/tags"),
        ({"title": "T", "topics": [str(number) for number in range(1_001)]}, "/topics"),
        ({"title": "T", "authors": ["a", "x" * 301]}, "/authors/1"),
        ({"title": "T", "text": "x\n\n" * 20_001}, "/text"),
        ({"text": "x" * 5_000_001}, "/text"),
        ({"title": "T", "url": "https://example.org/" + "x" * 4_000}, "/url"),
        ({"title": "T", "notes": "x" * 1_000_001}, "/extra"),
        ({"title": "T", "references": [{"label": "x" * 301}]}, "/references/0/label"),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_limits(value: dict[str, Any], pointer: str, strict: bool) -> None:
    assert errors_of(value, strict=strict) == [pointer]


def test_a_word_of_a_million_letters_is_fine() -> None:
    assert len(draft_from_json({"text": "x" * 1_000_000}, strict=True).paragraphs[0].text) == 1_000_000


@pytest.mark.parametrize(
    "value", [{}, {"title": " ", "text": "\n\n \n"}, {"authors": ["Anna Lind"]}, {"paragraphs": ["", {"text": " "}]}]
)
def test_nothing_to_store(value: dict[str, Any]) -> None:
    assert errors_of(value) == ["/text"]


@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_no_object(value: Any) -> None:
    assert errors_of(value) == [""]


def test_the_text_is_given_once() -> None:
    assert errors_of({"text": "a", "paragraphs": ["b"]}, strict=True) == ["/text"]
    draft = draft_from_json({"text": "a", "paragraphs": ["b"]})
    assert (draft.paragraphs[0].text, draft.extra) == ("b", {"text": "a"})


@pytest.mark.parametrize("letter", ["\0", "\x01", "\x1b", "\ud800"])
def test_characters_that_cannot_be_stored(letter: str) -> None:
    value = {"title": f"a{letter}b", "text": f"c{letter}d", "tags": [f"e{letter}"], "more": {"k": f"f{letter}"}}
    assert errors_of(value, strict=True) == ["/title", "/text", "/tags/0", "/more"]
    draft = draft_from_json(value)
    assert (draft.title, draft.paragraphs[0].text, draft.tags, draft.extra) == ("ab", "cd", ("e",), {"more": {"k": "f"}})
    assert len(draft.warnings) == 4


def test_numbers_that_cannot_be_stored() -> None:
    value = {"title": "T", "big": 1 << 63, "infinite": float("inf"), "fine": -(1 << 62)}
    assert errors_of(value, strict=True) == ["/big", "/infinite"]
    assert draft_from_json(value).extra == {"big": str(1 << 63), "infinite": "inf", "fine": -(1 << 62)}


def test_what_is_nested_without_end() -> None:
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    assert errors_of({"title": "T", "deep": deep}) == ["/deep"]


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["text", "name", "kind", "label", "url"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from([*FULL, "text", "body", "author", "date", "id", "extra", "other"]), json_values),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_any_values_give_a_draft_or_a_reason(value: dict[str, Any], strict: bool) -> None:
    try:
        draft = draft_from_json(value, strict=strict)
    except ParsingFailed:
        return
    assert isinstance(draft, Draft)
    assert draft.title or draft.paragraphs
    str(draft).encode()
