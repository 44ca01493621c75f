"""Bad input gets a clear error that names the field; never a 500."""

import asyncio
import gzip
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from api.inlet import Inlet
from api.metrics import Metrics
from api.observing import Observing
from archive.settings import Settings

JSON = {"Content-Type": "application/json"}
MARTEN = "/v1/articles/ext:harbour-review:2021-014"


def problem(answer: Any, status: int, code: str, pointer: str | None = None) -> dict[str, Any]:
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code), body
    assert body["request_id"] == answer.headers["X-Request-Id"]
    if pointer is not None:
        assert pointer in [error["pointer"] for error in body["errors"]], body
    return body


@pytest.mark.parametrize(
    ("address", "pointer"),
    [
        ("/v1/articles?limit=1000000000", "/limit"),
        ("/v1/articles?limit=0", "/limit"),
        ("/v1/articles?limit=ten", "/limit"),
        ("/v1/articles?sort=body", "/sort"),
        ("/v1/articles?include=everything", "/include/0"),
        ("/v1/articles?published_after=2021-13-45", "/published_after"),
        ("/v1/articles?published_before=soon", "/published_before"),
        ("/v1/articles?" + "&".join(f"tag={n}" for n in range(101)), "/tag"),
        ("/v1/articles?autor=Ada", "/autor"),
        ("/v1/articles?q=%00", "/q"),
        ("/v1/articles?tag=a%00b", "/tag"),
        ("/v1/search?q=" + "x" * 20_001, "/q"),
        ("/v1/search?q=x&matches=-1", "/matches"),
        ("/v1/search?q=x&min_relevance=nan", "/min_relevance"),
        ("/v1/search?q=x&recency=inf", "/recency"),
        ("/v1/search?q=x&min_seq=1" + "0" * 30, "/min_seq"),
        ("/v1/search?q=x&mode=psychic", "/mode"),
        ("/v1/changes?since=1" + "0" * 30, "/since"),
        ("/v1/changes?since=" + "9" * 5000, "/since"),
        ("/v1/changes?since=-1", "/since"),
        ("/v1/changes?wait=61", "/wait"),
        ("/v1/archive/0", "/year"),
        ("/v1/archive/10000", "/year"),
        ("/v1/archive/2021/13", "/month"),
        ("/v1/archive/2021/2/32", "/day"),
        ("/v1/archive/2021/2/30", None),
        ("/v1/archive/on-this-day?month=2", "/day"),
        ("/v1/archive/on-this-day?month=2&day=30", None),
        ("/v1/suggest", "/prefix"),
        ("/v1/related", "/ref"),
        ("/v1/paragraphs/p_x?around=101", "/around"),
        (f"{MARTEN}/revisions/0", "/number"),
        (f"{MARTEN}/revisions/9999999999", "/number"),
        ("/livez?verbose=1", "/verbose"),
    ],
)
def test_a_parameter_that_cannot_be(standing: TestClient, address: str, pointer: str | None) -> None:
    problem(standing.get(address), 422, "invalid_request", pointer)


@pytest.mark.parametrize(
    "ref", ["nonsense", "a_", "a_UPPER", "ext:only", "sha256:12", "url:", "url:ftp://x/y", "url:http://[::", "🙂"]
)
def test_a_ref_that_is_none(standing: TestClient, ref: str) -> None:
    problem(standing.get("/v1/articles/lookup", params={"ref": ref}), 422, "malformed_ref")
    problem(standing.post("/v1/related", json={"seeds": [{"ref": ref}]}), 422, "malformed_ref")


@pytest.mark.parametrize(
    "address",
    ["/v1/articles/%00", "/v1/articles/a%00b", "/v1/articles/%ff%fe", "/v1/%ff", "/v1/search?q=%ff", "/v1/search?%ff=1", "/%00"],
)
def test_addresses_that_are_no_text(standing: TestClient, address: str) -> None:
    answer = standing.get(address)
    problem(answer, 400, "bad_request")


def test_raw_utf8_in_a_query_is_read(standing: TestClient) -> None:
    scope_query = "/v1/search?q=caf\u00e9"
    assert standing.get(scope_query).json()["query"]["q"] == "café"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"title": "x"',
        b'{"title": NaN}',
        b'{"title": Infinity}',
        b'{"title": "\xff\xfe"}',
        b'{"title": "\\ud800"}',
        b'{"title": "a\x00b"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
    ],
)
@pytest.mark.parametrize(
    ("method", "address"), [("POST", "/v1/articles"), ("PUT", MARTEN), ("PATCH", MARTEN), ("POST", "/v1/search")]
)
def test_bodies_that_are_no_json(standing: TestClient, method: str, address: str, body: bytes) -> None:
    answer = standing.request(method, address, content=body, headers=JSON)
    if body == b"" and address == "/v1/search":
        problem(answer, 422, "invalid_request")
    else:
        problem(answer, 400, "malformed_json")


@pytest.mark.parametrize(
    ("article", "pointer"),
    [
        ({}, "/text"),
        ([], ""),
        ("text", ""),
        ({"title": 5}, "/title"),
        ({"title": "a\u0000b"}, "/title"),
        ({"title": "x", "text": "a\u0000b"}, "/text"),
        ({"title": "x", "paragraphs": [{"text": "a"}, {"text": 7}]}, "/paragraphs/1/text"),
        ({"title": "x", "paragraphs": "text"}, "/paragraphs"),
        ({"title": "x", "tags": ["a", "b\u0000"]}, "/tags/1"),
        ({"title": "x", "tags": [f"tag {n}" for n in range(10_000)]}, "/tags"),
        ({"title": "x", "published_at": "2021-02-30"}, "/published_at"),
        ({"title": "x", "published_at": "99999-01-01"}, "/published_at"),
        ({"title": "x", "published_at": "0000-00-00"}, "/published_at"),
        ({"title": "x", "published_at": 10**18}, "/published_at"),
        ({"title": "x", "url": "javascript:alert(1)"}, "/url"),
        ({"title": "x", "language": "no such language"}, "/language"),
        ({"title": "x" * 5000}, "/title"),
        ({"title": "x", "extra": {"a": "b\u0000"}}, "/a"),
    ],
)
def test_articles_that_cannot_be_stored(standing: TestClient, article: Any, pointer: str) -> None:
    problem(standing.post("/v1/articles", json=article), 422, "unreadable_article", pointer)
    assert standing.get("/v1/articles").json()["count"] == 3


def test_extra_nested_without_end(standing: TestClient) -> None:
    nested = b'{"title": "x", "extra": {"deep": ' + b"[" * 900 + b"]" * 900 + b"}}"
    problem(standing.post("/v1/articles", content=nested, headers=JSON), 422, "unreadable_article")


def test_a_word_of_a_million_characters(client: TestClient) -> None:
    answer = client.post("/v1/articles", json={"title": "Long", "text": "a" * 1_000_000}, headers={"Prefer": "wait=60"})
    assert answer.status_code == 201
    assert answer.json()["indexing"]["coverage"] == 1.0
    assert client.get("/v1/search?q=long").json()["items"][0]["article"]["title"] == "Long"


def test_a_thousand_tags(client: TestClient) -> None:
    tags = [f"tag {n}" for n in range(1000)]
    assert client.post("/v1/articles", json={"title": "Tagged", "tags": tags}).json()["tags"] == tags


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_bodies_that_are_too_large(standing: TestClient, method: str) -> None:
    address = "/v1/articles" if method == "POST" else MARTEN
    large = b'{"title": "' + b"x" * (1 << 20) + b'"}'
    problem(standing.request(method, address, content=large, headers=JSON), 413, "body_too_large")

    def chunks() -> Iterator[bytes]:
        for at in range(0, len(large), 1 << 16):
            yield large[at : at + (1 << 16)]

    problem(standing.request(method, address, content=chunks(), headers=JSON), 413, "body_too_large")
    problem(standing.post("/v1/search", content=large, headers=JSON), 413, "body_too_large")


@pytest.mark.parametrize(
    ("method", "address", "media_type"),
    [
        ("POST", "/v1/articles", "application/pdf"),
        ("POST", "/v1/articles", "application/x-www-form-urlencoded"),
        ("POST", "/v1/articles", "nonsense"),
        ("POST", "/v1/articles/batch", "text/plain"),
        ("PATCH", MARTEN, "text/plain"),
        ("POST", "/v1/search", "text/plain"),
        ("POST", "/v1/search", None),
        ("POST", "/v1/related/batch", "application/json"),
        ("POST", "/v1/keys", "application/xml"),
    ],
)
def test_media_types_that_are_not_read(standing: TestClient, method: str, address: str, media_type: str | None) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}
    problem(standing.request(method, address, content=b"{}", headers=headers), 415, "unsupported_media_type")


def test_packed_bodies_are_not_taken_for_text(standing: TestClient) -> None:
    body = b'{"title": "Packed", "text": "A text."}'
    packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    refused = standing.post("/v1/articles", content=gzip.compress(body), headers=packed)
    assert "Content-Encoding" in problem(refused, 415, "unsupported_media_type")["detail"]
    assert refused.headers["accept-encoding"] == "identity"
    taken = standing.post("/v1/search", content=b'{"q": "x"}', headers=packed | {"Content-Encoding": "identity"})
    assert taken.status_code == 200


@pytest.mark.parametrize("charset", ["no-such-charset", "utf-16", "zip", "undefined", "x" * 5000, "utf-8\u00e9"])
def test_charsets_that_do_not_fit(client: TestClient, charset: str) -> None:
    header = f"text/plain; charset={charset}".encode("latin-1", "replace")
    answer = client.post("/v1/articles", content=b"A title\n\nAnd a text.", headers={"Content-Type": header})
    assert answer.status_code in (201, 422)
    assert client.get("/v1/articles").json()["count"] == (answer.status_code == 201)


@pytest.mark.parametrize(
    ("address", "body", "pointer"),
    [
        ("/v1/search", {"limit": 10**30}, "/limit"),
        ("/v1/search", {"min_seq": 2**63}, "/min_seq"),
        ("/v1/search", {"like": ["a\u0000b"]}, "/like/0"),
        ("/v1/search", {"like": ["x"] * 21}, "/like"),
        ("/v1/search", {"qq": "x"}, "/qq"),
        ("/v1/search", [], ""),
        ("/v1/related", {"seeds": []}, "/seeds"),
        ("/v1/related", {"seeds": [{"weight": -1, "text": "x"}]}, "/seeds/0/weight"),
        ("/v1/related", {"seeds": ["x"]}, "/seeds/0"),
        ("/v1/articles/batch", {"items": {}}, "/items"),
        ("/v1/articles/batch", {}, "/items"),
        ("/v1/articles/batch", {"items": [], "a/b~c": 1}, "/a~1b~0c"),
        ("/v1/keys", {"name": "", "scopes": ["read"]}, "/name"),
        ("/v1/keys", {"name": "x", "scopes": ["root"]}, "/scopes/0"),
        ("/v1/keys", {"name": "x", "scopes": ["read"], "expires_at": "1999-01-01T00:00:00Z"}, "/expires_at"),
    ],
)
def test_fields_that_cannot_be(standing: TestClient, address: str, body: Any, pointer: str) -> None:
    problem(standing.post(address, json=body), 422, "invalid_request", pointer)


@pytest.mark.parametrize("key", ["", "x" * 256, "with space", "caf\u00e9"])
def test_idempotency_keys_that_cannot_be(standing: TestClient, key: str) -> None:
    answer = standing.post("/v1/articles", json={"title": "x"}, headers={"Idempotency-Key": key.encode("latin-1")})
    problem(answer, 422, "invalid_request", "/Idempotency-Key")


def test_many_things_wrong_are_all_named(standing: TestClient) -> None:
    answer = standing.get("/v1/search?limit=0&mode=x&sort=y")
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/limit", "/mode", "/sort"}
    article = standing.post("/v1/articles", json={"title": 1, "tags": 2, "published_at": "x"})
    assert {error["pointer"] for error in article.json()["errors"]} == {"/title", "/tags", "/published_at"}


def test_more_requests_than_may_be_under_way_are_sent_away_unless_they_ask_whether_the_server_lives() -> None:
    """Two are let in, and stay until they are let go."""
    go = asyncio.Event()

    async def staying(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/livez":
            await go.wait()
        await Response("done")(scope, receive, send)

    app = Observing(Inlet(staying, Settings(max_requests=2)), Metrics())

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            first = [asyncio.create_task(client.get("/v1/search")) for _ in range(2)]
            await asyncio.sleep(0.05)
            refused, alive = await client.get("/v1/search"), await client.get("/livez")
            go.set()
            return [refused, alive, *await asyncio.gather(*first), await client.get("/v1/search")]

    refused, *others = asyncio.run(ask())
    problem(refused, 503, "overloaded")
    assert refused.headers["Retry-After"] == "1"
    assert [answer.status_code for answer in others] == [200, 200, 200, 200]
