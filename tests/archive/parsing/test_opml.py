import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.parsing import opml
from archive.parsing.failures import ParsingFailed, Unreadable
from archive.parsing.items import Given, Link, Outcome


def urls(source: str | bytes, **about: Any) -> list[str]:
    content = source.encode() if isinstance(source, str) else source
    outcomes = [item.read() for item in opml.items(io.BytesIO(content), Given(place="list.opml", **about))]
    return [each.url if isinstance(each, Link) else _said(each) for each in outcomes]


def _said(outcome: Outcome) -> str:
    assert isinstance(outcome, Unreadable)
    return f"{outcome.code}: {outcome.reason}"


def body(*outlines: str) -> str:
    return f'<?xml version="1.0"?><opml version="2.0"><head/><body>{"".join(outlines)}</body></opml>'


A, B = '<outline text="A" type="rss" xmlUrl="https://a.example/feed"/>', '<outline xmlUrl="https://b.example/feed"/>'


def test_in_folders_or_not() -> None:
    flat = body(A, B)
    nested = body(f'<outline text="One">{A}<outline text="Two">{B}</outline></outline>')
    assert urls(flat) == urls(nested) == ["https://a.example/feed", "https://b.example/feed"]


def test_places_and_links() -> None:
    found = list(opml.items(io.BytesIO(body(A, B).encode()), Given(place="list.opml")))
    assert [item.place for item in found] == ["list.opml, feed 1", "list.opml, feed 2"]
    assert found[0].read() == Link("https://a.example/feed", None)


def test_each_feed_once() -> None:
    assert urls(body(A, A, '<outline xmlUrl="http://www.a.example/feed/"/>', B)) == [
        "https://a.example/feed",
        "https://b.example/feed",
    ]


@pytest.mark.parametrize(
    ("outline", "expected"),
    [
        ('<outline xmlurl=" https://a.example/x "/>', ["https://a.example/x"]),
        ('<OUTLINE XMLURL="https://a.example/x"/>', ["https://a.example/x"]),
        ('<outline xmlUrl="feed://a.example/x"/>', ["http://a.example/x"]),
        ('<outline xmlUrl="feed:https://a.example/x"/>', ["https://a.example/x"]),
        ('<outline xmlUrl="https://a.example/x?a=1&b=2&copy=3"/>', ["https://a.example/x?a=1&b=2&copy=3"]),
        ('<outline text="R&D &eacute;" xmlUrl="https://a.example/x?a=1&amp;b=2"/>', ["https://a.example/x?a=1&b=2"]),
        ('<outline text="a folder"/>', []),
        ('<outline xmlUrl=""/>', []),
        ('<outline xmlUrl="file:///etc/passwd"/>', ["invalid_article: is no address of a feed: file:///etc/passwd"]),
        ('<outline xmlUrl="feed.xml"/>', ["https://lists.example/feed.xml"]),
    ],
)
def test_addresses(outline: str, expected: list[str]) -> None:
    assert urls(body(outline), url="https://lists.example/all.opml") == expected


def test_quotation_marks_and_tags_in_descriptions_hide_no_feed() -> None:
    odd = '<outline text="The "Odd" one" description="<p>By <a href="x">me</a></p>" xmlUrl="https://odd.example/?a=1&amp;b=2"/>'
    commented = '<!-- <outline xmlUrl="https://gone.example/"/> -->'
    assert urls(body(A, odd, commented, B)) == [
        "https://a.example/feed",
        "https://odd.example/?a=1&b=2",
        "https://b.example/feed",
    ]


def test_what_stands_before_the_end_is_read() -> None:
    found = urls(f'<opml><body>{A}\n<outline xmlUrl="https://b.example/feed>')
    assert found[0] == "https://a.example/feed"
    assert found[1].startswith("malformed: the list is damaged in line 2")
    assert len(found) == 2


@pytest.mark.parametrize(
    ("source", "code", "reason"),
    [
        ("<opml><body>", "malformed", "damaged in line 1"),
        ("no XML", "malformed", "damaged in line 1"),
        ("<rss><channel/></rss>", "no_article", "begins with <rss>"),
        ("", "empty", "empty"),
        ('<!DOCTYPE opml [<!ENTITY a "b">]><opml><body/></opml>', "malformed", "entities"),
        ('<!DOCTYPE opml [<!ENTITY a SYSTEM "file:///etc/passwd">]><opml><body text="&a;"/></opml>', "malformed", "entities"),
    ],
)
def test_what_is_no_list_says_so(source: str, code: str, reason: str) -> None:
    with pytest.raises(ParsingFailed, match=reason) as failure:
        urls(source)
    assert failure.value.code == code


def test_charsets() -> None:
    source = "<?xml version='1.0' encoding='iso-8859-1'?><opml><outline text='Ärger' xmlUrl='https://a.example/ä'/></opml>"
    assert urls(source.encode("latin-1")) == ["https://a.example/ä"]
    assert urls(source.encode("utf-16")) == ["https://a.example/ä"]


@given(st.binary(max_size=300) | st.text(alphabet="<>&\"'/= opmlutinexUr:;!-[]?", max_size=200).map(str.encode))
def test_no_bytes_are_too_odd(content: bytes) -> None:
    try:
        found = list(opml.items(io.BytesIO(content), Given()))
    except ParsingFailed:
        return
    assert all(isinstance(item.read(), Link | Unreadable) for item in found)


def test_real_lists_are_the_same_with_folders_and_without(data: Path) -> None:
    pairs = 0
    for path in sorted((data / "messy" / "opml_feeds").rglob("with_category/*.opml")):
        other = path.parents[1] / "without_category" / path.name
        found = urls(path.read_bytes())
        assert set(found) == set(urls(other.read_bytes()))
        assert all(url.startswith("http") for url in found)
        pairs += 1
    assert pairs > 50
