"""Duplicates and reuse through the front door."""

import time
from typing import Any

import pytest
from starlette.testclient import TestClient

PIECE = "\n\n".join(
    " ".join(f"{word}{number}" for number in range(40)) for word in ("harbour", "engine", "raincoat", "council", "lantern")
)


@pytest.fixture
def copies(client: TestClient) -> TestClient:
    """Of an archive with a piece, the same again, an edited one and another, all of it looked up."""
    items: list[dict[str, Any]] = [
        {"title": "The piece", "text": PIECE, "external_id": "a", "source": "east", "published_at": "2024-05-02"},
        {"title": "The piece again", "text": PIECE, "external_id": "b", "source": "east", "published_at": "2024-05-01"},
        {"title": "The piece, edited", "text": PIECE.replace("engine7", "motor"), "external_id": "c", "source": "west"},
        {"title": "Another", "text": " ".join(f"apple{number}" for number in range(60)), "external_id": "d", "source": "west"},
    ]
    client.post("/v1/articles/batch", json={"items": items}, headers={"Prefer": "wait=30"})
    while client.get("/v1/duplicates").json()["pending"]:  # as long as the test may take
        time.sleep(0.02)
    return client


def test_groups(copies: TestClient) -> None:
    page = copies.get("/v1/duplicates").json()
    [group] = page["items"]
    assert (page["count"], page["pending"], page["next"]) == (1, 0, None)
    assert [item["article"]["external_id"] for item in group["items"]] == ["b", "a", "c"]
    assert [item["relation"] for item in group["items"]] == [None, "exact", "near"]
    assert group["first"] == group["items"][0]["article"]["id"]
    assert group["items"][0]["article"]["paragraphs"] is None
    assert copies.get("/v1/duplicates?source=west").json()["items"] == []
    assert copies.get("/v1/duplicates?kind=exact").json()["items"][0]["count"] == 2
    assert copies.get("/v1/duplicates?kind=other").status_code == 422


def test_pages_are_bound_to_their_question(copies: TestClient) -> None:
    text = " ".join(f"pear{number}" for number in range(60))
    items = [{"title": "Pears", "text": text, "external_id": f"pear-{number}"} for number in range(2)]
    copies.post("/v1/articles/batch", json={"items": items}, headers={"Prefer": "wait=30"})
    first = copies.get("/v1/duplicates?limit=1")
    assert first.headers["Link"] == f'<{first.json()["next"]}>; rel="next"'
    second = copies.get(first.json()["next"]).json()
    assert [page["items"][0]["count"] for page in (first.json(), second)] == [2, 3]
    assert second["next"] is None
    assert copies.get(first.json()["next"] + "&source=east").json()["code"] == "cursor_mismatch"
    tag = first.headers["ETag"]
    assert copies.get("/v1/duplicates?limit=1", headers={"If-None-Match": tag}).status_code == 304


def test_of_one_article(copies: TestClient) -> None:
    answer = copies.get("/v1/articles/ext%3Awest%3Ac/duplicates").json()
    assert [(item["article"]["external_id"], item["relation"]) for item in answer["items"]] == [("b", "near"), ("a", "near")]
    assert copies.get("/v1/articles/ext:west:c/duplicates?limit=1").json()["count"] == 2
    assert copies.get("/v1/articles/ext%3Awest%3Ad/duplicates").json()["items"] == []
    assert copies.get("/v1/articles/ext%3Anobody%3A0/duplicates").status_code == 404


def test_reuse(copies: TestClient) -> None:
    answer = copies.get("/v1/articles/ext%3Awest%3Ac/reuse").json()
    assert (answer["paragraphs"], answer["reused"], answer["pending"]) == (5, 5, 0)
    kinds = [{use["kind"] for use in paragraph["items"]} for paragraph in answer["items"]]
    assert kinds == [{"verbatim"}, {"near"}, {"verbatim"}, {"verbatim"}, {"verbatim"}]
    assert all(paragraph["articles"] == 2 for paragraph in answer["items"])
    assert {paragraph["first"]["external_id"] for paragraph in answer["items"]} == {"b"}
    use = answer["items"][1]["items"][0]
    assert copies.get(f"/v1/paragraphs/{use['paragraph_id']}").json()["paragraph"]["text"] == use["text"]
    assert copies.get("/v1/articles/ext:nobody:0/reuse").status_code == 404
