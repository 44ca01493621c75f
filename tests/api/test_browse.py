"""Looking around through the front door."""

from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient


def test_down_the_calendar(standing: TestClient) -> None:
    def counts(address: str) -> list[tuple[str, int]]:
        return [(period["period"], period["count"]) for period in standing.get(address).json()["periods"]]

    assert counts("/v1/archive") == [("2021", 1), ("2022", 2)]
    assert counts("/v1/archive/2022") == [("2022-04", 1), ("2022-05", 1)]
    assert counts("/v1/archive/2022/04") == [("2022-04-11", 1)]
    assert counts("/v1/archive?tag=weather") == [("2022", 1)]
    day = standing.get("/v1/archive/2021/03/15").json()
    assert [item["title"] for item in day["items"]] == ["The ferry that would not sink"]
    assert (day["count"], day["closed"], day["next"]) == (1, True, None)


def test_what_is_past_may_be_cached(standing: TestClient) -> None:
    year = datetime.now(UTC).year
    for closed in ("/v1/archive/2022", "/v1/archive/2022/5", "/v1/archive/2022/5/2"):
        assert standing.get(closed).headers["Cache-Control"] == "public, max-age=3600"
    for open_ in ("/v1/archive", f"/v1/archive/{year}", f"/v1/archive/{year + 1}/1"):
        assert standing.get(open_).headers["Cache-Control"] == "no-cache"


def test_a_day_has_pages(client: TestClient) -> None:
    items = [{"title": f"Article {n}", "published_at": "2020-02-29"} for n in range(5)]
    client.post("/v1/articles/batch", json={"items": items})
    seen, url = [], "/v1/archive/2020/2/29?limit=2"
    while url:
        page = client.get(url).json()
        seen += [item["title"] for item in page["items"]]
        url = page["next"]
    assert sorted(seen) == [f"Article {n}" for n in range(5)]


def test_on_this_day(client: TestClient, standing: TestClient) -> None:
    found = standing.get("/v1/archive/on-this-day?month=3&day=15").json()
    assert [item["title"] for item in found["items"]] == ["The ferry that would not sink"]
    assert standing.get("/v1/archive/on-this-day?month=2&day=29").json()["items"] == []
    today = datetime.now(UTC)
    answer = client.get("/v1/archive/on-this-day").json()
    assert (answer["month"], answer["day"]) in {(today.month, today.day), (datetime.now(UTC).month, datetime.now(UTC).day)}


def test_counts(standing: TestClient) -> None:
    facets = standing.get("/v1/facets?field=author,tag&limit=1").json()
    assert facets["facets"] == {"author": [{"value": "Ada Brandt", "count": 2}], "tag": [{"value": "ferries", "count": 2}]}
    timeline = standing.get("/v1/timeline?interval=year&source=harbour-review").json()
    assert timeline["items"] == [{"period": "2021", "count": 1}, {"period": "2022", "count": 1}]


def test_suggestions(standing: TestClient) -> None:
    found = standing.get("/v1/suggest?prefix=fer&kinds=tag").json()["items"]
    assert found == [{"kind": "tag", "value": "ferries", "count": 2, "article_id": None}]


@pytest.mark.parametrize(
    "address", ["/v1/articles", "/v1/archive", "/v1/facets", "/v1/timeline", "/v1/suggest?prefix=a", "/v1/index"]
)
def test_lists_have_weak_tags(standing: TestClient, address: str) -> None:
    first = standing.get(address)
    assert first.headers["ETag"].startswith('W/"')
    again = standing.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
