"""What pages are made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from api.room.article import span
from api.room.citing import Cited, cited_text
from api.room.differences import differences
from api.room.periods import bars, levels, named
from api.room.sign_in import own
from api.room.templating import day, marked_text, query, shortened, sureness, web
from archive.answers import ArticleOut, FacetValue, Match, Period, ReferenceOut

EMPTY = {
    "dek": None, "url": None, "canonical_url": None, "source": None, "external_id": None, "authors": [], "categories": [],
    "tags": [], "series": None, "language": None, "published_at": None, "modified_at": None, "revision": 1, "seq": 1,
}  # fmt: skip


def article(**fields: object) -> ArticleOut:
    given = {"id": "a_1", "title": "One", "ingested_at": "x", "updated_at": "x", "sha256": "0", **EMPTY, **fields}
    return ArticleOut.model_validate(given)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2023-11-04T08:00:00+01:00", "4 November 2023"), ("2023-11", "November 2023"), ("2023", "2023"), (None, ""),
        ("soon", "soon"), ("2023-13-40", "40 2023"),
    ],
)  # fmt: skip
def test_dates_are_shown_as_far_as_they_are_known(written: str | None, shown: str) -> None:
    assert day(written) == shown


@given(st.text(), st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5)), max_size=4))
def test_marking_changes_no_character(text: str, spans: list[tuple[int, int]]) -> None:
    highlights, at = [], 0
    for gap, length in spans:
        if at + gap + length > len(text):
            break
        highlights.append((at + gap, at + gap + length))
        at += gap + length
    shown = marked_text(text, highlights)
    assert Markup(shown.replace("<mark>", "").replace("</mark>", "")).unescape() == text
    assert shown.count("<mark>") == len(highlights)


@given(st.integers(0, 2000), st.booleans())
def test_a_long_text_is_cut_around_its_first_word(place: int, found: bool) -> None:
    text = "word " * 500
    match = Match(paragraph_id="p_1", ordinal=1, text=text, highlights=[(place, place + 4)] if found else [])
    shown = shortened(match)
    assert len(shown) < 500
    assert not found or "<mark>" in shown


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.example/", True), ("HTTP://a.example", True), ("javascript:alert(1)", False), (" javascript:alert(1)", False),
        ("data:text/html,x", False), ("//a.example", False), ("http://[", False), (None, False), ("", False),
    ],
)  # fmt: skip
def test_only_the_webs_addresses_become_links(url: str | None, kept: bool) -> None:
    assert (web(url) is not None) is kept


@pytest.mark.parametrize(
    ("to", "leads"),
    [
        ("/articles/a_1?x=1#p", "/articles/a_1?x=1#p"), ("//evil.example", "/"), ("/\\evil.example", "/"),
        ("https://evil.example/", "/"), ("", "/"), ("articles", "/"), ("/a\\b", "/"), ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
    ],
)  # fmt: skip
def test_signing_in_leads_nowhere_else(to: str, leads: str) -> None:
    assert own(to) == leads


def test_relevance_is_told_in_words() -> None:
    assert [sureness(value) for value in (1, 0.6, 0.59, 0.3, 0.1, 0.02, 0)] == [
        "very likely", "very likely", "likely", "likely", "possible", "faint", "faint",
    ]  # fmt: skip


def test_an_address_changes_one_thing() -> None:
    pairs = [("q", "a b"), ("tag", "x"), ("tag", "y"), ("cursor", "c"), ("author", "")]
    assert query(pairs, cursor=None, tag=["y"]) == "q=a+b&tag=y"
    assert query(pairs, q=None) == "tag=x&tag=y&cursor=c"


def test_citations_become_links_where_there_is_an_entry() -> None:
    listed = article(references=[ReferenceOut(label="1", text="Log", url=None), ReferenceOut(label="<b>", text="Odd", url=None)])
    shown = cited_text(Cited(listed), "<i>As</i> said [1, 3] and [2].", ["1", "2", "3"])
    assert shown == ('&lt;i&gt;As&lt;/i&gt; said [<a class="cite" href="#ref-1" aria-label="Source 1">1</a>, 3] and [2].')
    assert [anchor for anchor, _ in Cited(listed).entries] == ["ref-1", "ref-at-1"]


def test_two_entries_of_one_label_have_names_of_their_own() -> None:
    listed = Cited(article(references=[ReferenceOut(label="1", text=text, url=None) for text in ("Log", "Chart")]))
    assert [anchor for anchor, _ in listed.entries] == ["ref-1", "ref-at-1"]
    assert listed.anchor("1") == "ref-1"


def test_a_changed_word_is_a_changed_word() -> None:
    before = {"title": "One", "paragraphs": [{"text": "Same."}, {"text": "The boat was red and old."}, {"text": "Gone."}]}
    after = {"title": "Two", "paragraphs": [{"text": "Same."}, {"text": "The boat was blue and old."}]}
    found = differences(before, after)
    assert [(field.name, field.before, field.after) for field in found.fields] == [("title", "One", "Two")]
    assert found.blocks[0].folded == 1
    assert found.blocks[1].runs == [
        ("same", "The boat was "), ("gone", "red"), ("new", "blue"), ("same", " and old."),
    ]  # fmt: skip
    assert found.blocks[2].runs == [("gone", "Gone.")]


texts = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30), max_size=5)


@given(texts, texts)
def test_a_difference_has_all_that_is_new_and_all_that_is_gone(before: list[str], after: list[str]) -> None:
    found = differences({"paragraphs": [{"text": text} for text in before]}, {"paragraphs": [{"text": text} for text in after]})
    folded = sum(block.folded for block in found.blocks)
    new = sum(len(text) for block in found.blocks for sign, text in block.runs if sign != "gone")
    gone = sum(len(text) for block in found.blocks for sign, text in block.runs if sign != "new")
    assert folded <= min(len(before), len(after))
    assert new <= sum(map(len, after))
    assert gone <= sum(map(len, before))
    assert (before == after) == all(not block.runs for block in found.blocks)


def test_time_has_no_holes() -> None:
    drawn = bars([FacetValue(value="2021-11", count=4), FacetValue(value="2022-02", count=1)], [("q", "x"), ("cursor", "c")])
    assert [bar.name for bar in drawn] == ["November 2021", "December 2021", "January 2022", "February 2022"]
    assert [bar.count for bar in drawn] == [4, 0, 0, 1]
    assert drawn[1].address == "?q=x&published_after=2021-12-01&published_before=2022-01-01"
    assert drawn[0].height == 48
    assert drawn[1].height == 0
    assert bars([], []) == []


def test_more_is_darker() -> None:
    found = levels([Period(period="a", count=1), Period(period="b", count=100), Period(period="c", count=0)])
    assert found == {"a": (1, 1), "b": (100, 4)}
    assert levels([Period(period="a", count=1)])["a"][1] < 4
    assert named("2021-03-04") == "4 March 2021"


@pytest.mark.parametrize(("days", "said"), [(1, "1 day"), (13, "13 days"), (14, "2 weeks"), (70, "2 months"), (800, "2 years")])
def test_days_are_told_as_people_do(days: int, said: str) -> None:
    assert span(days) == said
