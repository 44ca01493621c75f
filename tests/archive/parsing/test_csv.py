import csv
import io
import json
import tracemalloc
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.parsing import Given, Link, ParsingFailed, Unreadable, csv_items, parse, parse_one
from archive.parsing.items import Outcome
from db.records import Draft

HEAD = "title,text\n"


def outcomes(content: str | bytes, **given: Any) -> list[Outcome]:
    stream = io.BytesIO(content.encode() if isinstance(content, str) else content)
    return [item.read() for item in csv_items.items(stream, Given(place="a.csv", **given))]


def drafts(content: str | bytes, **given: Any) -> list[Draft]:
    found = outcomes(content, **given)
    assert all(isinstance(each, Draft) for each in found)
    return found  # type: ignore[return-value]


def pairs(content: str | bytes, **given: Any) -> list[tuple[str, list[str]]]:
    return [(draft.title, [paragraph.text for paragraph in draft.paragraphs]) for draft in drafts(content, **given)]


def failure(content: str | bytes, **given: Any) -> ParsingFailed:
    with pytest.raises(ParsingFailed) as failed:
        outcomes(content, **given)
    return failed.value


def test_a_row_is_an_article() -> None:
    [draft, other] = drafts('title,text,tags,date,stars\nOne,"A, ""b""\n\nc",fish,2020-01-03,4\nTwo,d,,,\n', name="a.csv")
    assert (draft.title, [paragraph.text for paragraph in draft.paragraphs]) == ("One", ['A, "b"', "c"])
    assert (draft.tags, draft.published_at and draft.published_at.text, draft.extra) == (("fish",), "2020-01-03", {"stars": "4"})
    assert draft.original is not None
    assert json.loads(draft.original.content) == {
        "title": "One", "text": 'A, "b"\n\nc', "tags": "fish", "date": "2020-01-03", "stars": "4",
    }  # fmt: skip
    assert (draft.original.media_type, draft.original.name, other.extra) == ("application/json", "a.csv", {})


def test_places_are_those_of_a_spreadsheet() -> None:
    items = list(csv_items.items(io.BytesIO(b'title,text\na,"b\nc"\n\nd,e\n'), Given(place="a.csv")))
    assert [item.place for item in items] == ["a.csv, row 2", "a.csv, row 4"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_what_stands_between_cells_is_found(delimiter: str) -> None:
    rows = [["title", "text"], ["One; a, b", "x | y\tz"], ["Two", 'a "quoted" word, and more; more']]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    assert pairs(out.getvalue()) == [("One; a, b", ["x | y\tz"]), ("Two", ['a "quoted" word, and more; more'])]


def test_a_line_that_says_it() -> None:
    assert pairs("sep=;\r\ntitle;text\r\na,b;c,d\r\n") == [("a,b", ["c,d"])]


def test_one_column() -> None:
    assert pairs("title\nThe harbour, closed\n") == [("The harbour, closed", [])]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_charsets(charset: str) -> None:
    text = HEAD + "".join(
        f"Café {number},Das Übel größer als – nötig, sagt’s\n".replace("nötig, ", "nötig ") for number in range(50)
    )
    found = pairs(text.encode(charset))
    assert (len(found), found[0]) == (50, ("Café 0", ["Das Übel größer als – nötig sagt’s"]))


def test_a_declared_charset() -> None:
    assert pairs((HEAD + "Žluť,kůň\n").encode("cp1250"), charset="cp1250") == [("Žluť", ["kůň"])]
    assert pairs((HEAD + "Žluť,kůň\n").encode("cp1250"), media_type="text/csv; charset=windows-1250") == [("Žluť", ["kůň"])]


def test_other_letters_far_behind_the_beginning() -> None:
    content = (HEAD + f"a,{'b' * 100_000}\n").encode() + "café,d\n".encode("cp1252")
    assert pairs(content)[-1] == ("café", ["d"])


def test_rows_with_too_few_or_too_many_cells() -> None:
    found = outcomes(HEAD + "a\nb,c,d\ne,f,,\n,\n\ng,h\n")
    assert [each.reason for each in found if isinstance(each, Unreadable)] == [
        "has 1 cells; the first row names 2 columns",
        "has 3 cells; the first row names 2 columns",
    ]
    assert [each.title for each in found if isinstance(each, Draft)] == ["e", "g"]
    assert [(each.index, each.line) for each in found if isinstance(each, Unreadable)] == [(0, 2), (1, 3)]


def test_a_quote_that_is_not_closed_costs_one_row() -> None:
    found = outcomes(HEAD + 'a,"open\nb,c\nd,e\n')
    assert isinstance(found[0], Unreadable)
    assert found[0].reason == "a quote is opened and not closed"
    assert [each.title for each in found[1:] if isinstance(each, Draft)] == ["b", "d"]


def test_rows_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_items, "ROW", 1_000)
    found = outcomes(HEAD + f"a,{'x' * 2_000}\n" + 'b,"' + "y\n" * 600 + "c,d\n")
    codes = [each.code for each in found if isinstance(each, Unreadable)]
    assert codes[:2] == ["too_large", "too_large"]
    assert isinstance(found[-1], Draft)
    assert found[-1].title == "c"


def test_memory_does_not_grow_with_the_file() -> None:
    class Endless(io.RawIOBase):
        """A table of 12 MB that is made while it is read."""

        rows = chain(["title,text\n"], (f"{number},{'x' * 600}\n" for number in range(20_000)))
        rest = b""

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            piece = self.rest or next(self.rows, "").encode()
            buffer[: len(piece)] = piece[: len(buffer)]
            self.rest = piece[len(buffer) :]
            return min(len(piece), len(buffer))

    def texts() -> Iterator[str]:
        for item in csv_items.items(io.BufferedReader(Endless()), Given()):
            yield item.place

    tracemalloc.start()
    assert sum(1 for _ in texts()) == 20_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 << 20


def test_names_of_columns() -> None:
    [draft] = drafts("Title,Text,Published At,,Title\na,b,2020-01-03,c,d\n")
    assert (draft.title, draft.published_at and draft.published_at.text) == ("a", "2020-01-03")
    assert draft.extra == {"column 4": "c", "Title (5)": "d"}


def test_foreign_names_are_guessed() -> None:
    [draft] = drafts(
        "headline,standfirst,article,byline,section,pubDate,link\n"
        'A headline,In short,"The harbour was closed.\n\nIt opened again.",By Anna Lind,News,"Mon, 06 Jan 2020 10:00:00 GMT",'
        "https://example.org/a\n"
    )
    assert (draft.title, draft.dek, len(draft.paragraphs), draft.authors) == ("A headline", "In short", 2, ("Anna Lind",))
    assert (draft.categories, draft.url, draft.extra) == (("News",), "https://example.org/a", {})
    assert draft.published_at is not None
    assert draft.published_at.text == "2020-01-06T10:00:00Z"


def test_names_that_are_given() -> None:
    [draft] = drafts("a,b\nc,d\n", mapping={"title": "b", "text": "a"})
    assert (draft.title, draft.paragraphs[0].text, draft.extra) == ("d", "c", {})


def test_markup_in_cells() -> None:
    [draft] = drafts('title,body\na,"<p>One <b>bold</b> word.</p><h2>Two</h2>"\n')
    assert [(paragraph.kind, paragraph.text) for paragraph in draft.paragraphs] == [
        ("paragraph", "One bold word."),
        ("heading", "Two"),
    ]


@pytest.mark.parametrize("cell", ["['x', 'y']", '["x", "y"]', "x|y", "x, y"])
def test_lists_in_cells(cell: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["title", "tags"], ["a", cell]])
    assert drafts(out.getvalue())[0].tags == ("x", "y")


def test_seconds_in_cells() -> None:
    [draft] = drafts("title,date\na,1577836800\n")
    assert draft.published_at is not None
    assert draft.published_at.text.startswith("2020-01-01T00:00:00")


def test_lists_of_pages_to_read_later() -> None:
    [link] = outcomes("title,url,time_added,tags,status\nA page,https://example.org/a,1577836800,x|y,unread\n")
    assert isinstance(link, Link)
    assert link.draft is not None
    assert (link.url, link.draft.title, link.draft.tags) == ("https://example.org/a", "A page", ("x", "y"))
    assert outcomes("url\nhttps://example.org/a\n") == [Link("https://example.org/a")]
    headlines = outcomes("title,url,date\nA page,https://example.org/a,2020-01-03\n")
    assert isinstance(headlines[0], Draft)  # a collection of headlines is what it is


def test_a_table_of_something_else() -> None:
    failed = failure("a,b\n1,2\n")
    assert (failed.code, failed.reason) == (
        "no_article",
        "no column is known as title or text; there are: a, b. A mapping may name them",
    )
    assert failure("\n").code == "empty"
    assert failure('"' + "x" * 10).code == "no_article"
    assert failure(HEAD).reason == "the table has no rows below the names of its columns"
    assert failure(b"\x00\x01\x02\x03" * 100).code in ("malformed", "undecodable")


def test_through_the_front_door() -> None:
    assert parse_one(b"title;text\na;b\n", name="a.csv").title == "a"
    assert parse_one(b"title\ttext\na, b\tc\n", "text/tab-separated-values").title == "a, b"
    assert isinstance(parse(b"a,b\n", name="a.csv")[0], Unreadable)


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12) | st.sampled_from(['"', ",", "\n", ";"])


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=8), st.sampled_from(",;\t|"))
@settings(max_examples=40, deadline=None)
def test_what_a_spreadsheet_writes_is_read(rows: list[tuple[str, str]], delimiter: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([("title", "text"), *rows])
    found = outcomes(out.getvalue())
    wanted = [row for row in rows if any(cell.strip() for cell in row)]
    assert len(found) == len(wanted)
    for outcome, (title, text) in zip(found, wanted, strict=True):
        if isinstance(outcome, Draft):
            assert outcome.original is not None
            assert json.loads(outcome.original.content).get("title", title) == title
            assert json.loads(outcome.original.content).get("text", text) == text


@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from([b"title", b"text", b",", b";", b'"', b"\n", b"\r", b"\xff", b"\t", b"a"])).map(b"".join)
)
@settings(max_examples=40, deadline=None)
def test_any_bytes_give_articles_or_reasons(content: bytes) -> None:
    for start in (b"", HEAD.encode()):
        try:
            found = outcomes(start + content)
        except ParsingFailed:
            continue
        assert all(isinstance(each, Draft | Unreadable | Link) for each in found)
