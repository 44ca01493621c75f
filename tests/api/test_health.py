"""Alive, ready, counted; and the pages about the interface itself."""

import re
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from api.app import create_app
from archive.archive import Archive
from archive.settings import Settings


def test_ready(standing: TestClient) -> None:
    assert standing.get("/livez").json() == {"status": "ok"}
    assert standing.get("/readyz").json() == standing.get("/healthz").json() == {"status": "ready", "reasons": []}


def test_not_ready_yet(tmp_path: Path) -> None:
    """The archive is open and nothing was started: the model is not there."""
    with (
        Archive(Settings(data_dir=tmp_path, model="hashing")) as archive,
        TestClient(create_app(archive), base_url="http://localhost") as client,
    ):
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "not_ready", "2")
        assert answer.json()["reasons"] == ["The model is being loaded."]
        assert client.get("/livez").status_code == 200
        assert client.get("/healthz").json()["status"] == "starting"
        assert client.get("/v1/search?q=x&mode=lexical").status_code == 200


def test_an_application_may_open_the_archive_itself(tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path, model="hashing"))
    with TestClient(app, base_url="http://localhost") as client:
        assert (
            client.post("/v1/articles", json={"title": "x"}, headers={"Prefer": "wait=20"}).json()["indexing"]["state"]
            == "searchable"
        )
    with TestClient(create_app(Settings(data_dir=tmp_path, model="hashing")), base_url="http://localhost") as client:
        assert client.get("/v1/articles").json()["count"] == 1


def test_metrics(client: TestClient, articles: list[dict[str, Any]]) -> None:
    client.post("/v1/articles/batch", json={"items": articles}, headers={"Prefer": "wait=20"})
    client.get("/v1/nowhere")
    answer = client.get("/metrics")
    page = answer.text
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    for line in (
        'backfile_requests_total{method="POST",route="/v1/articles/batch",status="207"} 1.0',
        'backfile_requests_total{method="GET",route="unmatched",status="404"} 1.0',
        'backfile_request_seconds_count{method="POST",route="/v1/articles/batch"} 1.0',
        "backfile_articles 3.0",
        "backfile_passages 3.0",
        "backfile_pending_articles 0.0",
        "backfile_index_lag_seconds 0.0",
        "backfile_encoded_passages_total 3.0",
        "backfile_encoder_ready 1.0",
    ):
        assert line in page.splitlines(), line


def test_the_index(filled: TestClient) -> None:
    status = filled.get("/v1/index").json()
    assert (status["articles"], status["pending"], status["seq"]) == (3, 0, 3)
    assert filled.post("/v1/index/check").json()["clean"] is True
    rebuilt = filled.post("/v1/index/rebuilds").json()
    assert (rebuilt["articles"], rebuilt["encoded"]) == (3, 0)
    assert filled.get("/v1/search?q=ferry").json()["items"]


def test_pages_load_nothing_from_elsewhere(standing: TestClient) -> None:
    for address in ("/docs", "/docs/errors"):
        answer = standing.get(address)
        assert answer.headers["Content-Type"].startswith("text/html")
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert not re.findall(r"<(?:img|iframe)|(?:src|href)=['\"]?(?:https?:)?//", answer.text)
    document = standing.get("/openapi.json").json()
    page = standing.get("/docs").text
    for methods in document["paths"].values():
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in page
