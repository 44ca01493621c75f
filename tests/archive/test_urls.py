import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.urls import normalize

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
    ],
)
def test_another_page(other: str) -> None:
    assert normalize(other) != SAME


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


@given(
    st.sampled_from(["http", "https", "HTTP"]),
    st.sampled_from(["example.org", "www.www.ü.org", "[::1]"]) | pieces,
    pieces,
    pieces,
    pieces,
)
@settings(max_examples=200, deadline=None)
def test_normal_forms_stay(scheme: str, host: str, path: str, query: str, fragment: str) -> None:
    try:
        normal = normalize(f"{scheme}://{host}/{path}?{query}#{fragment}")
    except ValueError:
        return
    assert normalize(normal) == normal
    assert normal.isascii()
