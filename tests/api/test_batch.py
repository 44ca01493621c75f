"""Many articles at once: each stands by itself."""

from typing import Any

from starlette.testclient import TestClient


def test_each_item_has_its_own_status(client: TestClient, articles: list[dict[str, Any]]) -> None:
    items = [
        articles[0],
        7,
        None,
        "text",
        {"title": "Bad date", "published_at": "soon"},
        {},
        {"title": 5},
        articles[0],
        articles[1],
    ]
    answer = client.post("/v1/articles/batch", json={"items": items})
    assert answer.status_code == 207
    shown = answer.json()["items"]
    assert [item["index"] for item in shown] == list(range(len(items)))
    assert [item["status"] for item in shown] == [201, 422, 422, 422, 422, 422, 422, 200, 201]
    assert [item["outcome"] for item in shown if item["outcome"]] == ["created", "unchanged", "created"]
    assert shown[4]["problem"]["code"] == "unreadable_article"
    assert shown[4]["problem"]["errors"][0]["pointer"] == "/published_at"
    assert shown[7]["id"] == shown[0]["id"]
    assert client.get("/v1/articles").json()["count"] == 2


def test_a_batch_waits_only_if_asked(client: TestClient, articles: list[dict[str, Any]]) -> None:
    waited = client.post("/v1/articles/batch", json={"items": articles}, headers={"Prefer": "wait=20"}).json()
    assert (waited["seq"], waited["searchable"]) == (3, True)
    assert client.post("/v1/articles/batch", json={"items": []}).json() == {"items": [], "seq": None, "searchable": True}


def test_the_original_of_each_item_is_kept(filled: TestClient, articles: list[dict[str, Any]]) -> None:
    original = filled.get("/v1/articles/ext:valley-post:77/original")
    assert original.headers["Content-Type"] == "application/json; charset=utf-8"
    assert original.json() == articles[2]


def test_a_batch_honours_on_conflict(filled: TestClient) -> None:
    item = {"title": "Changed", "source": "valley-post", "external_id": "77"}
    answer = filled.post("/v1/articles/batch", params={"on_conflict": "error"}, json={"items": [item, {"title": "Other"}]})
    assert [shown["status"] for shown in answer.json()["items"]] == [409, 201]
    assert filled.post("/v1/articles/batch?on_conflict=skip", json={"items": [item]}).json()["items"][0]["outcome"] == "skipped"


def test_a_batch_has_at_most_500_items(client: TestClient) -> None:
    answer = client.post("/v1/articles/batch", json={"items": [{}] * 501})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/items")


def test_two_articles_cannot_take_one_name_and_spoil_the_batch(filled: TestClient, articles: list[dict[str, Any]]) -> None:
    """The URL is of one article, the external id of another."""
    torn = {"title": "Torn", "url": articles[0]["url"], "source": "valley-post", "external_id": "77"}
    answer = filled.post("/v1/articles/batch", json={"items": [torn, {"title": "Fine"}]})
    assert answer.status_code == 207
    assert answer.json()["items"][1]["status"] == 201
