"""A POST that is sent again acts once."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from archive.archive import Archive

ONCE = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}


def test_the_first_answer_is_repeated(client: TestClient, articles: list[dict[str, Any]]) -> None:
    first = client.post("/v1/articles", json=articles[0], headers=ONCE)
    client.delete(first.headers["Location"])
    again = client.post("/v1/articles", json=articles[0], headers=ONCE)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    for name in ("Location", "ETag", "Content-Type", "Backfile-Seq"):
        assert again.headers[name] == first.headers[name]
    assert client.get("/v1/articles").json()["count"] == 0


@pytest.mark.parametrize("other", [{"json": {"title": "Other"}}, {"json": {"title": "Same"}, "params": {"on_conflict": "skip"}}])
def test_a_key_belongs_to_one_request(client: TestClient, other: dict[str, Any]) -> None:
    client.post("/v1/articles", json={"title": "Same"}, headers=ONCE)
    answer = client.post("/v1/articles", headers=ONCE, **other)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_what_failed_may_be_tried_again(client: TestClient) -> None:
    assert client.post("/v1/articles", json={"title": 1}, headers=ONCE).status_code == 422
    assert client.post("/v1/articles", json={"title": 1}, headers=ONCE).status_code == 422
    assert client.post("/v1/articles", json={"title": "Right"}, headers=ONCE).status_code == 201


def test_a_request_that_is_not_done(client: TestClient, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = []
    add = archive.add

    def add_and_ask_again(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(archive, "add", add)
        answers.append(client.post("/v1/articles", json={"title": "x"}, headers=ONCE))
        return add(*args, **kwargs)

    monkeypatch.setattr(archive, "add", add_and_ask_again)
    assert client.post("/v1/articles", json={"title": "x"}, headers=ONCE).status_code == 201
    assert (answers[0].status_code, answers[0].json()["code"], answers[0].headers["Retry-After"]) == (
        409,
        "idempotency_in_progress",
        "1",
    )


def test_batches_and_rebuilds(client: TestClient, articles: list[dict[str, Any]]) -> None:
    for address, body in (("/v1/articles/batch", {"items": articles}), ("/v1/index/rebuilds", None)):
        headers = {"Idempotency-Key": address}
        first = client.post(address, json=body, headers=headers)
        again = client.post(address, json=body, headers=headers)
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers["Idempotency-Replayed"] == "true"


def test_a_secret_is_not_kept(client: TestClient) -> None:
    body = {"name": "app", "scopes": ["read"]}
    first = client.post("/v1/keys", json=body, headers=ONCE).json()
    again = client.post("/v1/keys", json=body, headers=ONCE).json()
    assert first["secret"].startswith("bf_")
    assert again == {**first, "secret": None}
    assert len(client.get("/v1/keys").json()["items"]) == 1
