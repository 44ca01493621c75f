import pytest

from archive.parsing import citations_in, citations_without_entry
from archive.parsing.citations import entries_in, split_references
from db.records import Reference


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("He said so. [1] She did not [2].", ("1", "2")),
        ("Twice [7], and again [7].", ("7",)),
        ("Several [1, 3; 5] and a range [8–10].", ("1", "3", "5", "8", "9", "10")),
        ("that he [Obama] will attack [sic] in [2020]", ()),
        ("[1-999] is no range of citations", ()),
        ("none", ()),
        ("an array[0]", ()),
    ],
)
def test_what_is_cited(text: str, labels: tuple[str, ...]) -> None:
    assert citations_in(text) == labels


def test_citations_without_an_entry_stand_in_the_order_of_the_text() -> None:
    references = [Reference("2", "a"), Reference("4", "b"), Reference(None, "c")]
    assert citations_without_entry([("6", "2"), (), ("1", "6", "4")], references) == ("6", "1")


def test_an_entry_keeps_its_lines_and_its_address() -> None:
    assert entries_in("[2] A book,\nsecond edition\n[4] See https://example.org/a?b=(c).") == [
        Reference("2", "A book,\nsecond edition"),
        Reference("4", "See https://example.org/a?b=(c).", "https://example.org/a?b=(c)"),
    ]
    assert entries_in("Not [2] at the start") == []


@pytest.mark.parametrize(
    "blocks",
    [
        ["Nothing is cited here.", "[1] So this is no list of sources."],
        ["It is [1] and [2].", "[2] The wrong way", "[1] round"],
        ["[1] alone"],
        [],
    ],
)
def test_what_is_no_list_of_sources(blocks: list[str]) -> None:
    assert split_references(blocks) == (len(blocks), [])
