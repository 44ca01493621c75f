import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.urls import Keys, keys_of, normalize

SAME = "https://example.org/2020/01/a-story"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/2020/01/a-story",
        "HTTPS://WWW.Example.ORG:443/2020/01/a-story/",
        "http://example.org:80/2020/01/a-story",
        "https://example.org/2020/01/a-story?utm_source=x&utm_medium=y#top",
        "https://example.org/2020/01/a-story?fbclid=1&gclid=2&utm%5Fsource=x",
        "https://example.org/2020/./01/b/../a%2Dstory",
        "https://reader:secret@example.org/2020/01/a-story;jsessionid=8F00",
        "  https://example.org./2020/01/a-story?  ",
        "https://m.example.org/2020/01/a-story",
        "http://www.mobile.example.org/2020/01/a-story",
        "https://amp.example.org/2020/01/a-story/amp/",
        "https://example.org/amp/2020/01/a-story?amp",
        "https://example.org/2020/01/a-story.amp?outputType=amp",
        "https://example.org/2020/01/a-story/index.html?print=1",
        "https://example.org/2020/01/a-story/amp/?amp=1&amp_js_v=0.1&usqp=mq331AQ",
        "https://example-org.cdn.ampproject.org/c/s/example.org/2020/01/a-story/amp/",
        "https://cdn.ampproject.org/v/www.example.org/2020/01/a-story?amp_js_v=a6",
        "https://www-example-org.bing-amp.com/c/s/www.example.org/2020/01/a-story",
        "https://www.google.co.uk/amp/s/amp.example.org/2020/01/a-story",
        "https://www.google.com/amp/www.google.com/amp/s/example.org/2020/01/a-story",
    ],
)
def test_the_same_page(url: str) -> None:
    assert normalize(url) == SAME


@pytest.mark.parametrize(
    "other",
    [
        "https://example.org/2020/01/A-story",
        "https://example.org/2020/01/a-story?page=2",
        "https://example.org:8443/2020/01/a-story",
        "https://blog.example.org/2020/01/a-story",
        "https://example.org/2020/01/a%2Fstory",
        "https://example.org/2020/01/a-story#!/2",
        "https://example.org/2020/01/a-story?amp=16",
        "https://example.org/2020/01/a-story?print=7",
        "https://example.org/2020/01/a-story?m=1",
        "https://example.org/2020/01/a-story-amp",
        "https://example.org/2020/01/a-story/index",
        "https://google.com/amp/s/a-story",
        "https://cdn.ampproject.org/i/s/example.org/2020/01/a-story",
    ],
)
def test_another_page(other: str) -> None:
    assert normalize(other) != SAME


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/glossary/amp", "https://example.org/glossary"),
        ("https://example.org/amp/fender", "https://example.org/fender"),
        ("https://example.org/2020/01/amp", "https://example.org/2020/01"),
        ("https://m.co.uk/a-story-of-it", "https://co.uk/a-story-of-it"),
        ("https://m.blogspot.com/2020/01/a.html", "https://amp.blogspot.com/2020/01/a.html"),
        ("https://mobile.substack.com/p/about", "https://m.substack.com/p/about"),
        ("https://m.de/a", "https://de/a"),
        ("https://de.wikipedia.org/wiki/A", "https://en.m.wikipedia.org/wiki/A"),
        ("https://example.org/?p=1", "https://example.org/index.php?p=2"),
        ("https://example.org/index.php/a", "https://example.org/a"),
    ],
)
def test_pages_that_are_two(one: str, other: str) -> None:
    assert normalize(one) != normalize(other)


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("http://example.org", "https://example.org/"),
        ("http://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("http://example.org/%c3%a4?q=%7e", "https://example.org/%C3%A4?q=~"),
        ("http://example.org/a b?c d", "https://example.org/a%20b?c%20d"),
        ("http://example.org/100%", "https://example.org/100%25"),
        ("http://example.org/?b=2&a=1&utm_campaign=c", "https://example.org/?b=2&a=1"),
        ("http://[2001:DB8::1]:8080/x", "https://[2001:db8::1]:8080/x"),
        ("http://www.com/", "https://www.com/"),
        ("http://localhost:8000/a/", "https://localhost:8000/a"),
        ("https://en.m.wikipedia.org/wiki/Amp?mobileaction=toggle_view_mobile", "https://en.wikipedia.org/wiki/Amp"),
        ("https://m.www.m.example.co.uk/", "https://example.co.uk/"),
        ("https://amp.dev/index.html", "https://amp.dev/"),
        ("https://a.blogspot.com/2020/01/a.html?m=1&showComment=1", "https://a.blogspot.com/2020/01/a.html?showComment=1"),
        ("https://example.org/news/a.amp.html", "https://example.org/news/a.html"),
        ("https://example.org/Default.aspx?id=3", "https://example.org/?id=3"),
        ("https://example.org/index.php?title=A&amp;b=1", "https://example.org/?title=A&amp;b=1"),
        ("https://google.com/amp/s/a..b.c/x", "https://google.com/amp/s/a..b.c/x"),
    ],
)
def test_the_normal_form(url: str, normal: str) -> None:
    assert normalize(url) == normal
    assert normalize(normal) == normal


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org/a",
        "ftp://example.org/",
        "mailto:a@example.org",
        "http://",
        "http:///a",
        "http://exa mple.org/",
        "//example.org/",
        "http://example.org:99999/",
        "http://a..b/",
        "http://[::1",
        "http://example.org/a\nb",
        "http://example.org/\ud800",
        "javascript:alert(1)",
        f"http://{'a' * 64}.org/",
    ],
)
def test_no_web_address(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        normalize(url)


pieces = st.text(st.sampled_from(list("aZ0%25eéß/.;?&=#!:@[]~+-_ \\\"'|²")) | st.characters(), max_size=12)


forms = st.sampled_from(
    [
        "amp",
        "c",
        "s",
        "m.e.org",
        "google.com",
        "a-b-c",
        "2020",
        "01",
        "a.html",
        "a.amp",
        "a.amp.html",
        "index.html",
        "amp=1",
        "m=1",
        "print=1",
    ]
)


@given(
    st.sampled_from(["http", "https", "HTTP"]),
    st.sampled_from(["example.org", "www.www.ü.org", "[::1]", "google.com", "x.cdn.ampproject.org", "m.mobile.e.m.org"]) | pieces,
    pieces | st.lists(forms | pieces, max_size=6).map("/".join),
    pieces | st.lists(forms | pieces, max_size=4).map("&".join),
    pieces,
)
@settings(max_examples=40, deadline=None)
def test_normal_forms_stay(scheme: str, host: str, path: str, query: str, fragment: str) -> None:
    try:
        normal = normalize(f"{scheme}://{host}/{path}?{query}#{fragment}")
    except ValueError:
        return
    assert normalize(normal) == normal
    assert normal.isascii()


@pytest.mark.parametrize(
    "path", ["/" + "-" * 5000 + "/amp", "/1111/11" * 700 + "/amp", "/a.amp" * 900, "/google.com/amp/s" * 250]
)
def test_long_addresses_take_no_time(path: str) -> None:
    started = time.perf_counter()
    normalize(f"https://google.com/amp/s/example.org{path}")
    assert time.perf_counter() - started < 1


def test_keys() -> None:
    front, page = "https://example.org/", "https://example.org/a"
    assert keys_of(
        "http://m.example.org/a", page, ["https://exm.pl/1", front, "urn:x", "https://[", "https://exm.pl/1?q"]
    ) == Keys(page, page, (("https://exm.pl/1", "https://exm.pl/1"), ("https://exm.pl/1?q", "https://exm.pl/1?q")))
    assert keys_of(page, front) == Keys(page, None, ())
    assert keys_of(front, "http://www.example.org") == Keys(front, front, ())
    assert keys_of(None, front) == keys_of("ftp://example.org/a", None) == Keys(None, None, ())
