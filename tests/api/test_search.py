"""Search through the front door: the same request from a query string and from a body."""

from typing import Any

from starlette.testclient import TestClient

from api.app import create_app
from archive.answers import SearchAnswer
from archive.archive import Archive
from archive.requests import SearchRequest


def titles(answer: dict[str, Any]) -> list[str]:
    return [item["article"]["title"] for item in answer["items"]]


def test_get_and_post_answer_alike(standing: TestClient) -> None:
    query = {"q": "ferry", "mode": "lexical", "tag": ["ferries"], "facets": ["year", "tag"], "limit": 1}
    got = standing.get("/v1/search", params=query)
    posted = standing.post("/v1/search", json=query)
    assert got.status_code == posted.status_code == 200
    one, other = got.json(), posted.json()
    assert one["next"] == got.headers["Link"][1:].partition(">")[0]
    assert one["next"].endswith("cursor=" + other["next"])
    same = set(one) - {"next", "took_ms"}
    assert {name: one[name] for name in same} == {name: other[name] for name in same}
    assert one["facets"]["tag"][0] == {"value": "ferries", "count": 2}
    assert "Link" not in posted.headers
    assert "ETag" not in posted.headers


def test_pages_by_url_and_by_cursor_are_the_same(standing: TestClient) -> None:
    query = {"q": "the ferry and the bridge", "limit": 1}
    by_url, by_cursor = [], []
    url = "/v1/search?q=the+ferry+and+the+bridge&limit=1"
    while url:
        page = standing.get(url).json()
        by_url += titles(page)
        url = page["next"]
    cursor = None
    while cursor != "":
        page = standing.post("/v1/search", json={**query, "cursor": cursor}).json()
        by_cursor += titles(page)
        cursor = page["next"] or ""
    assert by_url == by_cursor
    assert len(by_url) == len(set(by_url)) >= 2


def test_words_separated_by_commas_or_repeated(standing: TestClient) -> None:
    commas = standing.get("/v1/search?q=ferry&facets=year,tag&has=url,series").json()
    repeated = standing.get("/v1/search?q=ferry&facets=year&facets=tag&has=url&has=series").json()
    assert commas["facets"] == repeated["facets"]
    assert titles(commas) == titles(repeated) == ["The ferry that would not sink"]


def test_commas_stay_in_values(client: TestClient) -> None:
    client.post("/v1/articles", json={"title": "x", "tags": ["bread, butter"]}, headers={"Prefer": "wait=20"})
    assert client.get("/v1/articles", params={"tag": "bread, butter"}).json()["count"] == 1


def test_the_tag_changes_with_the_answer_only(filled: TestClient) -> None:
    first = filled.get("/v1/search?q=ferry")
    again = filled.get("/v1/search?q=ferry", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert first.headers["ETag"].startswith('W/"')
    filled.post("/v1/articles", json={"title": "A new ferry"}, headers={"Prefer": "wait=20"})
    changed = filled.get("/v1/search?q=ferry", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200


def test_an_article_of_a_title_alone_is_found(client: TestClient) -> None:
    client.post("/v1/articles", json={"title": "Nothing but a headline"}, headers={"Prefer": "wait=20"})
    for mode in ("hybrid", "semantic", "lexical"):
        answer = client.get(f"/v1/search?q=headline&mode={mode}")
        assert titles(answer.json()) == ["Nothing but a headline"], mode
        assert client.get(f"/v1/search?q=headline&mode={mode}&level=paragraph").status_code == 200


def test_unknown_articles_to_resemble(standing: TestClient) -> None:
    answer = standing.post("/v1/search", json={"like": ["a_0000000000"]})
    assert (answer.status_code, answer.json()["code"]) == (404, "article_not_found")


def test_searches_are_counted_by_mode(client: TestClient) -> None:
    client.get("/v1/search?q=x&mode=lexical")
    client.post("/v1/search", json={"q": "x"})
    page = client.get("/metrics").text
    assert 'backfile_search_seconds_count{mode="lexical"} 1.0' in page
    assert 'backfile_search_seconds_count{mode="hybrid"} 1.0' in page
    assert 'backfile_requests_total{method="GET",route="/v1/search",status="200"} 1.0' in page


def test_read_your_writes(filled: TestClient) -> None:
    seq = filled.post("/v1/articles", json={"title": "A new ferry"}, headers={"Prefer": "respond-async"}).json()["seq"]
    answer = filled.get(f"/v1/search?q=new&mode=lexical&min_seq={seq}").json()
    assert titles(answer)[0] == "A new ferry"
    assert answer["index"]["seq"] >= seq


def test_without_an_encoder_words_are_searched(archive: Archive, articles: list[dict[str, Any]]) -> None:
    """An archive that was never started, whose encoder is never ready: degraded answers are counted."""
    with TestClient(create_app(archive), base_url="http://localhost") as client:
        asked: list[SearchRequest] = []
        search = archive.search

        def degraded(request: SearchRequest) -> SearchAnswer:
            asked.append(request)
            return search(request.model_copy(update={"mode": "lexical"})).model_copy(update={"degraded": True})

        archive.search = degraded  # type: ignore[method-assign]
        client.get("/v1/search?q=ferry")
        assert asked[0].mode == "hybrid"
        assert "backfile_degraded_answers_total 1.0" in client.get("/metrics").text


def test_a_question_asked_again_is_answered_anew_only_when_the_archive_has_changed(filled: TestClient) -> None:
    def ask() -> tuple[str, list[str]]:
        answer = filled.get("/v1/search?q=ferry&mode=lexical")
        return answer.headers["ETag"], [item["article"]["title"] for item in answer.json()["items"]]

    def repeats() -> float:
        page = filled.get("/metrics").text
        return next(float(line.split()[1]) for line in page.splitlines() if line.startswith("backfile_repeated_answers_total"))

    first = ask()
    assert ask() == first
    assert repeats() == 1
    added = filled.post("/v1/articles", json={"title": "A new ferry", "text": "The ferry was launched on Monday."})
    assert "A new ferry" in ask()[1]
    filled.delete(f"/v1/articles/{added.json()['id']}")
    assert sorted(ask()[1]) == sorted(first[1])
    assert repeats() == 1


def test_a_repeat_tells_its_own_time_and_keeps_its_tag(standing: TestClient) -> None:
    first, second = (standing.get("/v1/search?q=orchards") for _ in range(2))
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.json() | {"took_ms": 0} == second.json() | {"took_ms": 0}
    again = standing.get("/v1/search?q=orchards", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
