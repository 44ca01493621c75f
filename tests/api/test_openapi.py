"""The OpenAPI document, the reference made of it, and the examples in both."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.reference import as_json, reference
from api.shapes import ArticleIn
from archive.parsing import draft_from_json
from archive.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENT: dict[str, Any] = create_app(Settings(model="hashing")).openapi()
OPERATIONS = [(method, path, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()]


def test_the_committed_document_is_current() -> None:
    assert (DOCS / "openapi.json").read_text() == as_json(DOCUMENT), "run: python -m api.reference --json > docs/openapi.json"


def test_the_committed_reference_is_current() -> None:
    assert (DOCS / "http.md").read_text() == reference(DOCUMENT), "run: python -m api.reference > docs/http.md"


def test_every_operation_is_documented() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(names) == len(set(names))
    for _, path, operation in OPERATIONS:
        assert operation["summary"], path
        assert operation["description"], path
        assert operation["operationId"].isidentifier()
        assert operation["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"]}
        assert ("401" in operation["responses"]) == path.startswith(("/v1", "/metrics"))
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], (path, status)
        for parameter in operation["parameters"]:
            assert parameter.get("description") or parameter["in"] == "path", (path, parameter["name"])


def test_every_reference_within_the_document_leads_somewhere() -> None:
    names = DOCUMENT["components"]["schemas"]
    for reference_ in orjson.dumps(DOCUMENT).decode().split('"$ref":"')[1:]:
        assert reference_.partition('"')[0].removeprefix("#/components/schemas/") in names


def bodies() -> list[Any]:
    cases = []
    for method, path, operation in OPERATIONS:
        for media, body in operation.get("requestBody", {}).get("content", {}).items():
            examples = {name: example["value"] for name, example in body.get("examples", {}).items()}
            if "example" in body:
                examples[""] = body["example"]
            for name, example in examples.items():
                label = f"{operation['operationId']}-{media}-{name}"
                cases.append(pytest.param(method, path, media, example, id=label))
    return cases


def test_there_are_examples() -> None:
    assert len(bodies()) >= 12


@pytest.mark.parametrize(("method", "path", "media", "example"), bodies())
def test_examples_work(filled: TestClient, method: str, path: str, media: str, example: Any) -> None:
    content = example.encode() if isinstance(example, str) else orjson.dumps(example)
    address = path.replace("{ref}", "ext:harbour-review:2021-014")
    if "{id}" in address:
        address = address.replace("{id}", id_for(filled, path))
    answer = filled.request(method, address, content=content, headers={"Content-Type": media})
    assert answer.is_success, answer.text
    assert "problem" not in answer.text or '"problem":null' in answer.text


def id_for(client: TestClient, path: str) -> str:
    """Of something that the operation is about."""
    if path.startswith("/v1/jobs/"):
        made = client.post("/v1/imports", content=b"A title\n\nAnd its text.")
    elif path.startswith("/v1/sources/"):
        made = client.post("/v1/sources", json={"url": "https://harbour-review.example/feed.xml"})
    else:
        return str(client.get("/v1/articles/ext:harbour-review:2021-014").json()["paragraphs"][0]["id"])
    return str(made.json()["id"])


@pytest.mark.parametrize(("method", "path", "operation"), [case for case in OPERATIONS if case[0] == "get"])
def test_examples_of_parameters_work(request: pytest.FixtureRequest, method: str, path: str, operation: dict[str, Any]) -> None:
    makes_something = path.startswith(("/v1/jobs/", "/v1/sources/"))
    client: TestClient = request.getfixturevalue("filled" if makes_something else "standing")
    query, address = {}, path
    for parameter in operation["parameters"]:
        examples = parameter["schema"].get("examples") or [parameter["schema"].get("example")]
        if parameter["in"] == "path" and parameter["name"] != "id":
            address = address.replace(f"{{{parameter['name']}}}", str(examples[0]))
        elif parameter["in"] == "query" and examples[0] is not None:
            query[parameter["name"]] = examples[0]
    if "{id}" in address:
        address = address.replace("{id}", id_for(client, path))
    answer = client.get(address, params=query)
    without_story = operation["operationId"] in {"get_story", "article_story"}  # the three articles report three events
    assert answer.status_code == 200 or (without_story and answer.json()["code"] == "story_not_found"), answer.text


def test_the_schema_of_an_article_says_what_the_reader_takes() -> None:
    whole = {
        "title": "t", "dek": "d", "paragraphs": [{"text": "p [1]", "kind": "quote", "citations": ["1"]}, "plain"],
        "authors": ["a"], "categories": ["c"], "tags": ["t"], "series": "s", "language": "en", "source": "s", "external_id": "e",
        "url": "https://a.example/", "canonical_url": "https://a.example/c", "published_at": "2020-01-01",
        "modified_at": "2020-01-02T03:04:05Z", "references": [{"label": "1", "text": "r", "url": "https://r.example/"}],
        "extra": {"more": 1},
    }  # fmt: skip
    assert set(whole) | {"text"} == set(ArticleIn.model_fields)
    ArticleIn.model_validate(whole)
    draft = draft_from_json(whole, strict=True)
    assert draft.extra == {"more": 1}
    assert draft_from_json({"text": "body"}, strict=True).paragraphs[0].text == "body"
