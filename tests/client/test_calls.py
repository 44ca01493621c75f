"""What the clients do with refusals, interruptions and streams; the server is what httpx offers in its place."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import client
from client import AsyncBackfile, Backfile
from client.calls import Lines
from client.operations import cursor_of

Answer = Callable[[httpx.Request], httpx.Response]


def problem(status: int, **headers: str) -> httpx.Response:
    body = {"status": status, "code": "some_code", "title": "T", "detail": "D", "errors": [{"pointer": "/q", "detail": "bad"}]}
    return httpx.Response(status, json={**body, "request_id": "r1"}, headers={k.replace("_", "-"): v for k, v in headers.items()})


def connected(answer: Answer, **options: Any) -> Backfile:
    return Backfile(transport=httpx.MockTransport(answer), **options)


class Sequence:
    """Answers in turn, the last one for ever, and remembers what was asked."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def test_a_call_is_repeated_when_the_server_says_when() -> None:
    server = Sequence(problem(503, retry_after="0"), problem(503, retry_after="0"), httpx.Response(200, json={"status": "ok"}))
    assert connected(server).livez() == {"status": "ok"}
    assert len(server.asked) == 3


def test_it_is_not_repeated_for_ever() -> None:
    server = Sequence(problem(503, retry_after="0"))
    with pytest.raises(client.Unavailable):
        connected(server, retries=2).livez()
    assert len(server.asked) == 3


@pytest.mark.parametrize("answer", [problem(503), problem(503, retry_after="60"), problem(500, retry_after="0"), problem(404)])
def test_what_waiting_does_not_cure_is_not_repeated(answer: httpx.Response) -> None:
    server = Sequence(answer)
    with pytest.raises(client.Problem):
        connected(server).livez()
    assert len(server.asked) == 1


def test_what_must_not_happen_twice_is_not_repeated() -> None:
    server = Sequence(problem(503, retry_after="0"))
    with pytest.raises(client.Unavailable):
        connected(server).create_key("me", ["read"])
    assert len(server.asked) == 1


def test_a_repeated_write_has_the_same_idempotency_key_and_the_next_one_another() -> None:
    server = Sequence(problem(503, retry_after="0"), httpx.Response(201, json={}))
    backfile = connected(server)
    backfile.create_article({"title": "A"})
    backfile.create_article({"title": "A"})
    first, again, other = (request.headers["idempotency-key"] for request in server.asked)
    assert first == again != other


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, client.Invalid), (401, client.Unauthorized), (403, client.Forbidden), (404, client.NotFound),
        (409, client.Conflict), (410, client.Gone), (412, client.PreconditionFailed), (413, client.TooLarge),
        (415, client.Unsupported),
        (422, client.Invalid), (500, client.ServerFailed), (503, client.Unavailable), (418, client.Problem),
    ],
)  # fmt: skip
def test_problems_are_exceptions_of_their_family(status: int, kind: type[client.Problem]) -> None:
    with pytest.raises(kind) as caught:
        connected(Sequence(problem(status))).search("x")
    raised = caught.value
    assert type(raised) is kind
    assert (raised.status, raised.code, raised.detail, raised.request_id) == (status, "some_code", "D", "r1")
    assert raised.errors == [{"pointer": "/q", "detail": "bad"}]
    assert "/q: bad" in str(raised)


def test_an_answer_that_is_not_ours_is_a_problem_too() -> None:
    with pytest.raises(client.ServerFailed) as caught:
        connected(Sequence(httpx.Response(502, text="<h1>Bad gateway</h1>"))).livez()
    assert caught.value.code == "unknown"


def test_no_answer_is_unreachable() -> None:
    with pytest.raises(client.Unreachable):
        Backfile("http://127.0.0.1:1").livez()


def test_the_key_is_sent_and_lists_are_repeated() -> None:
    server = Sequence(httpx.Response(200, json={"items": [], "next": None}))
    connected(server, key="bf_secret").list_articles(author=["A", "B"], tag="t", limit=5)
    [request] = server.asked
    assert request.headers["authorization"] == "Bearer bf_secret"
    assert request.url.params.multi_items() == [("author", "A"), ("author", "B"), ("tag", "t"), ("limit", "5")]


def test_a_ref_stays_one_part_of_the_address() -> None:
    server = Sequence(httpx.Response(200, json={}))
    connected(server).get_article("url:https://a.example/b?c=d&e#f")
    assert server.asked[0].url.raw_path == b"/v1/articles/url%3Ahttps%3A%2F%2Fa.example%2Fb%3Fc%3Dd%26e%23f"


def test_pages_are_followed_by_their_cursor_and_nothing_else() -> None:
    pages = Sequence(
        httpx.Response(200, json={"items": [1, 2], "next": "/elsewhere/v1/search?q=x&cursor=a%2Bb"}),
        httpx.Response(200, json={"items": [3], "next": None}),
    )
    assert list(connected(pages).search_all("x", limit=2)) == [1, 2, 3]
    assert pages.asked[1].url.path == "/v1/search"
    assert pages.asked[1].url.params["cursor"] == "a+b"
    assert pages.asked[1].url.params["limit"] == "2"


def test_changes_are_followed_by_seq() -> None:
    pages = Sequence(
        httpx.Response(200, json={"items": ["a"], "seq": 7, "more": True}),
        httpx.Response(200, json={"items": ["b"], "seq": 9, "more": False}),
    )
    assert list(connected(pages).changes_all(since=3)) == ["a", "b"]
    assert [request.url.params["since"] for request in pages.asked] == ["3", "7"]


def test_a_cursor_is_taken_as_it_is_where_it_stands_alone() -> None:
    assert cursor_of("eyJhIjoxfQ==") == "eyJhIjoxfQ=="


@settings(deadline=None, max_examples=50)
@given(st.lists(st.binary()))
def test_lines_come_out_whole_however_they_come_in(chunks: list[bytes]) -> None:
    lines = Lines()
    found = [line for chunk in chunks for line in lines.feed(chunk)] + lines.end()
    assert found == [line for line in b"".join(chunks).split(b"\n") if line.strip()]


def test_only_a_newline_ends_a_line() -> None:
    server = Sequence(httpx.Response(200, content='{"t":"a\u2028b\x85c"}\n{"t":"d"}\n'.encode()))
    assert [line["t"] for line in connected(server).export()] == ["a\u2028b\x85c", "d"]  # type: ignore[typeddict-item]


def test_the_asynchronous_client_repeats_pages_streams_and_raises_alike() -> None:
    async def run() -> None:
        server = Sequence(problem(503, retry_after="0"), httpx.Response(200, json={"items": [1], "next": None}))
        async with AsyncBackfile(transport=httpx.MockTransport(server)) as backfile:
            assert [item async for item in backfile.search_all("x")] == [1]
        lines = Sequence(httpx.Response(200, content=b'{"a": 1}\n{"a": 2}'))
        async with AsyncBackfile(transport=httpx.MockTransport(lines)) as backfile:
            assert [line async for line in backfile.export()] == [{"a": 1}, {"a": 2}]
        async with AsyncBackfile("http://127.0.0.1:1") as backfile:
            with pytest.raises(client.Unreachable):
                await backfile.livez()
        async with AsyncBackfile(transport=httpx.MockTransport(Sequence(problem(404)))) as backfile:
            with pytest.raises(client.NotFound):
                await backfile.get_article("a_1")

    asyncio.run(run())
