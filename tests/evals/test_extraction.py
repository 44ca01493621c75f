"""The evaluation of extraction: its arithmetic, and its floors on a few real pages."""

import pytest

from evals import extraction
from evals.collections import data_folder


@pytest.mark.parametrize(
    ("found", "wanted", "expected"),
    [
        ("one two three four five", "one two three four five", (1, 1)),
        ("one two three four five", "zero one two three four", (1 / 2, 1 / 2)),
        ("one two three four five six", "one two three four", (1 / 3, 1)),
        ("one two three four. One two three four!", "one two three four", (1 / 5, 1)),
        ("one", "One", (0, 0)),
        ("", "one two", (0, 0)),
        ("", "", (1, 1)),
    ],
)
def test_overlap_is_that_of_the_benchmark(found: str, wanted: str, expected: tuple[float, float]) -> None:
    assert extraction.overlap(found, wanted) == pytest.approx(expected)


def test_a_title_is_stated_that_the_page_says_twice() -> None:
    head = '<title>A ferry, hauled | The Tide</title><meta property="og:title" content="A ferry hauled">'
    assert extraction.stated(f"<html><head>{head}</head><body><h1>The Tide</h1></body></html>") == {"aferryhauled"}
    assert extraction.stated("<html><head><title>One</title></head><body><h1>Another</h1></body></html>") == set()
    linked = '<script type="application/ld+json">{"headline": "Caf\\u00e9 &amp; quay"}</script>'
    assert extraction.stated(f"<html><head>{linked}</head><body><h1>Café &amp; Quay</h1></body></html>") == {"caféquay"}


def test_the_article_is_told_from_its_page() -> None:
    try:
        data_folder()
    except FileNotFoundError as absent:
        pytest.skip(str(absent))
    assert extraction.main(["--quick"]) == 0
