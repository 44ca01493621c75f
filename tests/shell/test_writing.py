"""`import`, `add`, `rebuild` and `keys`: what they do, and what they say about it."""

import gzip
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from client import Backfile as Client

if TYPE_CHECKING:
    from tests.conftest import Serving
    from tests.shell.conftest import Backfile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four good articles and four bad ones, in as many forms."""
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    lines = [json.dumps({"title": "Line one", "text": "First."}), "{not json", "", json.dumps({"tags": ["empty"]}), "[1]"]
    (folder / "lines.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / "deep" / "note.md").write_text("---\ntitle: A note\nsource: its own\n---\n\nText.\n", encoding="utf-8")
    (folder / "packed.txt.gz").write_bytes(gzip.compress(b"A packed title\n\nAnd its text, long enough to be one.\n"))
    (folder / "torn.txt.gz").write_bytes(gzip.compress(bytes(range(256)) * 4)[:60])
    (folder / "page.html").write_text(
        "<html><head><title>A page</title></head><body><article><h1>A page</h1><p>Its words.</p></article>"
    )
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n")
    return folder


def test_one_bad_item_keeps_no_other_out(backfile: "Backfile", folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    ran = backfile("import", folder, "--data", data, "--source", "the source", "--json")
    assert ran.code == 1
    report = ran.json
    assert (report["read"], report["created"], report["unchanged"]) == (8, 4, 0)
    places = sorted(Path(item["place"]).name for item in report["failed"])
    assert places == ["lines.jsonl:2", "lines.jsonl:4", "lines.jsonl:5", "torn.txt.gz"]
    assert all(item["detail"] for item in report["failed"])
    sources = {item["title"]: item["source"] for item in backfile("list", "--data", data, "--json").json["items"]}
    assert sources == {"Line one": "the source", "A note": "its own", "A packed title": "the source", "A page": "the source"}
    again = backfile("import", folder, "--data", data, "--source", "the source")
    assert again.code == 1
    assert "lines.jsonl:2" in again.err
    assert "unchanged  4" in " ".join(again.out.split("\n"))


def test_the_same_again_changes_and_encodes_nothing(backfile: "Backfile", samples: Path, tmp_path: Path) -> None:
    first = backfile("import", samples, "--data", tmp_path, "--json").json
    before = backfile("stats", "--data", tmp_path, "--json").json
    assert first["created"] == before["articles"] > 30
    second = backfile("import", samples, "--data", tmp_path, "--json").json
    assert (second["created"], second["updated"], second["unchanged"]) == (0, 0, first["created"])
    assert backfile("stats", "--data", tmp_path, "--json").json["seq"] == before["seq"]
    assert backfile("rebuild", "--data", tmp_path, "--json").json["encoded"] == 0
    assert backfile("check", "--data", tmp_path).code == 0


@pytest.mark.parametrize(("choice", "status", "code"), [("update", "updated", 0), ("skip", "skipped", 0), ("error", "failed", 1)])
def test_on_conflict(backfile: "Backfile", tmp_path: Path, choice: str, status: str, code: int) -> None:
    for text in ("Old.", "New."):
        (tmp_path / "a.json").write_text(json.dumps({"title": "A", "text": text, "source": "s", "external_id": "1"}))
        ran = backfile("import", tmp_path / "a.json", "--data", tmp_path / "data", "--on-conflict", choice, "--json")
    assert ran.code == code
    counted = ran.json[status]
    assert (len(counted) if status == "failed" else counted) == 1


def test_import_into_a_server_is_the_same_as_into_a_folder(
    backfile: "Backfile", serving: "Serving", folder: Path, samples: Path, tmp_path: Path
) -> None:
    backfile("import", folder, samples / "markdown", "--data", tmp_path / "local")
    with serving(tmp_path / "remote") as url:
        report = backfile("import", folder, samples / "markdown", "--url", url, "--json").json
        assert len(report["failed"]) == 4
        assert backfile("check", "--url", url).code == 0
        assert backfile("import", folder, samples / "markdown", "--url", url, "--json").json["created"] == 0
        exported = [json.loads(line) for line in backfile("export", "--url", url).out.splitlines()]
        with Client(url) as client:
            packed = next(item for item in exported if item["title"] == "A note")
            assert client.get_original(packed["id"]) == (folder / "deep" / "note.md").read_bytes()
    local = [json.loads(line) for line in backfile("export", "--data", tmp_path / "local").out.splitlines()]
    assert sorted(item["sha256"] for item in exported) == sorted(item["sha256"] for item in local)


def test_a_running_server_sees_what_the_shell_imports(
    backfile: "Backfile", serving: "Serving", samples: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with serving(data) as url, Client(url) as client:
        assert client.search("harbour cat")["items"] == []
        assert backfile("import", samples / "text", "--data", data).code == 0
        deadline = time.monotonic() + 2
        while not client.search("harbour cat")["items"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert client.check_index()["clean"]


def test_add_takes_one_article(backfile: "Backfile", samples: Path, tmp_path: Path) -> None:
    ran = backfile("add", samples / "text" / "harbour-cat-retires.txt", "--data", tmp_path)
    assert ran.code == 0
    assert ran.out.startswith("created a_")
    again = backfile("add", samples / "text" / "harbour-cat-retires.txt", "--data", tmp_path, "--json").json
    assert (again["status"], again["indexing"]["state"]) == ("unchanged", "searchable")
    many = backfile("add", samples / "briefs.ndjson", "--data", tmp_path)
    assert many.code == 2
    assert "import" in many.err
    (tmp_path / "empty.txt").write_text("")
    assert backfile("add", tmp_path / "empty.txt", "--data", tmp_path).code == 1


def test_a_spoilt_index_is_told_and_rebuilt(backfile: "Backfile", samples: Path, tmp_path: Path) -> None:
    backfile("import", samples / "markdown", "--data", tmp_path)
    [snapshot] = tmp_path.glob("indexes/*/vectors.index")
    snapshot.write_bytes(snapshot.read_bytes()[:-100])
    assert backfile("check", "--data", tmp_path).code == 0
    assert backfile("rebuild", "--data", tmp_path, "--json").json["encoded"] == 0


def test_keys_open_a_server(backfile: "Backfile", serving: "Serving", tmp_path: Path) -> None:
    secret = backfile("keys", "create", "me", "--scope", "admin", "--data", tmp_path).out.strip()
    reader = backfile("keys", "create", "you", "--expires", "2100-01-01", "--json", "--data", tmp_path).json
    assert reader["scopes"] == ["read"]
    assert "bf_" not in backfile("keys", "list", "--data", tmp_path).out
    with serving(tmp_path, BACKFILE_REQUIRE_KEYS="true") as url:
        assert backfile("stats", "--url", url).code == 4
        assert backfile("check", "--url", url, "--key", reader["secret"]).code == 4
        assert backfile("check", "--url", url, "--key", secret).code == 0
        assert backfile("keys", "revoke", reader["id"], "--url", url, "--key", secret).code == 0
        assert backfile("stats", "--url", url, "--key", reader["secret"]).code == 4


def test_it_does_not_listen_to_others_without_a_key(tmp_path: Path) -> None:
    start = "from shell.main import run; run()"
    command = [sys.executable, "-c", start, "serve", "--data", str(tmp_path), "--host", "0.0.0.0", "--port", "0"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 3
    assert "keys create" in ran.stderr


def test_the_place_of_an_article_in_a_list(backfile: "Backfile", tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(
        '[{"title": "One"}, "no article", {"title": "Three", "date": "?"}, {cut', encoding="utf-8"
    )
    report = json.loads(backfile("import", tmp_path / "list.json", "--data", tmp_path / "data", "--json").out)
    assert [Path(item["place"]).name for item in report["failed"]] == ["list.json, article 2", "list.json, article 4"]
    assert report["failed"][1]["detail"].endswith("nothing behind it was read")
    assert [Path(item["place"]).name for item in report["warnings"]] == ["list.json, article 3"]
