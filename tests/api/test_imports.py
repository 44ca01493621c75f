"""Imports, jobs and watched sources over HTTP."""

import io
import json
import time
import zipfile
from typing import Any

import pytest
from starlette.testclient import TestClient

LINES = b'{"title": "One", "text": "First."}\n{broken\n{"title": "Two", "text": "Second."}\n'
CSV = b'headline,story\nA title,"A text that is a good deal longer than its title, so that it is known for what it is."\n'


def ended(client: TestClient, job: dict[str, Any]) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while job["finished_at"] is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
        job = client.get(f"/v1/jobs/{job['id']}").json()
    return job


def lines_of(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_the_bytes_of_a_file(client: TestClient) -> None:
    answer = client.post(
        "/v1/imports?name=some.ndjson&source=ours", content=LINES, headers={"Content-Type": "application/x-ndjson"}
    )
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    assert (job["kind"], job["total"]) == ("import", 3)
    job = ended(client, job)
    assert (job["state"], job["created"], job["failed"]) == ("succeeded", 2, 1)
    errors = client.get(f"/v1/jobs/{job['id']}/errors")
    assert errors.headers["content-type"] == "application/x-ndjson"
    assert [(line["place"], line["code"], line["kind"]) for line in lines_of(errors.text)] == [
        ("some.ndjson:2", "malformed", "error")
    ]
    assert {item["source"] for item in client.get("/v1/articles").json()["items"]} == {"ours"}
    assert [item["id"] for item in client.get("/v1/jobs?state=succeeded").json()["items"]] == [job["id"]]
    assert client.get("/v1/jobs?state=failed,canceled").json()["items"] == []


def test_a_form_of_files_with_options(client: TestClient) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as container:
        container.writestr("deep/note.md", "# A note\n\nIts text.")
        container.writestr("picture.png", b"\x89PNG")
    files = [
        ("file", ("some.ndjson", LINES, "application/octet-stream")),
        ("file", ("a.zip", packed.getvalue(), "application/zip")),
        ("file", ("table.csv", CSV, "text/csv")),
    ]
    answer = client.post("/v1/imports", files=files, data={"source": "ours", "on_conflict": "skip"})
    assert answer.status_code == 202, answer.text
    job = ended(client, answer.json())
    assert (job["created"], job["failed"]) == (4, 1)
    found = {item["title"]: item["source"] for item in client.get("/v1/articles").json()["items"]}
    assert found == dict.fromkeys(["One", "Two", "A note", "A title"], "ours")


def test_json_is_a_request_only_where_it_has_addresses(client: TestClient) -> None:
    one = client.post("/v1/imports", json={"title": "An article", "text": "Its text."})
    assert ended(client, one.json())["created"] == 1
    refused = client.post("/v1/imports", json={"urls": ["http://192.168.1.1/", "http://[::1]/"]})
    job = ended(client, refused.json())
    assert (job["created"], job["failed"]) == (0, 2)
    codes = [line["code"] for line in lines_of(client.get(f"/v1/jobs/{job['id']}/errors").text)]
    assert codes == ["address_refused"] * 2
    wrong = client.post("/v1/imports", json={"urls": ["nonsense", "ftp://a.example/"], "source": "x"})
    assert wrong.status_code == 422
    assert [error["pointer"] for error in wrong.json()["errors"]] == ["/urls/0", "/urls/1"]
    unknown = client.post("/v1/imports", json={"urls": ["https://a.example/"], "recursive": True})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/recursive")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("map=title", "/map"), ("map=nonsense=x", "/map"), ("on_conflict=maybe", "/on_conflict"), ("unknown=1", "/unknown")],
)
def test_options_that_cannot_be(client: TestClient, query: str, pointer: str) -> None:
    answer = client.post(f"/v1/imports?{query}", content=LINES)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert client.get("/v1/jobs").json()["items"] == []


def test_a_look_before_it_begins(client: TestClient) -> None:
    answer = client.post("/v1/imports?dry_run=true&name=t.csv", content=CSV)
    assert answer.status_code == 200
    preview = answer.json()
    assert preview["map"] == {"title": "headline", "text": "story"}
    [item] = preview["items"]
    assert (item["place"], item["article"]["title"], len(item["article"]["paragraphs"])) == ("t.csv, row 2", "A title", 1)
    bad = client.post("/v1/imports?dry_run=true&name=t.ndjson", content=LINES).json()
    assert [item["problem"] and item["problem"]["code"] for item in bad["items"]] == [None, "malformed", None]
    assert client.get("/v1/articles").json()["count"] == 0
    assert client.get("/v1/jobs").json()["items"] == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\nabc", "multipart/form-data; boundary=x"),
        (b"abc", "multipart/form-data; boundary=x"),
        (b"abc", "multipart/form-data"),
    ],
)
def test_a_form_that_is_none(client: TestClient, content: bytes, kind: str) -> None:
    answer = client.post("/v1/imports", content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert client.get("/v1/jobs").json()["items"] == []


def test_nothing_at_all(client: TestClient) -> None:
    form = "--x--\r\n"
    answer = client.post("/v1/imports", content=form, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 422
    job = ended(client, client.post("/v1/imports", content=b"").json())
    assert (job["created"], job["failed"]) == (0, 1)


def test_sent_again_it_acts_once(client: TestClient) -> None:
    headers = {"Idempotency-Key": "once", "Content-Type": "application/x-ndjson"}
    first = client.post("/v1/imports", content=LINES, headers=headers)
    again = client.post("/v1/imports", content=LINES, headers=headers)
    assert first.json()["id"] == again.json()["id"]
    assert again.headers["idempotency-replayed"] == "true"
    other = client.post("/v1/imports", content=LINES + b"\n", headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len(client.get("/v1/jobs").json()["items"]) == 1
    archive = client.app.state.archive  # type: ignore[attr-defined]
    ended(client, first.json())
    deadline = time.monotonic() + 10
    while list(archive.spool.folder.iterdir()):
        assert time.monotonic() < deadline, "what the second and the third sent, or what the first did, still lies there"
        time.sleep(0.01)


def test_a_job_is_followed_by_its_events(client: TestClient) -> None:
    job = client.post("/v1/imports", content=LINES).json()
    with client.stream("GET", f"/v1/jobs/{job['id']}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = "".join(answer.iter_text())
    events = [part.split("\n", 1) for part in told.strip().split("\n\n")]
    assert events[-1][0] == "event: end"
    last = json.loads(events[-1][1].removeprefix("data: "))
    assert (last["id"], last["state"], last["created"]) == (job["id"], "succeeded", 2)


def test_a_job_that_is_canceled(client: TestClient) -> None:
    job = client.post("/v1/imports", content=LINES).json()
    ended(client, job)
    answer = client.post(f"/v1/jobs/{job['id']}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (200, "succeeded")
    for path in ("", "/errors", "/events"):
        assert client.get(f"/v1/jobs/j_none{path}").json()["code"] == "job_not_found"
    assert client.post("/v1/jobs/j_none/cancel").status_code == 404


def test_an_upload_may_be_longer_than_other_bodies(client: TestClient) -> None:
    content = json.dumps({"title": "Long", "text": "x " * (1 << 20)}).encode()
    assert client.post("/v1/articles", content=content, headers={"Content-Type": "application/json"}).status_code == 413
    assert ended(client, client.post("/v1/imports", content=content).json())["created"] == 1


def test_originals_are_read_again(client: TestClient) -> None:
    ended(client, client.post("/v1/imports?name=a.md", content=b"# A title\n\nText.").json())
    answer = client.post("/v1/reparses", json={})
    assert (answer.status_code, answer.json()["kind"]) == (202, "reparse")
    job = ended(client, answer.json())
    assert (job["done"], job["unchanged"]) == (1, 1)


def test_watched_sources(client: TestClient) -> None:
    asked = {"url": "http://127.0.0.1:9/feed.xml", "interval_s": 600, "source": "ours"}
    answer = client.post("/v1/sources", json=asked)
    assert answer.status_code == 201
    source = answer.json()
    assert answer.headers["location"] == f"/v1/sources/{source['id']}"
    assert client.post("/v1/sources", json=asked).status_code == 200
    listed = client.get("/v1/sources").json()
    assert (listed["count"], listed["items"][0]["id"]) == (1, source["id"])
    deadline = time.monotonic() + 20
    while client.get(f"/v1/sources/{source['id']}").json()["failures"] == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert client.get(f"/v1/sources/{source['id']}").json()["code"] in ("address_refused", "port_refused")
    changed = client.patch(f"/v1/sources/{source['id']}", json={"paused": True})
    assert (changed.json()["state"], changed.json()["due_at"]) == ("paused", None)
    assert client.post(f"/v1/sources/{source['id']}/checks").status_code == 202
    assert client.delete(f"/v1/sources/{source['id']}").status_code == 204
    assert client.get(f"/v1/sources/{source['id']}").json()["code"] == "source_not_found"
    wrong = client.post("/v1/sources", json={"url": "file:///etc/passwd"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/url")
