"""Every failure is a problem document, and every code is explained."""

import inspect
import logging
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.errors import CODES, DATABASE_CODES, KINDS
from archive import errors
from archive.archive import Archive
from db import errors as database_errors

DOCS = Path(__file__).parents[2] / "docs"


def test_every_error_of_the_archive_has_a_status() -> None:
    classes = {cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, errors.ArchiveError)}
    assert classes - {errors.ArchiveError} == CODES.keys()
    assert set(CODES.values()) <= KINDS.keys()


def test_every_error_of_the_database_has_a_status() -> None:
    classes = {cls for _, cls in inspect.getmembers(database_errors, inspect.isclass) if issubclass(cls, Exception)}
    assert classes - {database_errors.DatabaseError} == DATABASE_CODES.keys()
    assert set(DATABASE_CODES.values()) <= KINDS.keys()


def test_every_code_has_its_entry_in_the_docs(standing: TestClient) -> None:
    reference = (DOCS / "http.md").read_text()
    page = standing.get("/docs/errors").text
    for code in KINDS:
        assert f'<a id="{code}"></a>' in reference
        assert f'id="{code}"' in page


def test_a_problem_has_all_its_members(standing: TestClient) -> None:
    answer = standing.get("/v1/articles/ext:a:b%20c?x=1", headers={"X-Request-Id": "my-own-id"})
    assert answer.json() == {
        "type": "/docs/errors#invalid_request",
        "title": KINDS["invalid_request"].title,
        "status": 422,
        "detail": "x is not a parameter here; known: include.",
        "code": "invalid_request",
        "instance": "/v1/articles/ext:a:b%20c",
        "errors": [{"pointer": "/x", "detail": "is not a parameter here; known: include"}],
        "request_id": "my-own-id",
    }
    assert answer.headers["X-Request-Id"] == "my-own-id"


@pytest.mark.parametrize("given", ["", "with space", "x" * 129, "a\u00e9"])
def test_an_odd_request_id_is_replaced(standing: TestClient, given: str) -> None:
    answer = standing.get("/livez", headers={"X-Request-Id": given.encode("latin-1")})
    assert answer.headers["X-Request-Id"].startswith("req_")


@pytest.mark.parametrize("address", ["/v1", "/v1/", "/v1/nothing", "/v1/articles/", "/v1/articles/a_1/nothing", "/v2/articles"])
def test_there_is_nothing_at_other_addresses(standing: TestClient, address: str) -> None:
    answer = standing.get(address, follow_redirects=False)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "address", "allow"),
    [
        ("DELETE", "/v1/articles", "GET, HEAD, POST"),
        ("POST", "/v1/articles/a_1", "DELETE, GET, HEAD, PATCH, PUT"),
        ("PUT", "/v1/articles/batch", "POST"),
        ("GET", "/v1/articles/batch", "POST"),
        ("DELETE", "/v1/articles/lookup", "GET, HEAD"),
        ("PUT", "/v1/articles/url:https://a.example/b/related", "GET, HEAD"),
        ("OPTIONS", "/v1/search", "GET, HEAD, POST"),
        ("TRACE", "/livez", "GET, HEAD"),
        ("BREW", "/livez", "GET, HEAD"),
    ],
)
def test_methods_that_an_address_does_not_take(standing: TestClient, method: str, address: str, allow: str) -> None:
    answer = standing.request(method, address)
    assert (answer.status_code, answer.json()["code"], answer.headers["Allow"]) == (405, "method_not_allowed", allow)


def test_a_failure_of_our_own_is_logged_and_not_shown(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(archive, "status", broken)
    with TestClient(create_app(archive), base_url="http://localhost") as client, caplog.at_level(logging.ERROR):
        answer = client.get("/v1/index")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    record = next(record for record in caplog.records if record.name == "backfile.errors")
    assert record.exc_info is not None
    assert record.__dict__["request_id"] == answer.json()["request_id"]


@pytest.mark.parametrize(
    ("error", "status", "code", "retry_after"),
    [
        (database_errors.DatabaseBusy("at /some/path"), 503, "database_busy", "1"),
        (database_errors.DatabaseUnavailable("at /some/path"), 503, "database_unavailable", "5"),
        (errors.EncoderNotReady("Loading."), 503, "encoder_not_ready", "2"),
        (errors.TooManyQueries(2.1), 503, "too_many_queries", "3"),
        (errors.IndexBehind("At 3."), 503, "index_behind", "1"),
        (errors.IdempotencyInProgress("Wait."), 409, "idempotency_in_progress", "1"),
    ],
)
def test_what_may_pass_says_when_to_try_again(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str, retry_after: str
) -> None:
    def failing() -> None:
        raise error

    monkeypatch.setattr(archive, "status", failing)
    with TestClient(create_app(archive), base_url="http://localhost") as client:
        answer = client.get("/v1/index")
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (status, code, retry_after)
    assert "/some/path" not in answer.text


def test_each_request_has_one_line_in_the_log(standing: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "backfile.access"):
        standing.get("/v1/search?q=private+words")
        standing.get("/v1/nowhere")
    found, lost = (record.__dict__ for record in caplog.records if record.name == "backfile.access")
    assert (found["route"], found["status"], found["owner"]) == ("/v1/search", 200, "open")
    assert found["bytes"] > 0
    assert found["ms"] > 0
    assert (lost["route"], lost["status"]) == ("unmatched", 404)
    assert "private" not in str(found)


def test_a_browser_gets_a_page_and_a_program_a_document(standing: TestClient) -> None:
    page = standing.get("/no-such-page", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert standing.get("/no-such-page").headers["content-type"] == "application/problem+json"
    assert standing.get("/v1/no-such", headers={"Accept": "text/html"}).headers["content-type"] == "application/problem+json"
