import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.parsing import Given, draft_from_json, mapping_of
from archive.parsing.mapping import FIELDS, at, for_records, guess, guesses, is_html, is_markup, parse_option, renamed

TEXT = "The harbour was closed on Friday, because nobody had thought of opening it. " * 5
MARKUP = "<p>The harbour was closed.</p>\n<p>It opened again, says <b>the clerk</b>.</p>"
WORDPRESS = {
    "id": 7,
    "date": "2020-01-03T11:00:00",
    "date_gmt": "2020-01-03T10:00:00",
    "modified_gmt": "2020-01-04T10:00:00",
    "guid": {"rendered": "https://example.org/?p=7"},
    "link": "https://example.org/a",
    "slug": "a",
    "status": "publish",
    "title": {"rendered": "It&#8217;s <em>open</em>"},
    "content": {"rendered": MARKUP, "protected": False},
    "excerpt": {"rendered": "<p>In short</p>", "protected": False},
    "author": 3,
    "categories": [1, 2],
    "tags": [],
}
GUARDIAN = {
    "id": "world/2020/jan/03/a",
    "sectionName": "World news",
    "webPublicationDate": "2020-01-03T10:00:00Z",
    "webTitle": "The harbour",
    "webUrl": "https://example.org/a",
    "fields": {"bodyText": TEXT, "byline": "Anna Lind", "trailText": "In short", "lastModified": "2020-01-04T10:00:00Z"},
}
TIMES = {
    "abstract": "In short, the harbour was closed.",
    "web_url": "https://example.org/a",
    "headline": {"main": "The harbour", "kicker": "News"},
    "byline": {"original": "By Anna Lind and Tom Reed"},
    "keywords": [{"name": "subject", "value": "Fish"}, {"name": "glocations", "value": "Marra"}],
    "pub_date": "2020-01-03T10:00:00+0000",
    "section_name": "World",
    "_id": "nyt://article/7",
}
GHOST = {
    "id": "5f",
    "uuid": "u-7",
    "title": "The harbour",
    "html": MARKUP,
    "custom_excerpt": "In short",
    "authors": [{"name": "Anna Lind"}],
    "tags": [{"name": "Fish"}],
    "published_at": "2020-01-03T10:00:00.000Z",
    "updated_at": "2020-01-04T10:00:00.000Z",
    "url": "https://example.org/a",
}
NEWS_PLEASE = {
    "title": "The harbour",
    "maintext": TEXT,
    "description": "In short",
    "date_publish": "2020-01-03 10:00:00",
    "date_modify": "2020-01-04 10:00:00",
    "source_domain": "example.org",
    "authors": ["Anna Lind"],
    "language": "en",
    "url": "https://example.org/a",
}
HEADLINES = {
    "category": "WORLD NEWS",
    "headline": "The harbour",
    "authors": "Anna Lind",
    "link": "https://example.org/a",
    "short_description": "In short, the harbour was closed.",
    "date": "2020-01-03",
}
GERMAN = {
    "Überschrift": "Der Hafen",
    "Inhalt": TEXT,
    "Autor": "Anna Lind",
    "Datum": "2020-01-03",
    "Ressort": "Welt",
    "Sprache": "de",
}
FRENCH = {"titre": "Le port", "chapô": "En bref", "contenu": TEXT, "auteur": "Anna Lind", "date de publication": "2020-01-03"}
ZOTERO = {
    "Key": "ABC",
    "Title": "The harbour",
    "Author": "Lind, Anna; Reed, Tom",
    "Publication Title": "The Harbour Review",
    "Url": "https://example.org/a",
    "Abstract Note": "In short, the harbour was closed.",
    "Date Added": "2020-01-03 10:00:00",
    "Manual Tags": "fish; sea",
}


@pytest.mark.parametrize(
    ("record", "mapping"),
    [
        (
            WORDPRESS,
            {
                "title": "title.rendered", "html": "content.rendered", "dek": "excerpt.rendered", "published_at": "date_gmt",
                "modified_at": "modified_gmt", "url": "link",
            },
        ),
        (
            GUARDIAN,
            {
                "title": "webTitle", "text": "fields.bodyText", "dek": "fields.trailText", "authors": "fields.byline",
                "published_at": "webPublicationDate", "modified_at": "fields.lastModified", "url": "webUrl",
                "categories": "sectionName",
            },
        ),
        (
            TIMES,
            {
                "title": "headline.main", "dek": "abstract", "authors": "byline.original", "published_at": "pub_date",
                "url": "web_url", "categories": "section_name", "tags": "keywords.value",
            },
        ),
        (GHOST, {"dek": "custom_excerpt", "modified_at": "updated_at"}),
        (
            NEWS_PLEASE,
            {
                "text": "maintext", "dek": "description", "published_at": "date_publish", "modified_at": "date_modify",
                "source": "source_domain",
            },
        ),
        (HEADLINES, {"title": "headline", "dek": "short_description", "url": "link"}),
        (
            GERMAN,
            {
                "title": "Überschrift", "text": "Inhalt", "authors": "Autor", "published_at": "Datum", "categories": "Ressort",
                "language": "Sprache",
            },
        ),
        (
            FRENCH,
            {"title": "titre", "text": "contenu", "dek": "chapô", "authors": "auteur", "published_at": "date de publication"},
        ),
    ],
)  # fmt: skip
def test_common_exports_are_guessed(record: dict[str, Any], mapping: dict[str, str]) -> None:
    assert guess([record]) == mapping


def test_what_is_guessed_is_read() -> None:
    draft = draft_from_json(renamed(WORDPRESS, guess([WORDPRESS])))
    assert (draft.title, draft.dek, draft.url) == ("It’s open", "In short", "https://example.org/a")
    assert [paragraph.text for paragraph in draft.paragraphs] == ["The harbour was closed.", "It opened again, says the clerk."]
    assert draft.published_at is not None
    assert draft.published_at.text == "2020-01-03T10:00:00Z"
    assert draft.extra["content"] == {"protected": False}
    assert (draft.authors, draft.categories, draft.extra["author"], draft.extra["categories"]) == ((), (), 3, [1, 2])
    times = draft_from_json(renamed(TIMES, guess([TIMES])))
    assert (times.title, times.authors, times.tags) == ("The harbour", ("Anna Lind", "Tom Reed"), ("Fish", "Marra"))
    assert times.extra["headline"] == {"kicker": "News"}
    named = {**WORDPRESS, "_embedded": {"author": [{"name": "Anna Lind"}]}}
    assert draft_from_json(renamed(named, guess([named]))).authors == ("Anna Lind",)
    ghost = draft_from_json(renamed(GHOST, guess([GHOST])))
    assert (ghost.authors, ghost.tags, len(ghost.paragraphs)) == (("Anna Lind",), ("Fish",), 2)


def test_a_guess_is_explained() -> None:
    assert [tuple(each) for each in guesses([HEADLINES])] == [
        ("title", "headline", "The harbour"),
        ("dek", "short_description", "In short, the harbour was closed."),
        ("url", "link", "https://example.org/a"),
    ]
    assert guesses([{"headline": "x" * 200}])[0].example == "x" * 79 + "…"


def test_our_own_names_need_no_guess() -> None:
    own = {
        "title": "T",
        "text": "x",
        "author": "A",
        "date": "2020-01-03",
        "url": "https://example.org",
        "headline": "H",
        "article": TEXT,
    }
    assert guess([own]) == {}
    assert for_records([own], Given()) == {}


def test_when_a_guess_is_made() -> None:
    foreign = {"title": "T", "article": TEXT}
    assert for_records([foreign], Given()) == {"text": "article"}
    assert for_records([foreign], Given(mapping={"title": "x"})) == {"title": "x"}
    assert for_records([foreign], Given(strict=True)) == {}
    assert for_records([1, "x", None], Given()) == {}


def test_values_have_to_fit() -> None:
    assert guess([{"headline": "https://example.org/a", "published": "yes", "link": "a", "lang": "the language of this"}]) == {}
    assert guess([{"headline": "H", "published": "true"}]) == {"title": "headline"}
    assert guess([{"headline": "H", "created": 1577836800}]) == {"title": "headline", "published_at": "created"}


def test_a_description_is_the_text_where_there_is_no_other() -> None:
    assert guess([{"headline": "H", "description": TEXT}]) == {"title": "headline", "text": "description"}
    assert guess([{"headline": "H", "description": TEXT, "article": TEXT * 2}])["dek"] == "description"
    assert guess([{"headline": "H", "whatever": TEXT}]) == {"title": "headline", "text": "whatever"}


def test_nothing_of_theirs_is_taken_twice() -> None:
    found = guess([{"headline": {"main": "H"}, "content": {"text": TEXT, "html": MARKUP}, "name": "N", "subject": "S"}])
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a", {"b": [{"c": 1}, {"c": 2}, 3]}),
        ("a.b.c", [1, 2]),
        ("a.b.1.c", 2),
        ("a.b.9.c", None),
        ("x.y", 5),
        ("a.z", None),
        ("n.0", "first"),
    ],
)
def test_paths(path: str, value: Any) -> None:
    assert at({"a": {"b": [{"c": 1}, {"c": 2}, 3]}, "x.y": 5, "x": {"y": 6}, "n": ["first"]}, path) == value


def test_what_is_taken_out_leaves_the_rest() -> None:
    record = {"a": {"b": 1, "c": 2}, "d": {"e": 3}, "f": [{"g": 4, "h": 5}, {"g": 6}], "title": {"raw": "R", "shown": "S"}}
    assert renamed(record, {"text": "a.b", "dek": "d.e", "tags": "f.g", "title": "title.shown"}) == {
        "a": {"c": 2}, "f": [{"h": 5}], "text": 1, "dek": 3, "tags": [4, 6], "title": "S", "extra": {"title": {"raw": "R"}},
    }  # fmt: skip
    assert record["a"] == {"b": 1, "c": 2}
    assert renamed(record, {}) is record
    assert renamed([1], {"title": "a"}) == [1]


def test_options() -> None:
    assert parse_option("title=headline") == ("title", "headline")
    assert parse_option(" text = content.rendered ") == ("text", "content.rendered")


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        ("title", "'title' has to be OURS=THEIRS, such as title=headline"),
        ("title=", "'title=' does not say what title is called in the records"),
        ("title=a..b", "'title=a..b' does not say what title is called in the records"),
        ("heading=x", "'heading' in 'heading=x' is no field of an article: it has to be one of title, text,"),
    ],
)
def test_options_that_are_wrong(pair: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"has to be|does not say") as wrong:
        parse_option(pair)
    assert str(wrong.value).startswith(reason)


@pytest.mark.parametrize(
    ("content", "name", "mapping"),
    [
        (json.dumps([HEADLINES]).encode(), "a.json", {"title": "headline", "dek": "short_description", "url": "link"}),
        (json.dumps({"items": [HEADLINES]}).encode(), "a.json", {"title": "headline", "dek": "short_description", "url": "link"}),
        (
            json.dumps(HEADLINES).encode() + b"\n" + b"broken",
            "a.ndjson",
            {"title": "headline", "dek": "short_description", "url": "link"},
        ),
        (b"headline;article\na;b\n", "a.csv", {"title": "headline", "text": "article"}),
        (b"Title,Text\na,b\n", "a.csv", {"title": "Title", "text": "Text"}),
        (b"a,b\n1,2\n", "a.csv", {}),
        (b"# A title", "a.md", {}),
        (b"\x00\x01", "a.json", {}),
        (b"", "a.csv", {}),
    ],
)
def test_the_mapping_of_a_file(content: bytes, name: str, mapping: dict[str, str]) -> None:
    assert mapping_of(io.BytesIO(content), Given(name=name)) == mapping


def test_the_beginning_of_a_long_file_is_enough() -> None:
    lines = b"".join(json.dumps({"headline": "H", "article": TEXT, "n": number}).encode() + b"\n" for number in range(8_000))
    assert mapping_of(io.BytesIO(lines), Given(name="a.jsonl")) == {"title": "headline", "text": "article"}


@pytest.mark.parametrize(
    ("text", "markup", "html"),
    [
        ("<p>a</p>", True, True),
        ("<!-- wp:paragraph --><p>a</p><!-- /wp:paragraph -->", True, True),
        ("a<br/>b<br>c", False, True),
        ("one </p> in a text", False, False),
        ("a < b and b > c", False, False),
        ("<T> is a type, and so is <U>", False, False),
        ("", False, False),
    ],
)
def test_markup(text: str, markup: bool, html: bool) -> None:
    assert (is_markup(text), is_html(text)) == (markup, html)


values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=10)
    | st.sampled_from([TEXT, MARKUP, "2020-01-03", "https://example.org"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["rendered", "main", "name", "value", "text"]), inner, max_size=3)
    ),
    max_leaves=5,
)
NAMES = [
    "title",
    "headline",
    "content",
    "body",
    "date",
    "created",
    "link",
    "section",
    "byline",
    "abstract",
    "keywords",
    "x.y",
    "",
]
records = st.lists(st.dictionaries(st.sampled_from(NAMES), values, max_size=6), max_size=4)


@given(records)
@settings(max_examples=40, deadline=None)
def test_any_records_give_a_guess_that_can_be_used(found: list[dict[str, Any]]) -> None:
    mapping = guess(found)
    assert mapping == guess(found)
    assert set(mapping) <= set(FIELDS)
    assert len(set(mapping.values())) == len(mapping)
    for record in found:
        again = renamed(record, mapping)
        assert all(
            again.get(ours) == at(record, theirs) or ours in ("title", "dek")
            for ours, theirs in mapping.items()
            if at(record, theirs)
        )
