"""`import` of all kinds of things, `jobs`, `sources` and `reparse`."""

import gzip
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.sites import Site

if TYPE_CHECKING:
    from tests.conftest import Serving
    from tests.shell.conftest import Backfile

PAGE = (
    "<html lang='en'><head><title>Seals</title></head><body><article><h1>Seals</h1><p>The harbour master counted the seals again "
    "this morning, and found more of them than ever before on the northern mole, and nobody was surprised.</p></article></body>"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One of each of some kinds."""
    folder = tmp_path / "in"
    folder.mkdir()
    with zipfile.ZipFile(folder / "some.zip", "w") as container:
        container.writestr("deep/note.md", "---\ntitle: A note\ndate: 2024-05-06\n---\n\nIts text.\n")
        container.writestr("lines.ndjson.gz", gzip.compress(b'{"title": "A line", "text": "x"}\n{broken\n'))
    (folder / "table.csv").write_text("headline;story\nA row;A story that is a good deal longer than its headline is.\n")
    (folder / "page.html").write_text(PAGE)
    return folder


def test_all_kinds_of_things(backfile: "Backfile", folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    ran = backfile("import", folder, "--data", data, "--json")
    assert ran.code == 1
    assert (ran.json["read"], ran.json["created"]) == (5, 4)
    [failed] = ran.json["failed"]
    assert failed["place"].endswith("some.zip/lines.ndjson.gz:2")
    assert failed["code"] == "malformed"
    titles = [item["title"] for item in backfile("list", "--data", data, "--json").json["items"]]
    assert sorted(titles) == ["A line", "A note", "A row", "Seals"]


def test_what_records_call_their_fields_is_shown_before(backfile: "Backfile", folder: Path, tmp_path: Path) -> None:
    ran = backfile("import", folder / "table.csv", "--data", tmp_path / "data")
    assert "title=headline, text=story" in ran.err
    told = backfile("import", folder / "table.csv", "--map", "title=story", "--map", "text=headline", "--data", tmp_path / "data")
    assert "title=" not in told.err
    titles = [item["title"] for item in backfile("list", "--data", tmp_path / "data", "--json").json["items"]]
    assert sorted(titles) == ["A row", "A story that is a good deal longer than its headline is."]
    wrong = backfile("import", folder / "table.csv", "--map", "nonsense", "--data", tmp_path / "data")
    assert (wrong.code, "OURS=THEIRS" in wrong.err) == (2, True)


def test_a_dry_run_stores_nothing(backfile: "Backfile", folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    ran = backfile("import", folder, "--dry-run", "--data", data)
    assert ran.code == 0
    assert "A note" in ran.out
    assert "2024-05-06" in ran.out
    assert backfile("stats", "--data", data, "--json").json["articles"] == 0
    assert backfile("jobs", "list", "--data", data, "--json").json["items"] == []


def test_jobs(backfile: "Backfile", folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    id = backfile("import", folder, "--data", data, "--json").json["jobs"][0]
    assert id in backfile("jobs", "list", "--data", data).out
    assert backfile("jobs", "show", id, "--data", data, "--json").json["created"] == 4
    assert "succeeded" in backfile("jobs", "show", id, "--data", data).out
    [line] = backfile("jobs", "errors", id, "--data", data).out.splitlines()
    assert line.startswith("malformed  ")
    assert json.loads(backfile("jobs", "errors", id, "--json", "--data", data).out)["code"] == "malformed"
    assert backfile("jobs", "cancel", id, "--data", data).code == 1
    assert backfile("jobs", "show", "j_none", "--data", data).code == 1


def test_originals_are_read_again(backfile: "Backfile", folder: Path, tmp_path: Path) -> None:
    backfile("import", folder, "--data", tmp_path / "data")
    ran = backfile("reparse", "--data", tmp_path / "data", "--json")
    assert (ran.code, ran.json["unchanged"], ran.json["skipped"]) == (0, 2, 2)


def test_into_a_server(backfile: "Backfile", serving: "Serving", folder: Path, tmp_path: Path) -> None:
    with serving(tmp_path / "data") as url:
        ran = backfile("import", folder, "--url", url, "--json")
        assert (ran.json["created"], len(ran.json["failed"])) == (4, 1)
        assert ran.json["failed"][0]["place"].endswith("some.zip/lines.ndjson.gz:2")
        assert backfile("jobs", "show", ran.json["jobs"][0], "--url", url, "--json").json["state"] == "succeeded"
        assert backfile("import", folder, "--dry-run", "--url", url).code == 0
        assert backfile("reparse", "--url", url, "--json").json["unchanged"] == 2


def test_addresses_and_sources(backfile: "Backfile", serving: "Serving", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site()
    try:
        site.page("/seals", PAGE.encode())
        address = f"http://127.0.0.1:{site.port}/seals"
        data = tmp_path / "data"
        refused = backfile("import", address, "--data", data, "--json")
        assert (refused.code, refused.json["failed"][0]["code"], site.asked) == (1, "address_refused", [])
        monkeypatch.setenv("BACKFILE_FETCH_ALLOWED_HOSTS", f"127.0.0.1:{site.port}")
        monkeypatch.setenv("BACKFILE_FETCH_DELAY_S", "0")
        assert backfile("import", address, "--data", data, "--json").json["created"] == 1
        (tmp_path / "feeds.opml").write_text(
            f'<opml version="2.0"><body><outline text="a" xmlUrl="http://127.0.0.1:{site.port}/feed"/></body></opml>'
        )
        [source] = backfile("sources", "add", tmp_path / "feeds.opml", "--every", "600", "--data", data, "--json").json["items"]
        assert (source["interval_s"], source["state"]) == (600, "waiting")
        with serving(data) as url:
            assert "/feed" in backfile("sources", "list", "--url", url).out
            changed = backfile("sources", "change", source["id"], "--pause", "--url", url, "--json").json
            assert changed["state"] == "paused"
            assert backfile("sources", "check", source["id"], "--url", url).code == 0
            assert backfile("sources", "remove", source["id"], "--url", url).code == 0
            assert backfile("sources", "show", source["id"], "--url", url).code == 1
    finally:
        site.stop()
    wrong = backfile("sources", "add", tmp_path / "feeds.txt", "--data", data)
    assert wrong.code == 1


def test_the_same_command_goes_on_where_it_was_cut_off(
    backfile: "Backfile", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from db import jobs

    lines = "".join(json.dumps({"title": f"Report {number}", "text": "x"}) + "\n" for number in range(250))
    (tmp_path / "some.ndjson").write_text(lines)
    proceed = jobs.proceed

    def interrupted(*arguments: object, **more: object) -> bool:
        if arguments[2].input == 0 and arguments[2].item > 100:  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        return proceed(*arguments, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "proceed", interrupted)
        assert backfile("import", tmp_path / "some.ndjson", "--data", tmp_path / "data").code == 130
    [job] = backfile("jobs", "list", "--data", tmp_path / "data", "--json").json["items"]
    assert (job["state"], job["done"]) == ("processing", 100)
    ran = backfile("import", tmp_path / "some.ndjson", "--data", tmp_path / "data", "--json")
    assert (ran.json["jobs"], ran.json["created"]) == ([job["id"]], 250)
