import json
import textwrap
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.parsing import citations_without_entry, parse_one
from db.records import Draft

LONG = "The harbour was closed on Friday, because nobody had thought of opening it, as the clerk said on the telephone."
POEM = """
    I wandered lonely as a cloud
    That floats on high o'er vales and hills,
    When all at once I saw a crowd,
    A host, of golden daffodils;

    Continuous as the stars that shine
    And twinkle on the milky way
"""


def read(text: str) -> Draft:
    return parse_one(dedent(text).encode(), "text/plain")


def test_everything_at_once() -> None:
    draft = read(f"""
        News, Sport, Harbour

        What Became of the Harbour?

        A clerk explains

        By Anna Lind and Tom Reed

        3 January 2020

        {LONG} [1]

        {LONG} [2][3]

        Sources:

        [1] The clerk

        [3] His wife, https://example.org/wife
        """)
    assert draft.title == "What Became of the Harbour?"
    assert draft.dek == "A clerk explains"
    assert (draft.categories, draft.authors) == (("News", "Sport", "Harbour"), ("Anna Lind", "Tom Reed"))
    assert draft.published_at is not None
    assert draft.published_at.text == "2020-01-03"
    assert [(paragraph.kind, paragraph.citations) for paragraph in draft.paragraphs] == [
        ("paragraph", ("1",)),
        ("paragraph", ("2", "3")),
        ("heading", ()),
    ]
    assert [(entry.label, entry.text) for entry in draft.references] == [
        ("1", "The clerk"),
        ("3", "His wife, https://example.org/wife"),
    ]
    assert draft.references[1].url == "https://example.org/wife"
    assert citations_without_entry((paragraph.citations for paragraph in draft.paragraphs), draft.references) == ("2",)


def test_head_without_blank_lines() -> None:
    draft = read(f"What Became of the Harbour?\nBy Anna Lind\nPublished: 2020-01-03\n\n{LONG}\n")
    assert (draft.title, draft.authors, len(draft.paragraphs)) == ("What Became of the Harbour?", ("Anna Lind",), 1)


def test_short_news() -> None:
    draft = read("The harbour opens\n\nIt opened on Friday, at last.\n")
    assert (draft.title, [paragraph.text for paragraph in draft.paragraphs]) == (
        "The harbour opens",
        ["It opened on Friday, at last."],
    )


@pytest.mark.parametrize(
    "text",
    [
        "Just one line",
        f"{LONG}\n\n{LONG}",
        f"It began with a sentence.\n\n{LONG}",
        f"Dear reader,\n\n{LONG}",
        f"2020-01-03\n\n{LONG}",
        "Milk\n\nBread\n\nButter",
        POEM,
        "[1] a\n\n[2] b",
        f"{LONG}\n\nAnna Lind",
    ],
)
def test_a_text_without_that_shape_is_paragraphs_and_nothing_else(text: str) -> None:
    draft = read(text)
    assert draft == Draft(paragraphs=draft.paragraphs, original=draft.original)
    blocks = [block.strip() for block in dedent(text).split("\n\n") if block.strip()]
    assert [paragraph.text for paragraph in draft.paragraphs] == blocks


@pytest.mark.parametrize("line", ["Paris, France", "Smith, John", "Monday, Tuesday, and then", "Roses, violets, lilies"])
def test_commas_alone_make_no_categories(line: str) -> None:
    draft = read(f"{line}\n\nWhat Became of Them\n\n{LONG}\n\n{LONG}")
    assert draft.categories == ()


def test_a_name_at_the_end_needs_a_reason() -> None:
    assert read(f"What Became of Them\n\n{LONG}\n\nNew Zealand").authors == ()
    assert read(f"What Became of Them\n\n{LONG}\n\n— Anna Lind").authors == ("Anna Lind",)


def test_the_seed_article(data: Path) -> None:
    content = (data / "seed-article.txt").read_bytes()
    draft = parse_one(content, name="seed-article.txt")
    lines = [line.strip() for line in content.decode().split("\n") if line.strip()]
    assert draft.categories == ("Analysis", "Middle East", "Side Feature")
    assert draft.title == "IRAN-US: What’s Next?"
    assert [paragraph.text for paragraph in draft.paragraphs] == lines[2:13]
    assert len(draft.paragraphs) == 11
    assert draft.authors == ("Mohammed Mustafa",)
    assert [f"[{entry.label}] {entry.text}" for entry in draft.references] == lines[14:]
    assert [entry.label for entry in draft.references] == ["2", "4", "5"]
    assert [label for paragraph in draft.paragraphs for label in paragraph.citations] == ["1", "2", "3", "4", "5", "6"]
    assert citations_without_entry((paragraph.citations for paragraph in draft.paragraphs), draft.references) == ("1", "3", "6")
    assert (draft.published_at, draft.modified_at, draft.dek, draft.extra, draft.warnings) == (None, None, None, {}, ())
    assert draft.original is not None
    assert draft.original.content == content


words = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=30)
shapes = st.sampled_from(
    [
        "News, Sport, Harbour",
        "Opinion",
        "What Became of Them?",
        "By Anna Lind",
        "by Anna Lind & Tom Reed",
        "3 January 2020",
        LONG,
        f"{LONG} [1] [3]",
        "[1] A source",
        "[2]",
        "[3] Another\nwith two lines",
        "Sources",
        "Anna Lind",
        "— Tom Reed",
        "",
        "  ",
        "[a] b",
        "By the sea",
    ]
)


@given(st.lists(shapes | words, min_size=1, max_size=12), st.sampled_from(["\n", "\n\n", "\n\n\n"]))
@settings(max_examples=40, deadline=None)
def test_every_line_is_somewhere(lines: list[str], between: str) -> None:
    text = between.join(lines)
    if not text.strip():
        return
    draft = read_raw(text)
    for line in text.split("\n"):
        assert is_in(draft, " ".join(line.split())), (line, draft)


def read_raw(text: str) -> Draft:
    return parse_one(text.encode(), "text/plain")


def is_in(draft: Draft, line: str) -> bool:
    kept = [draft.title, draft.dek or "", str(draft.extra.get("dateline", "")), ", ".join(draft.categories)]
    kept += [paragraph.text for paragraph in draft.paragraphs]
    kept += [f"[{entry.label}] {entry.text}" for entry in draft.references]
    is_byline = draft.authors != () and line.casefold() in {
        f"by {glue.join(draft.authors)}".casefold() for glue in (" & ", " and ")
    }
    return any(line in " ".join(text.split()) for text in kept) or is_byline or line.lstrip("— ") in draft.authors


WRAPPED = f"""The harbour opens

{textwrap.fill(f"{LONG} {LONG} {LONG}", 72)}

{textwrap.fill(f"{LONG} It was a well-known gate. {LONG}", 72)}
"""


def test_lines_that_a_program_broke_are_whole_again() -> None:
    draft = read(WRAPPED)
    assert draft.title == "The harbour opens"
    assert [paragraph.text for paragraph in draft.paragraphs] == [
        f"{LONG} {LONG} {LONG}",
        f"{LONG} It was a well-known gate. {LONG}",
    ]


def test_lines_that_a_person_broke_stay() -> None:
    assert read(POEM).paragraphs[0].text.count("\n") == 3
    listed = f"{WRAPPED}\n- a point that is short\n- another one\n- and one more\n"
    assert read(listed).paragraphs[-1].text == "- a point that is short\n- another one\n- and one more"


def test_real_articles_broken_at_a_width(data: Path) -> None:
    lines = (data / "digitalgov" / "articles.jsonl").read_text().splitlines()[:150]
    for text in (json.loads(line)["text"] for line in lines):
        blocks = [" ".join(block.split()) for block in text.split("\n\n")]
        if len(text) < 1_000 or any("- " in block or "[" in block for block in blocks):
            continue
        broken = "\n\n".join(textwrap.fill(block, 76, break_long_words=False, break_on_hyphens=False) for block in blocks)
        assert read_raw(broken).paragraphs == read_raw("\n\n".join(blocks)).paragraphs


def test_paragraphs_that_are_a_line_each() -> None:
    long = f"{LONG} {LONG}"
    draft = read_raw(f"What Became of the Harbour?\nBy Anna Lind\n3 January 2020\n{long}\n{long} [1]\n{long}\n[1] The clerk")
    assert (draft.title, draft.authors, len(draft.paragraphs)) == ("What Became of the Harbour?", ("Anna Lind",), 3)
    assert (draft.published_at and draft.published_at.text, [each.label for each in draft.references]) == ("2020-01-03", ["1"])


@pytest.mark.parametrize(
    ("credit", "authors", "published"),
    [
        ("By Anna Lind | 3 January 2020", ("Anna Lind",), "2020-01-03"),
        ("By Anna Lind and Tom Reed, January 3, 2020", ("Anna Lind", "Tom Reed"), "2020-01-03"),
        ("Written by Anna Lind", ("Anna Lind",), None),
        ("By Anna Lind, Staff Writer", ("Anna Lind",), None),
        ("By Anna Lind, Emily Stone", ("Anna Lind", "Emily Stone"), None),
        ("By ANNA LIND, Associated Press", ("ANNA LIND",), None),
        ("Anna Lind\n\n3 January 2020", ("Anna Lind",), "2020-01-03"),
        ("By Anna Lind\n\nPublished on 3 January 2020", ("Anna Lind",), "2020-01-03"),
    ],
)
def test_credits(credit: str, authors: tuple[str, ...], published: str | None) -> None:
    draft = read_raw(f"What Became of the Harbour?\n\n{credit}\n\n{LONG}\n\n{LONG}")
    assert (draft.authors, draft.published_at and draft.published_at.text) == (authors, published)
    assert (draft.title, len(draft.paragraphs)) == ("What Became of the Harbour?", 2)


def test_when_it_was_changed() -> None:
    draft = read_raw(f"The Harbour\n\nBy Anna Lind\nPublished 3 January 2020\nUpdated 4 January 2020\n\n{LONG}\n\n{LONG}")
    assert draft.published_at is not None
    assert draft.modified_at is not None
    assert (draft.published_at.text, draft.modified_at.text, len(draft.paragraphs)) == ("2020-01-03", "2020-01-04", 2)


@pytest.mark.parametrize(
    ("line", "dateline", "source", "published"),
    [
        ("BERLIN, May 3 (Reuters) - ", "BERLIN, May 3 (Reuters)", "Reuters", None),
        ("NEW YORK, Jan. 5, 2020 (AFP) -- ", "NEW YORK, Jan. 5, 2020 (AFP)", "AFP", "2020-01-05"),
        ("LONDON — ", "LONDON", None, None),
        ("KABUL, Afghanistan — ", "KABUL, Afghanistan", None, None),
        ("NASA - ", None, None, None),
        ("A — ", None, None, None),
    ],
)
def test_datelines(line: str, dateline: str | None, source: str | None, published: str | None) -> None:
    draft = read_raw(f"What Became of the Harbour?\n\n{line}{LONG}\n\n{LONG}")
    assert (draft.extra.get("dateline"), draft.source) == (dateline, source)
    assert (draft.published_at and draft.published_at.text) == published
    assert draft.paragraphs[0].text == f"{line}{LONG}"
