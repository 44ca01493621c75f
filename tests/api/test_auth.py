"""API keys, and what protects a server without them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.auth import is_loopback, needs_keys
from archive.archive import Archive
from archive.settings import Settings

OPEN = ("/livez", "/readyz", "/healthz", "/openapi.json", "/docs", "/docs/errors")


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[TestClient, Archive]]:
    with Archive(Settings(data_dir=tmp_path, model="hashing", require_keys=True)) as archive:
        archive.start()
        with TestClient(create_app(archive), base_url="http://localhost") as client:
            yield client, archive


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_without_a_key(guarded: tuple[TestClient, Archive]) -> None:
    client, _ = guarded
    for headers in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}, bearer("bf_wrong")):
        answer = client.get("/v1/articles", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "key_required")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert client.get("/metrics").status_code == 401
    assert [client.get(address).status_code for address in OPEN if address != "/readyz"] == [200] * 5


def test_the_key_is_asked_for_before_the_body_is_read(guarded: tuple[TestClient, Archive]) -> None:
    client, _ = guarded
    assert client.post("/v1/search", content=b"{", headers={"Content-Type": "application/json"}).status_code == 401


def test_scopes(guarded: tuple[TestClient, Archive]) -> None:
    client, archive = guarded
    keys = {scope: archive.create_key(scope, [scope]).secret for scope in ("read", "write", "admin")}
    calls = {
        "read": lambda headers: client.get("/v1/articles", headers=headers),
        "write": lambda headers: client.post("/v1/articles", json={"title": "x"}, headers=headers),
        "admin": lambda headers: client.get("/v1/keys", headers=headers),
    }
    order = ["read", "write", "admin"]
    for held in order:
        for needed, call in calls.items():
            answer = call(bearer(keys[held]))
            if order.index(held) >= order.index(needed):
                assert answer.status_code in (200, 201), (held, needed)
            else:
                assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing"), (held, needed)


def test_a_key_that_ended(guarded: tuple[TestClient, Archive]) -> None:
    client, archive = guarded
    brief = archive.create_key("brief", ["admin"], datetime.now(UTC) + timedelta(milliseconds=1))
    gone = archive.create_key("gone", ["admin"])
    archive.revoke_key(gone.id)
    for key in (brief, gone):
        answer = client.get("/v1/articles", headers=bearer(key.secret))
        assert (answer.status_code, answer.json()["code"]) == (401, "key_expired")


def test_keys_are_made_shown_and_revoked(client: TestClient) -> None:
    made = client.post("/v1/keys", json={"name": "newsroom", "scopes": ["read"], "expires_at": "2999-01-01T00:00:00+02:00"})
    key = made.json()
    assert made.status_code == 201
    assert key["secret"].startswith("bf_")
    assert made.headers["Cache-Control"] == "no-store"
    listed = client.get("/v1/keys").json()["items"]
    assert listed == [{name: value for name, value in key.items() if name != "secret"}]
    revoked = client.delete(f"/v1/keys/{key['id']}")
    assert (revoked.status_code, revoked.json()["revoked_at"] is not None) == (200, True)
    assert client.delete("/v1/keys/k_none").json()["code"] == "key_not_found"


def test_caches_know_that_answers_are_private(guarded: tuple[TestClient, Archive]) -> None:
    client, archive = guarded
    headers = bearer(archive.create_key("r", ["read"]).secret)
    assert client.get("/v1/archive/2001", headers=headers).headers["Cache-Control"] == "private, max-age=3600"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "10.0.0.1", "[2001:db8::1]:80"]
)
def test_an_open_server_answers_to_no_other_name(standing: TestClient, host: str) -> None:
    answer = standing.get("/v1/articles", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "misdirected_request")


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "backfile.localhost", "LOCALHOST."]
)
def test_an_open_server_answers_on_loopback(standing: TestClient, host: str) -> None:
    assert standing.get("/v1/articles", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:3000", "null"])
def test_other_sites_pages_cannot_write_to_an_open_server(client: TestClient, origin: str) -> None:
    body = {"content": b"A title\n\nA text.", "headers": {"Content-Type": "text/plain", "Origin": origin}}
    answer = client.post("/v1/articles", **body)
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_origin")
    assert "Access-Control-Allow-Origin" not in client.get("/v1/articles", headers={"Origin": origin}).headers
    assert client.post("/v1/articles", json={"title": "x"}, headers={"Origin": "http://localhost"}).status_code == 201


def test_a_server_with_keys_has_any_name(guarded: tuple[TestClient, Archive]) -> None:
    client, archive = guarded
    headers = {**bearer(archive.create_key("w", ["write"]).secret), "Host": "archive.example", "Origin": "https://app.example"}
    assert client.post("/v1/articles", json={"title": "x"}, headers=headers).status_code == 201


def test_what_needs_keys() -> None:
    assert not needs_keys(Settings(host="127.0.0.1"))
    assert not needs_keys(Settings(host="::1"))
    assert needs_keys(Settings(host="127.0.0.1", require_keys=True))
    assert needs_keys(Settings(host="0.0.0.0"))
    assert [is_loopback(host) for host in ("127.8.8.8", "localhost", "::", "", "example.org")] == [
        True,
        True,
        False,
        False,
        False,
    ]
