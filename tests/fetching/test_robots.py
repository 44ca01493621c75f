"""What robots.txt files ask for is done (RFC 9309)."""

import threading
import time
from typing import TYPE_CHECKING

import pytest

from fetching import Fetcher, FetchFailed
from fetching.robots import product_token
from tests.sites import Asked, Reply

if TYPE_CHECKING:
    from tests.fetching.conftest import World

PAGE = "http://public.example/page"


def failure(fetcher: Fetcher, url: str = PAGE) -> FetchFailed:
    with pytest.raises(FetchFailed) as failed:
        fetcher.fetch(url)
    return failed.value


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", True),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: *\nDisallow: /pa", False),
        ("User-agent: *\nDisallow: /other", True),
        ("User-agent: *\nDisallow: /\nAllow: /page", True),
        ("User-agent: *\nDisallow: /*ge$", False),
        ("User-agent: backfile\nDisallow: /", False),
        ("User-agent: Backfile\nAllow: /\n\nUser-agent: *\nDisallow: /", True),
        ("User-agent: other\nDisallow: /", True),
        ("User-agent: about\nDisallow: /", True),  # a word of our address, not our name
        ("\ufeffUser-agent: *\nDisallow: /", False),
        ("<!doctype html><p>No such page", True),
    ],
)
def test_rules(text: str, allowed: bool, world: "World") -> None:
    site = world.site()
    site.robots(text)
    site.page("/page", b"page")
    if allowed:
        assert world.fetcher().fetch(PAGE).content == b"page"
    else:
        failed = failure(world.fetcher())
        assert (failed.code, failed.temporary, failed.url) == ("robots_refused", False, PAGE)
        assert site.paths == ["/robots.txt"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429])
def test_no_file_allows_everything(status: int, world: "World") -> None:
    site = world.site()
    site.replies["/robots.txt"] = Reply(status)
    site.page("/page")
    assert world.fetcher().fetch(PAGE).status == 200


@pytest.mark.parametrize("status", [500, 503, 302])
def test_a_file_that_cannot_be_had_allows_nothing(status: int, world: "World") -> None:
    site = world.site()
    site.replies["/robots.txt"] = Reply(status, {"Retry-After": "7"})
    site.page("/page")
    failed = failure(world.fetcher())
    assert (failed.code, failed.temporary, failed.status) == ("robots_unreachable", True, status)
    assert "public.example" in failed.reason
    assert site.paths == ["/robots.txt"]


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nUser-agent: *", b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nx"],
)
def test_half_a_file_allows_nothing(answer: bytes, world: "World") -> None:
    world.raw(answer)
    assert failure(world.fetcher()).code == "robots_unreachable"


def test_a_host_that_fails_fails_as_itself(world: "World") -> None:
    """And not by its robots.txt, of which nobody spoke."""
    assert failure(world.fetcher(), "http://nowhere.example/").code == "unknown_host"
    world.raw(keep_open=True, name="silent.example")
    assert failure(world.fetcher(timeout_s=0.2), "http://silent.example/").code == "timeout"


def test_a_failure_is_remembered_for_a_minute(world: "World") -> None:
    site = world.site()
    site.replies["/robots.txt"] = Reply(500)
    site.page("/page")
    fetcher = world.patient_fetcher()
    for _ in range(3):
        assert failure(fetcher).code == "robots_unreachable"
    assert site.paths == ["/robots.txt"]
    world.time.sleep(61)
    site.robots("")
    assert fetcher.fetch(PAGE).status == 200


def test_being_stopped_is_not_remembered(world: "World") -> None:
    world.site().page("/page")
    fetcher = world.fetcher()
    with pytest.raises(FetchFailed):
        fetcher.fetch(PAGE, stopping=lambda: True)
    assert fetcher.fetch(PAGE).status == 200


@pytest.mark.parametrize(("redirects", "allowed"), [(5, False), (6, True)])
def test_five_redirects_are_followed_and_more_are_no_file(redirects: int, allowed: bool, world: "World") -> None:
    site, other = world.site(), world.site("other.example", "1.1.1.1")
    site.redirect("/robots.txt", "http://other.example/1")
    for number in range(1, redirects):
        other.redirect(f"/{number}", f"/{number + 1}")
    other.page(f"/{redirects}", b"User-agent: *\nDisallow: /")
    site.page("/page")
    if allowed:
        assert world.fetcher().fetch(PAGE).status == 200
    else:
        assert failure(world.fetcher()).code == "robots_refused"


def test_only_the_first_500_kib_are_read(world: "World") -> None:
    site = world.site()
    rule = "User-agent: *\nDisallow: /{}\n"
    site.robots(rule.format("page") + "#" * (500 * 1024) + "\n" + rule.format("late"))
    for path in ("/page", "/late"):
        site.page(path)
    fetcher = world.fetcher()
    assert failure(fetcher).code == "robots_refused"
    assert fetcher.fetch("http://public.example/late").status == 200


def test_each_redirect_is_asked_about_at_its_own_host(world: "World") -> None:
    first, second = world.site(), world.site("second.example", "1.1.1.1")
    first.redirect("/page", "http://second.example/secret")
    second.robots("User-agent: *\nDisallow: /secret")
    second.page("/secret")
    failed = failure(world.fetcher())
    assert (failed.code, failed.url) == ("robots_refused", "http://second.example/secret")
    assert second.paths == ["/robots.txt"]


def test_a_port_has_a_file_of_its_own(world: "World") -> None:
    site, other = world.site(), world.site(port=8080)
    site.robots("User-agent: *\nDisallow: /")
    other.page("/page")
    fetcher = world.fetcher()
    assert failure(fetcher).code == "robots_refused"
    assert fetcher.fetch("http://public.example:8080/page").status == 200


def test_a_file_is_read_once_a_day(world: "World") -> None:
    site = world.site()
    site.page("/page")
    site.robots("")
    fetcher = world.patient_fetcher()
    for _ in range(3):
        fetcher.fetch(PAGE)
    assert site.paths.count("/robots.txt") == 1
    world.time.sleep(23 * 3600)
    fetcher.fetch(PAGE)
    assert site.paths.count("/robots.txt") == 1
    world.time.sleep(2 * 3600)
    site.robots("User-agent: *\nDisallow: /")
    assert failure(fetcher).code == "robots_refused"


def test_a_file_is_read_once_for_all_threads(world: "World") -> None:
    site = world.site()
    site.page("/page")

    def slowly(_: Asked) -> Reply:
        time.sleep(0.1)
        return Reply(200, body=b"User-agent: *\nAllow: /")

    site.replies["/robots.txt"] = slowly
    fetcher = world.fetcher()
    threads = [threading.Thread(target=fetcher.fetch, args=(PAGE,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(site.paths) == ["/page"] * 4 + ["/robots.txt"]


def test_who_does_not_ask_is_not_told(world: "World") -> None:
    site = world.site()
    site.robots("User-agent: *\nDisallow: /\nCrawl-delay: 10")
    site.page("/page")
    assert world.fetcher(respect_robots=False).fetch(PAGE).status == 200
    assert site.paths == ["/page"]


@pytest.mark.parametrize(
    ("user_agent", "token"),
    [("Backfile/1.0 (+https://bot.example/)", "Backfile"), ("back-file_x", "back-file_x"), ("4chan", "4chan")],
)
def test_the_name_that_files_know_us_by(user_agent: str, token: str) -> None:
    assert product_token(user_agent) == token
