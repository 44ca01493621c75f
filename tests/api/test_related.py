"""Related articles through the front door."""

import json
from typing import Any
from urllib.parse import quote

from starlette.testclient import TestClient

MARTEN = "ext:harbour-review:2021-014"
BRIDGE = "ext:harbour-review:2022-002"
NDJSON = {"Content-Type": "application/x-ndjson"}


def titles(answer: dict[str, Any]) -> list[str]:
    return [item["article"]["title"] for item in answer["items"]]


def lines(client: TestClient, body: str, **options: Any) -> list[dict[str, Any]]:
    answer = client.post("/v1/related/batch", content=body.encode(), headers=NDJSON, params=options)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def test_one_seed_can_be_named_in_three_ways(standing: TestClient) -> None:
    of_article = standing.get(f"/v1/articles/{quote(MARTEN, safe='')}/related?why=true").json()
    got = standing.get("/v1/related", params={"ref": MARTEN, "why": "true"}).json()
    posted = standing.post("/v1/related", json={"seeds": [{"ref": MARTEN}], "why": True}).json()
    assert titles(of_article)[0] == "A bridge for the island"
    assert of_article["items"] == got["items"] == posted["items"]
    assert of_article["items"][0]["why"]["shared_tags"] == ["ferries"]
    assert "The ferry that would not sink" not in titles(of_article)


def test_options_arrive(standing: TestClient) -> None:
    older = standing.get("/v1/related", params={"ref": BRIDGE, "before": "2022-01-01", "limit": 5}).json()
    assert set(titles(older)) <= {"The ferry that would not sink"}
    assert older["query"] == {"limit": 5, "before": "2022-01-01", "seeds": [{"ref": BRIDGE}]}


def test_a_text_and_articles_together(standing: TestClient) -> None:
    answer = standing.get("/v1/related", params={"ref": [MARTEN, BRIDGE], "text": "apples in the frost"}).json()
    assert titles(answer) == ["Frost in the orchards"]


def test_pages(standing: TestClient) -> None:
    seen, url = [], f"/v1/articles/{quote(MARTEN, safe='')}/related?limit=1"
    while url:
        page = standing.get(url).json()
        seen += titles(page)
        url = page["next"]
    assert len(seen) == len(set(seen)) == 2


def test_unknown_seeds(standing: TestClient) -> None:
    for answer in (standing.get("/v1/related?ref=a_000000"), standing.get("/v1/articles/a_000000/related")):
        assert (answer.status_code, answer.json()["code"]) == (404, "article_not_found")


def test_many_seeds_line_by_line(standing: TestClient) -> None:
    asked = [{"ref": MARTEN}, {"text": "frost", "limit": 1}, {"ref": "a_000000"}, 5, {"ref": MARTEN, "lmit": 1}, {}]
    body = "\n".join(map(json.dumps, asked)) + "\n\n{not json\n"
    answers = lines(standing, body, limit=2)
    assert [line["index"] for line in answers] == list(range(7))
    assert len(answers[0]["items"]) == 2
    assert answers[0]["ref"] == MARTEN
    assert len(answers[1]["items"]) == 1
    problems = [line["problem"]["code"] for line in answers[2:]]
    assert problems == ["article_not_found", "invalid_request", "invalid_request", "invalid_request", "malformed_json"]
    assert answers[4]["problem"]["errors"][0]["pointer"] == "/lmit"
    assert all(line["items"] is None for line in answers[2:])


def test_unchanged_lists_are_not_sent_again(filled: TestClient) -> None:
    (first,) = lines(filled, json.dumps({"ref": MARTEN}))
    (again,) = lines(filled, json.dumps({"ref": MARTEN, "if_etag": first["etag"]}))
    assert (again["not_modified"], again["items"], again["etag"]) == (True, None, first["etag"])
    filled.post("/v1/articles", json={"title": "The ferry Marten, sold"}, headers={"Prefer": "wait=20"})
    (changed,) = lines(filled, json.dumps({"ref": MARTEN, "if_etag": first["etag"]}))
    assert changed["items"]
    assert changed["etag"] != first["etag"]


def test_too_many_lines(standing: TestClient) -> None:
    answer = standing.post("/v1/related/batch", content=b"{}\n" * 10_001, headers=NDJSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert lines(standing, "") == []
