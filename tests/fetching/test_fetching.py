"""What a fetch sends, and what it gives."""

import gzip
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from fetching import FetchFailed, Page
from tests.fetching.conftest import USER_AGENT
from tests.sites import Asked, Reply

if TYPE_CHECKING:
    from tests.fetching.conftest import World

URL = "http://public.example/page"


def failure(world: "World", url: str = URL, **options: object) -> FetchFailed:
    with pytest.raises(FetchFailed) as failed:
        world.fetcher(**options).fetch(url)
    return failed.value


def test_a_page(world: "World") -> None:
    site = world.site()
    site.page(
        "/page", b"<p>Gr\xfc\xdfe", **{"Content-Type": 'Text/HTML; Charset="ISO-8859-1"', "ETag": '"1"', "Last-Modified": "then"}
    )
    before = datetime.now(UTC)
    page = world.fetcher().fetch(URL)
    assert before <= page.retrieved_at <= datetime.now(UTC)
    assert page == Page(
        url=URL,
        requested_url=URL,
        status=200,
        content=b"<p>Gr\xfc\xdfe",
        media_type="text/html",
        charset="ISO-8859-1",
        etag='"1"',
        last_modified="then",
        redirects=(),
        moved_permanently_to=None,
        retrieved_at=page.retrieved_at,
    )


@pytest.mark.parametrize(
    ("header", "media_type", "charset"),
    [
        ("text/plain", "text/plain", None),
        ("APPLICATION/RSS+XML ; charset=utf-8; x=y", "application/rss+xml", "utf-8"),
        ("text/html;charset='utf-8'", "text/html", "utf-8"),
        ("text/html; notcharset=utf-8", "text/html", None),
        ("nonsense", None, None),
        ("; charset=utf-8", None, "utf-8"),
    ],
)
def test_what_the_content_is_said_to_be(header: str, media_type: str, charset: str, world: "World") -> None:
    world.site().page("/page", **{"Content-Type": header})
    page = world.fetcher().fetch(URL)
    assert (page.media_type, page.charset) == (media_type, charset)


def test_what_is_sent(world: "World") -> None:
    site = world.site(port=8080)
    site.page("/page?q=%C3%BC")
    world.fetcher().fetch("http://PUBLIC.example.:8080/page?q=ü#part")
    robots, asked = site.asked
    assert asked.path == "/page?q=%C3%BC"
    assert asked.headers == {
        "host": "public.example:8080",
        "user-agent": USER_AGENT,
        "accept": asked.headers["accept"],
        "accept-encoding": "gzip, deflate",
        "connection": "close",
    }
    assert robots.headers == asked.headers


def test_the_header_host_is_the_name_and_not_the_address(world: "World") -> None:
    first, second = world.site("first.example"), world.site("second.example", "2606:4700::1")
    first.redirect("/page", "http://second.example/page")
    second.page("/page")
    assert world.fetcher().fetch("http://first.example/page").url == "http://second.example/page"
    assert {asked.headers["host"] for asked in first.asked} == {"first.example"}
    assert {asked.headers["host"] for asked in second.asked} == {"second.example"}
    assert ("2606:4700::1", 80) in world.dialled


def test_no_cookie_comes_back(world: "World") -> None:
    site = world.site()
    site.replies["/page"] = Reply(302, {"Location": "/next", "Set-Cookie": "a=b"})
    site.page("/next", **{"Set-Cookie": "c=d"})
    fetcher = world.fetcher()
    fetcher.fetch(URL)
    fetcher.fetch("http://public.example/next")
    assert all("cookie" not in asked.headers and "referer" not in asked.headers for asked in site.asked)


def test_every_request_has_a_connection_of_its_own(world: "World") -> None:
    site = world.site()
    site.page("/page")
    fetcher = world.fetcher()
    fetcher.fetch(URL)
    fetcher.fetch(URL)
    assert site.accepted == len(site.asked) == 3


def test_the_next_address_is_tried_where_one_does_not_answer(world: "World") -> None:
    world.site().page("/page", b"here")
    world.names["public.example"] = [["2606:4700::5", "93.184.216.34"]]
    assert world.fetcher(respect_robots=False).fetch(URL).content == b"here"
    assert world.dialled == [("2606:4700::5", 80), ("93.184.216.34", 80)]


def test_the_other_family_is_tried_second(world: "World") -> None:
    world.site().page("/page", b"here")
    world.names["public.example"] = [[*(f"2606:4700::{number}" for number in range(1, 9)), "93.184.216.34"]]
    assert world.fetcher(respect_robots=False).fetch(URL).content == b"here"
    assert world.dialled == [("2606:4700::1", 80), ("93.184.216.34", 80)]


def test_not_all_addresses_are_tried(world: "World") -> None:
    world.names["public.example"] = [[f"1.1.1.{number}" for number in range(100)]]
    assert failure(world, respect_robots=False).code == "unreachable"
    assert len(world.dialled) == 4


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [
        ([301], True),
        ([308], True),
        ([301, 308], True),
        ([302], False),
        ([303], False),
        ([307], False),
        ([301, 302], False),
        ([302, 301], False),
    ],
)
def test_only_permanent_redirects_move_for_good(statuses: list[int], moved: bool, world: "World") -> None:
    site = world.site()
    for number, status in enumerate(statuses):
        site.redirect(f"/{number}", f"/{number + 1}", status)
    site.page(f"/{len(statuses)}", b"there")
    page = world.fetcher().fetch("http://public.example/0")
    urls = tuple(f"http://public.example/{number + 1}" for number in range(len(statuses)))
    assert (page.content, page.url, page.redirects) == (b"there", urls[-1], urls)
    assert page.moved_permanently_to == (urls[-1] if moved else None)


def test_ten_redirects_and_no_more(world: "World") -> None:
    site = world.site()
    for number in range(12):
        site.redirect(f"/{number}", f"/{number + 1}")
    site.page("/12")
    assert world.fetcher().fetch("http://public.example/2").redirects[-1] == "http://public.example/12"
    assert failure(world, "http://public.example/1").code == "too_many_redirects"


@pytest.mark.parametrize("location", ["/page", "http://public.example/page", "/page#again", "//public.example:80/page"])
def test_a_circle_is_left_at_once(location: str, world: "World") -> None:
    site = world.site()
    site.redirect("/page", location)
    assert failure(world).code == "too_many_redirects"
    assert site.paths == ["/robots.txt", "/page"]


def test_a_redirect_that_leads_nowhere(world: "World") -> None:
    world.site().replies["/page"] = Reply(302)
    failed = failure(world)
    assert (failed.code, failed.status) == ("bad_response", 302)


def test_a_location_in_other_letters(world: "World") -> None:
    site = world.site()
    site.redirect("/page", "/süß und sauer")
    site.page("/s%C3%BC%C3%9F%20und%20sauer", b"there")
    assert world.fetcher().fetch(URL).content == b"there"


def test_what_has_not_changed(world: "World") -> None:
    site = world.site()

    def reply(asked: Asked) -> Reply:
        is_same = asked.headers.get("if-none-match") == '"1"' or asked.headers.get("if-modified-since") == "then"
        return Reply(304, {"ETag": '"1"'}) if is_same else Reply(200, {"ETag": '"1"', "Last-Modified": "then"}, b"new")

    site.replies["/page"] = reply
    fetcher = world.fetcher()
    first = fetcher.fetch(URL)
    assert (first.status, first.content) == (200, b"new")
    again = fetcher.fetch(URL, etag=first.etag, last_modified=first.last_modified)
    assert (again.status, again.content, again.etag, again.last_modified) == (304, b"", '"1"', "then")
    assert fetcher.fetch(URL, last_modified="then").status == 304
    assert fetcher.fetch(URL, etag='"2"').status == 200
    assert "if-none-match" not in site.asked[0].headers  # robots.txt


def test_not_changed_is_no_answer_to_who_has_nothing(world: "World") -> None:
    world.site().replies["/page"] = Reply(304)
    assert (failure(world).code, failure(world).status) == ("http_error", 304)


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\x00", "\u2603", " "])
def test_nothing_slips_into_the_headers(value: str, world: "World") -> None:
    site = world.site()
    with pytest.raises(ValueError, match="cannot be sent"):
        world.fetcher().fetch(URL, etag=value)
    assert site.accepted == 0


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP", "deflate", "raw deflate", "identity", ""])
def test_packed_content(encoding: str, world: "World") -> None:
    text = b"<p>Hello" * 1000
    raw = zlib.compressobj(wbits=-15)
    packed = {"gzip": gzip.compress(text), "deflate": zlib.compress(text), "raw deflate": raw.compress(text) + raw.flush()}
    body = packed.get(encoding.lower().removeprefix("x-"), text)
    world.site().page("/page", body, **{"Content-Encoding": encoding.removeprefix("raw ")})
    assert world.fetcher().fetch(URL).content == text


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress", "nonsense"])
def test_packed_in_another_way(encoding: str, world: "World") -> None:
    world.site().page("/page", gzip.compress(b"x"), **{"Content-Encoding": encoding})
    failed = failure(world)
    assert (failed.code, failed.temporary) == ("unsupported_encoding", False)


@pytest.mark.parametrize(
    ("status", "temporary"),
    [
        (202, True),
        (204, False),
        (206, False),
        (400, False),
        (401, False),
        (403, False),
        (404, False),
        (408, True),
        (410, False),
        (418, False),
        (425, True),
        (429, True),
        (451, False),
        (500, True),
        (501, False),
        (502, True),
        (503, True),
        (504, True),
        (521, True),
        (599, True),
    ],
)
def test_statuses_without_a_page(status: int, temporary: bool, world: "World") -> None:
    world.site().replies["/page"] = Reply(status, {"Content-Length": "0"})
    failed = failure(world)
    assert (failed.code, failed.status, failed.temporary, failed.url) == ("http_error", status, temporary, URL)
    assert failed.reason.startswith("public.example ")


@pytest.mark.parametrize(("status", "seconds"), [(429, 120.0), (503, 120.0), (500, 120.0)])
def test_when_to_come_back(status: int, seconds: float, world: "World") -> None:
    world.site().replies["/page"] = Reply(status, {"Retry-After": "120"})
    assert failure(world).retry_after_s == seconds


def test_a_name_that_does_not_exist(world: "World") -> None:
    failed = failure(world, "http://nowhere.example/")
    assert (failed.code, failed.temporary, failed.url) == ("unknown_host", False, "http://nowhere.example/")


def test_a_resolver_that_does_not_answer(world: "World") -> None:
    def resolve(*_: object) -> list[tuple[object, ...]]:
        raise OSError("no resolver")

    failed = failure(world, resolve=resolve)
    assert (failed.code, failed.temporary) == ("unreachable", True)


def test_nobody_listens(world: "World") -> None:
    site = world.server()
    world.lead("public.example", "93.184.216.34", 80, site.port)
    site._server.server_close()  # the port is free now
    failed = failure(world)
    assert (failed.code, failed.temporary) == ("unreachable", True)
    assert "public.example" in failed.reason


def test_no_way_there(world: "World") -> None:
    world.names["public.example"] = [["93.184.216.34"]]
    assert failure(world).code == "unreachable"
