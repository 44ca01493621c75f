"""URLs are taken apart in one way or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetching.errors import FetchFailed
from fetching.targets import AllowedHosts, Target, parse


def refusal(url: str) -> str:
    with pytest.raises(FetchFailed) as refused:
        parse(url)
    return refused.value.code


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://A.Example", "http://a.example/"),
        ("HTTPS://a.example:443/x?y=1#part", "https://a.example/x?y=1"),
        ("http://a.example.:8080/", "http://a.example:8080/"),
        ("http://a.example:/x", "http://a.example/x"),
        ("http://bücher.example/é?q=ü a", "http://xn--bcher-kva.example/%C3%A9?q=%C3%BC%20a"),
        ("http://a.example/a%2Fb%20c?d=%26", "http://a.example/a%2Fb%20c?d=%26"),
        ("http://a_b.example/?path=C:\\x", "http://a_b.example/?path=C:\\x"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
        ("http://[2606:4700::0:1]:8080/", "http://[2606:4700::1]:8080/"),
        ("http://3com.example/", "http://3com.example/"),
    ],
)
def test_what_is_asked(url: str, asked: str) -> None:
    assert parse(url).url.replace("%5C", "\\") == asked


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://a.example/", "unsupported_scheme"),
        ("file:///etc/passwd", "unsupported_scheme"),
        ("javascript:alert(1)", "unsupported_scheme"),
        ("a.example/page", "unsupported_scheme"),
        ("//a.example/page", "unsupported_scheme"),
        ("", "unsupported_scheme"),
        ("http://", "bad_address"),
        ("http:///page", "bad_address"),
        ("http:a.example", "bad_address"),
        ("http://user@a.example/", "bad_address"),
        ("http://user:word@a.example/", "bad_address"),
        ("http://a.example\\@b.example/", "bad_address"),
        ("http:\\\\a.example\\", "bad_address"),
        ("http://a.ex\tample/", "bad_address"),
        ("http://a.example/\r\nX: y", "bad_address"),
        ("http://a.example\x00.b.example/", "bad_address"),
        ("http://a b.example/", "bad_address"),
        ("http://a%2eexample/", "bad_address"),
        ("http://a..example/", "bad_address"),
        ("http://-a.example/", "bad_address"),
        ("http://a.example:99999/", "bad_address"),
        ("http://a.example:-1/", "bad_address"),
        ("http://a.example:80:80/", "bad_address"),
        ("http://[::1/", "bad_address"),
        ("http://" + "a" * 64 + ".example/", "bad_address"),
        ("http://" + "a." * 127 + "example/", "bad_address"),
        ("http://a.example/" + "a" * 9000, "bad_address"),
        ("http://a.example:22/", "port_refused"),
        ("http://a.example:25/", "port_refused"),
        ("https://a.example:6667/", "port_refused"),
        ("http://a.example:0/", "port_refused"),
        ("http://a.example:10080/", "port_refused"),
    ],
)
def test_what_is_refused_by_form(url: str, code: str) -> None:
    assert refusal(url) == code


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1", "1.2.3", "1.2.3.4.5", "0", "a.0x"]
)
def test_numbers_that_may_mean_an_address_are_refused(host: str) -> None:
    assert refusal(f"http://{host}/") == "bad_address"


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/other", "https://a.example:8443/other"),
        ("other?x", "https://a.example:8443/folder/other?x"),
        ("?y", "https://a.example:8443/folder/page?y"),
        ("//b.example/z", "https://b.example/z"),
        ("http://b.example", "http://b.example/"),
        ("#part", "https://a.example:8443/folder/page"),
    ],
)
def test_where_a_redirect_leads(location: str, url: str) -> None:
    assert parse("https://a.example:8443/folder/page").join(location).url == url


@given(st.text(alphabet=st.characters(codec="utf-8")) | st.text(alphabet="htp:/\\@.[]%#?0127a\t １。x"))
def test_any_text_is_a_target_or_refused(text: str) -> None:
    """And what was taken apart is taken apart in the same way again."""
    for url in (text, f"http://{text}", f"http://{text}/", f"http://a.example{text}"):
        try:
            target = parse(url)
        except FetchFailed:
            continue
        assert parse(target.url) == target
        assert target.url.isascii()
        assert not set(target.host) & set("@/\\?# \t%")


@given(st.text())
def test_any_location_is_a_target_or_refused(location: str) -> None:
    try:
        target = parse("http://a.example/page").join(location)
    except FetchFailed:
        return
    assert parse(target.url) == target


def test_allowed_hosts() -> None:
    allowed = AllowedHosts(["Intranet.Example", "127.0.0.1:8080", "b.example:80", "::1", "[fd00::1]:8000"])
    for url in (
        "http://intranet.example/",
        "https://intranet.example.:8443/",
        "http://127.0.0.1:8080/",
        "http://b.example/",
        "http://[::1]/",
        "http://[fd00::1]:8000/",
    ):
        assert parse(url) in allowed, url
    for url in (
        "http://x.intranet.example/",
        "http://127.0.0.1/",
        "http://127.0.0.1:8081/",
        "https://b.example/",
        "http://[::2]/",
        "http://[fd00::1]/",
    ):
        assert parse(url) not in allowed, url


@pytest.mark.parametrize(
    "entry", ["", "http://a.example", "a b", "user@a.example", "a.example/x", "a.example:x", "10.0.0.0/8", "127.1"]
)
def test_what_is_no_host_is_not_allowed_by_mistake(entry: str) -> None:
    with pytest.raises(ValueError, match="is not a host"):
        AllowedHosts([entry])


def test_the_header_names_the_port_where_it_is_not_the_usual_one() -> None:
    assert Target("http", "a.example", 80, "/").authority == "a.example"
    assert Target("https", "a.example", 80, "/").authority == "a.example:80"
    assert Target("http", "::1", 8080, "/").authority == "[::1]:8080"
