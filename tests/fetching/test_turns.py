"""Hosts are asked one request at a time, and not too soon after the last. The clock moves only when somebody sleeps."""

import threading
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from fetching import FetchFailed
from fetching.timing import TimeLimit
from fetching.turns import REMEMBERED, Turns
from tests.fetching.conftest import Time
from tests.sites import Asked, Reply

if TYPE_CHECKING:
    from tests.fetching.conftest import World
    from tests.sites import Site

PAGE = "http://public.example/page"


def gaps(site: "Site") -> list[float]:
    """Seconds between one request and the next."""
    return [round(later.at - earlier.at, 6) for earlier, later in pairwise(site.asked)]


def test_a_while_lies_between_requests_to_a_host(world: "World") -> None:
    site = world.site()
    site.redirect("/page", "/there")
    site.page("/there")
    fetcher = world.patient_fetcher(delay_s=1.0)
    fetcher.fetch(PAGE)
    fetcher.fetch(PAGE)
    assert site.paths == ["/robots.txt", "/page", "/there", "/page", "/there"]
    assert gaps(site) == [1.0] * 4


def test_another_host_may_be_asked_meanwhile(world: "World") -> None:
    world.site().page("/page")
    world.site("other.example", "1.1.1.1").page("/page")
    fetcher = world.patient_fetcher(delay_s=5.0, respect_robots=False)
    began = world.time.now
    fetcher.fetch(PAGE)
    fetcher.fetch("http://other.example/page")
    assert world.time.now == began


def test_a_host_is_the_same_at_every_port(world: "World") -> None:
    site, other = world.site(), world.site(port=8080)
    site.page("/page")
    other.page("/page")
    fetcher = world.patient_fetcher(delay_s=5.0, respect_robots=False)
    fetcher.fetch(PAGE)
    fetcher.fetch("http://PUBLIC.example.:8080/page")
    assert other.asked[0].at - site.asked[0].at == pytest.approx(5.0)


@pytest.mark.parametrize(("asked_for", "kept"), [("3", 3.0), ("0.2", 1.0), ("3600", 60.0), ("nonsense", 1.0), ("inf", 1.0)])
def test_the_delay_that_a_host_asks_for(asked_for: str, kept: float, world: "World") -> None:
    site = world.site()
    site.robots(f"User-agent: *\nCrawl-delay: {asked_for}")
    site.page("/page")
    fetcher = world.patient_fetcher(delay_s=1.0)
    for _ in range(3):
        fetcher.fetch(PAGE)
    assert gaps(site) == [kept] * 3
    assert fetcher.free_in(PAGE) == pytest.approx(kept)


def test_waiting_is_not_counted_as_time_of_the_fetch(world: "World") -> None:
    site = world.site()
    site.robots("User-agent: *\nCrawl-delay: 50")
    site.page("/page")
    assert world.patient_fetcher(timeout_s=10.0).fetch(PAGE).status == 200


def test_when_a_host_is_free(world: "World") -> None:
    world.site().page("/page")
    fetcher = world.patient_fetcher(delay_s=4.0, respect_robots=False)
    assert fetcher.free_in(PAGE) == 0
    fetcher.fetch(PAGE)
    assert fetcher.free_in("http://public.example/other") == pytest.approx(4.0)
    assert fetcher.free_in("http://other.example/") == 0
    world.time.sleep(3)
    assert fetcher.free_in(PAGE) == pytest.approx(1.0)
    world.time.sleep(3)
    assert fetcher.free_in(PAGE) == 0
    with pytest.raises(FetchFailed):
        fetcher.free_in("ftp://public.example/")


@pytest.mark.parametrize(
    ("status", "retry_after", "pause"), [(429, "20", 20.0), (503, "20", 20.0), (429, "9999", 60.0), (500, "20", 1.0)]
)
def test_a_host_that_asks_for_a_pause_gets_it(status: int, retry_after: str, pause: float, world: "World") -> None:
    site = world.site()
    site.replies["/busy"] = Reply(status, {"Retry-After": retry_after})
    site.page("/page")
    fetcher = world.patient_fetcher(delay_s=1.0, respect_robots=False)
    with pytest.raises(FetchFailed):
        fetcher.fetch("http://public.example/busy")
    assert fetcher.free_in(PAGE) == pytest.approx(pause)
    fetcher.fetch(PAGE)
    assert gaps(site) == [pytest.approx(pause)]


def test_a_failure_ends_the_turn(world: "World") -> None:
    site = world.site()
    fetcher = world.patient_fetcher(respect_robots=False)
    for _ in range(3):
        with pytest.raises(FetchFailed):
            fetcher.fetch(PAGE)
    assert len(site.asked) == 3


def test_threads_ask_one_at_a_time(world: "World") -> None:
    site = world.site()
    at_once, most = 0, 0
    counting = threading.Lock()

    def slowly(_: Asked) -> Reply:
        nonlocal at_once, most
        with counting:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.02)
        with counting:
            at_once -= 1
        return Reply()

    for number in range(8):
        site.replies[f"/{number}"] = slowly
    fetcher = world.fetcher(respect_robots=False)
    threads = [threading.Thread(target=fetcher.fetch, args=(f"http://public.example/{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, len(site.asked)) == (1, 8)


def test_a_host_that_is_being_asked_is_not_free() -> None:
    now = Time()
    turns = Turns(now.clock, now.sleep)
    with turns.turn("a.example", lambda: 2.0, TimeLimit(10, clock=now.clock)):
        now.sleep(100)
        assert turns.free_in("a.example", 2.0) == 2.0
        assert turns.free_in("a.example", 0.0) > 0
    assert turns.free_in("a.example", 2.0) == 2.0


def test_waiting_stops_when_told(world: "World") -> None:
    world.site().page("/page")
    fetcher = world.patient_fetcher(delay_s=50.0, respect_robots=False)
    fetcher.fetch(PAGE)
    began = world.time.now
    with pytest.raises(FetchFailed) as failed:
        fetcher.fetch(PAGE, stopping=lambda: world.time.now > began + 3)
    assert failed.value.code == "stopped"
    assert world.time.now < began + 4


def test_closing_ends_a_wait_of_a_minute(world: "World") -> None:
    """By the clock of the machine: the sleeper is woken."""
    world.site().page("/page")
    fetcher = world.fetcher(delay_s=60.0, respect_robots=False)
    fetcher.fetch(PAGE)
    caught: list[str] = []

    def fetch() -> None:
        with pytest.raises(FetchFailed) as failed:
            fetcher.fetch(PAGE)
        caught.append(failed.value.code)

    thread = threading.Thread(target=fetch)
    thread.start()
    fetcher.close()
    thread.join(20)
    assert caught == ["stopped"]


def test_hosts_are_forgotten_when_they_no_longer_matter() -> None:
    now = Time()
    turns = Turns(now.clock, now.sleep)
    for number in range(REMEMBERED + 100):
        with turns.turn(f"{number}.example", lambda: 1.0, TimeLimit(10, clock=now.clock)):
            now.sleep(10)
    assert len(turns._hosts) <= REMEMBERED
    assert turns.free_in(f"{REMEMBERED + 99}.example", 1.0) == pytest.approx(1.0)
