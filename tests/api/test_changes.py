"""Keeping a copy in step: changes and export."""

import json
import threading
import time
from typing import Any

from starlette.testclient import TestClient


def test_changes_are_paged_by_seq(filled: TestClient) -> None:
    first = filled.get("/v1/changes?limit=2")
    assert [item["seq"] for item in first.json()["items"]] == [1, 2]
    assert (first.json()["more"], first.json()["seq"]) == (True, 2)
    assert first.headers["Link"] == '</v1/changes?limit=2&since=2>; rel="next"'
    rest = filled.get("/v1/changes?limit=2&since=2")
    assert ([item["seq"] for item in rest.json()["items"]], rest.json()["more"]) == ([3], False)
    assert "Link" not in rest.headers


def test_waiting_ends_with_the_first_change(filled: TestClient) -> None:
    answers: list[dict[str, Any]] = []
    waiting = threading.Thread(target=lambda: answers.append(filled.get("/v1/changes?since=3&wait=30").json()))
    waiting.start()
    time.sleep(0.3)
    assert not answers
    filled.post("/v1/articles", json={"title": "News"})
    waiting.join(20)
    assert [item["seq"] for item in answers[0]["items"]] == [4]


def test_waiting_ends_with_the_time(filled: TestClient) -> None:
    assert filled.get("/v1/changes?since=3&wait=0.2").json() == {"items": [], "seq": 3, "more": False}


def test_changes_that_were_never_here_are_told(filled: TestClient) -> None:
    answer = filled.get("/v1/changes?since=999&wait=60")
    assert (answer.status_code, answer.json()["code"]) == (410, "unknown_change")


def test_many_can_wait_and_others_are_answered(filled: TestClient) -> None:
    """More wait than there are threads to answer with."""
    answers: list[int] = []

    def wait() -> None:
        answers.append(filled.get("/v1/changes?since=3&wait=60").status_code)

    waiting = [threading.Thread(target=wait) for _ in range(50)]
    for thread in waiting:
        thread.start()
    assert filled.get("/v1/search?q=ferry").status_code == 200
    filled.post("/v1/articles", json={"title": "News"})
    for thread in waiting:
        thread.join(30)
    assert answers == [200] * 50


def test_an_export_can_be_imported(filled: TestClient) -> None:
    answer = filled.get("/v1/export")
    exported = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert sorted(article["title"] for article in exported) == [
        "A bridge for the island",
        "Frost in the orchards",
        "The ferry that would not sink",
    ]
    assert all(article["paragraphs"] for article in exported)
    again = filled.post("/v1/articles/batch", json={"items": exported}).json()
    assert [item["outcome"] for item in again["items"]] == ["unchanged"] * 3
    assert len(filled.get("/v1/export?tag=weather").text.splitlines()) == 1
    assert filled.get("/v1/export?tag=none").text == ""
