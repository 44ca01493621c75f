"""Stories over HTTP."""

import time
from typing import Any

import pytest
from starlette.testclient import TestClient

TEXT = (
    "The ferry Marten lost both engines off Norby on Friday night, and her crew under Captain Ada Brandt rowed a line to the "
    "mole of Skarvik, where the harbour master Jonas Weil and men of the lifeboat Hallig pulled her in before the storm."
)
REPORTS = [
    {
        "title": "Ferry Marten saved at Norby",
        "text": TEXT,
        "source": "harbour-review",
        "external_id": "1",
        "published_at": "2021-03-15",
    },
    {
        "title": "Marten pulled in by the Hallig",
        "text": TEXT.replace("pulled her in", "made her fast"),
        "source": "valley-post",
        "external_id": "2",
        "published_at": "2021-03-14",
    },
    {"title": "Frost in the orchards", "text": "Three nights of frost took most of the apple blossom.", "external_id": "3"},
]


@pytest.fixture
def told(client: TestClient) -> TestClient:
    """Two reports of one event, judged."""
    client.post("/v1/articles/batch", json={"items": REPORTS}, headers={"Prefer": "wait=30"})
    deadline = time.monotonic() + 30
    while client.get("/v1/stories").json()["pending"] and time.monotonic() < deadline:
        time.sleep(0.02)
    return client


def only(client: TestClient) -> dict[str, Any]:
    [story] = client.get("/v1/stories").json()["items"]
    return dict(story)


def test_a_list_shows_stories_without_their_texts(told: TestClient) -> None:
    story = only(told)
    assert story["articles"] == 2
    assert (story["first_published_at"], story["last_published_at"]) == ("2021-03-14", "2021-03-15")
    assert story["title"] == story["representative"]["title"]
    assert story["representative"]["paragraphs"] is None
    assert told.get("/v1/stories?min_articles=3").json()["items"] == []
    assert told.get("/v1/stories?source=valley-post&min_articles=1").json()["items"][0]["articles"] == 1


def test_a_story_is_its_articles_in_order_of_time(told: TestClient) -> None:
    story = told.get(f"/v1/stories/{only(told)['id']}").json()
    assert [item["external_id"] for item in story["items"]] == ["2", "1"]
    of_article = told.get("/v1/articles/ext:valley-post:2/story").json()
    assert of_article == story
    first = told.get(f"/v1/stories/{story['id']}?limit=1")
    second = told.get(first.json()["next"])
    assert first.headers["Link"] == f'<{first.json()["next"]}>; rel="next"'
    assert [item["external_id"] for item in (*first.json()["items"], *second.json()["items"])] == ["2", "1"]


def test_what_is_in_no_story_says_so(told: TestClient) -> None:
    for address in ("/v1/stories/s_nothing", "/v1/articles/ext::3/story"):
        answer = told.get(address)
        assert (answer.status_code, answer.json()["code"]) == (404, "story_not_found")
    assert told.get("/v1/articles/ext::99/story").json()["code"] == "article_not_found"


def test_the_same_list_is_not_sent_twice(told: TestClient) -> None:
    for address in ("/v1/stories", f"/v1/stories/{only(told)['id']}", "/v1/articles/ext:valley-post:2/story"):
        tag = told.get(address).headers["ETag"]
        assert told.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_a_deleted_article_is_in_no_answer(told: TestClient) -> None:
    id = only(told)["id"]
    told.delete("/v1/articles/ext:valley-post:2")
    assert told.get("/v1/stories").json()["items"] == []
    story = told.get(f"/v1/stories/{id}")
    assert story.status_code == 404 or [item["external_id"] for item in story.json()["items"]] == ["1"]
    assert told.get("/v1/articles/ext:valley-post:2/story").status_code == 404


def test_how_far_they_are_is_told(told: TestClient) -> None:
    status = told.get("/v1/index").json()
    assert status["story_seq"] == status["seq"] == told.get("/v1/stories").json()["seq"]
