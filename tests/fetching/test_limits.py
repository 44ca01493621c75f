"""What is too much, too slow or too short, and being told to stop."""

import gzip
import threading
import time
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest

from fetching import FetchFailed
from tests.sites import Asked, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fetching.conftest import World

URL = "http://public.example/page"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def failure(world: "World", url: str = URL, **options: object) -> FetchFailed:
    with pytest.raises(FetchFailed) as failed:
        world.fetcher(**{"respect_robots": False, **options}).fetch(url)
    assert "public.example" in failed.value.reason
    return failed.value


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)


def test_as_many_bytes_as_allowed_and_not_one_more(world: "World") -> None:
    site = world.site()
    site.page("/page", b"x" * 1000)
    assert len(world.fetcher(max_bytes=1000).fetch(URL).content) == 1000
    failed = failure(world, max_bytes=999)
    assert (failed.code, failed.temporary) == ("too_large", False)


def test_an_announced_size_is_enough_to_refuse(world: "World") -> None:
    world.raw(HEAD + b"Content-Length: 1001\r\n\r\n", keep_open=True)
    assert failure(world, max_bytes=1000).code == "too_large"


def test_size_is_counted_where_none_is_announced(world: "World") -> None:
    world.raw(HEAD + b"\r\n" + b"x" * 1001)
    assert failure(world, max_bytes=1000).code == "too_large"


def test_size_is_counted_in_chunks(world: "World") -> None:
    world.raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(*[b"x" * 100] * 11), keep_open=True)
    assert failure(world, max_bytes=1000).code == "too_large"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb(encoding: str, world: "World") -> None:
    """No more of it is unpacked than is taken."""
    packer = zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
    body = b"".join(packer.compress(bytes(1 << 20)) for _ in range(100)) + packer.flush()
    assert len(body) < 1 << 17
    world.site().page("/page", body, **{"Content-Encoding": encoding})
    tracemalloc.start()
    try:
        assert failure(world, max_bytes=1 << 20).code == "too_large"
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()


def test_a_bomb_of_many_members(world: "World") -> None:
    world.site().page("/page", gzip.compress(bytes(1000)) * 100, **{"Content-Encoding": "gzip"})
    assert failure(world, max_bytes=50_000).code == "too_large"


def test_packed_content_that_is_larger_than_what_it_packs(world: "World") -> None:
    """Counted on the wire too: 20,000 empty members unpack to nothing."""
    world.raw(HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"") * 20_000)
    assert failure(world, max_bytes=100_000).code == "too_large"


def test_headers_without_end(world: "World") -> None:
    world.raw(HEAD + b"".join(b"X-%d: %s\r\n" % (number, b"x" * 1000) for number in range(5000)), keep_open=True)
    assert failure(world).code in ("bad_response", "too_large")


def test_interim_answers_without_end(world: "World") -> None:
    world.raw(*[b"HTTP/1.1 103 Early Hints\r\nLink: %s\r\n\r\n" % (b"x" * 1000) * 1000] * 10, keep_open=True)
    assert failure(world, max_bytes=1000).code == "too_large"


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"Content-Length: 100\r\n\r\nonly this",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(b"only this"),
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n64\r\nonly this",
        HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"x" * 1000)[:-9],
        HEAD + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(b"x" * 1000)[:-5],
        HEAD + b"Content-Encoding: deflate\r\n\r\nx",
    ],
    ids=["length", "chunks", "chunk", "gzip", "deflate", "one byte"],
)
def test_a_body_without_its_end(answer: bytes, world: "World") -> None:
    world.raw(answer)
    failed = failure(world)
    assert (failed.code, failed.temporary) == ("truncated", True)


@pytest.mark.parametrize("encoding", [b"gzip", b"deflate"])
def test_damaged_content(encoding: bytes, world: "World") -> None:
    world.raw(HEAD + b"Content-Encoding: " + encoding + b"\r\n\r\nnot packed at all")
    assert failure(world).code == "bad_response"


def test_packed_content_with_a_wrong_checksum(world: "World") -> None:
    packed = bytearray(gzip.compress(b"x" * 1000))
    packed[-5] ^= 1
    world.raw(HEAD + b"Content-Encoding: gzip\r\n\r\n" + packed)
    assert failure(world).code == "bad_response"


@pytest.mark.parametrize(
    "answer",
    [b"", b"SSH-2.0-OpenSSH_9\r\n", b"220 mail.example ESMTP\r\n", b"HTTP/1.1 abc\r\n\r\n", HEAD + b"Content-Length: x\r\n\r\n"],
)
def test_what_is_no_web_server(answer: bytes, world: "World") -> None:
    world.raw(answer)
    assert failure(world).code == "bad_response"


def test_two_lengths_that_differ_are_no_answer(world: "World") -> None:
    world.raw(HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab")
    assert failure(world).code == "bad_response"


@pytest.mark.parametrize(
    "pieces",
    [
        [],  # accepts and says nothing
        [bytes([byte]) for byte in HEAD * 100],  # a byte now and then, of the headers
        [HEAD + b"Content-Length: 1000\r\n\r\n", *[b"x"] * 1000],  # and of the content
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 1000],
        [HEAD + b"Content-Encoding: gzip\r\nContent-Length: 1000\r\n\r\n", *[bytes([byte]) for byte in gzip.compress(b"x")]],
    ],
    ids=["silence", "headers", "content", "chunks", "packed"],
)
def test_a_drip_ends_with_the_time(pieces: list[bytes], world: "World") -> None:
    world.raw(*pieces, pause_s=0.02, keep_open=True)
    failed = failure(world, timeout_s=0.3)
    assert (failed.code, failed.temporary) == ("timeout", True)


def test_redirects_share_the_time(world: "World") -> None:
    """Each answers in time; all together do not."""
    site = world.site()
    for number in range(10):
        site.replies[f"/{number}"] = slow_redirect(f"/{number + 1}")
    assert failure(world, "http://public.example/0", timeout_s=0.35).code == "timeout"
    assert len(site.asked) < 10


def slow_redirect(location: str) -> "Callable[[Asked], Reply]":
    def reply(_: Asked) -> Reply:
        time.sleep(0.1)
        return Reply(302, {"Location": location})

    return reply


def test_a_resolver_that_hangs_ends_with_the_time(world: "World") -> None:
    done = threading.Event()
    failed = failure(world, timeout_s=0.2, resolve=lambda *_: done.wait(60))
    done.set()
    assert failed.code == "timeout"


@pytest.mark.parametrize("how", ["close", "stopping", "stopping of the fetcher"])
def test_a_fetch_stops_when_told(how: str, world: "World") -> None:
    """Though the server never answers and the time limit is far."""
    stop = threading.Event()
    world.raw(keep_open=True)
    fetcher = world.fetcher(
        timeout_s=1000, respect_robots=False, **({"stopping": stop.is_set} if how.endswith("fetcher") else {})
    )
    caught: list[FetchFailed] = []

    def fetch() -> None:
        with pytest.raises(FetchFailed) as failed:
            fetcher.fetch(URL, **({"stopping": stop.is_set} if how == "stopping" else {}))
        caught.append(failed.value)

    thread = threading.Thread(target=fetch)
    thread.start()
    while not world.dialled:
        time.sleep(0.01)
    fetcher.close() if how == "close" else stop.set()
    thread.join(20)
    assert not thread.is_alive()
    assert (caught[0].code, caught[0].temporary) == ("stopped", True)


def test_nothing_is_asked_after_closing(world: "World") -> None:
    site = world.site()
    with world.fetcher() as fetcher:
        pass
    with pytest.raises(FetchFailed) as failed:
        fetcher.fetch(URL)
    assert (failed.value.code, site.accepted) == ("stopped", 0)


def test_a_stop_leaves_no_turn_taken(world: "World") -> None:
    site = world.site()
    site.page("/page")
    fetcher = world.fetcher()
    with pytest.raises(FetchFailed, match="closing"):
        fetcher.fetch(URL, stopping=lambda: True)
    assert fetcher.fetch(URL).status == 200
