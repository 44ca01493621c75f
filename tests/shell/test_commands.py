"""Every command that reads, on a folder and on a server: the same JSON, the same exit codes."""

import gzip
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.shell.conftest import Backfile

FERRY = "url:https://harbour-review.example/2023/11/06/marra-ferry-hauled-off-the-ledge/"


def test_search_finds_and_shows(backfile: "Backfile", place: list[str]) -> None:
    ran = backfile("search", '"Lantern Point"', *place)
    assert ran.code == 0
    assert "Lantern Point" in ran.out
    assert "8 found, 8 shown" in ran.out
    answer = backfile("search", '"Lantern Point"', "--limit", 3, "--facet", "author", "--json", *place).json
    assert answer["count"] == {"value": 8, "relation": "eq"}
    assert answer["facets"]["author"]
    more = backfile(
        "search", '"Lantern Point"', "--limit", 3, "--facet", "author", "--cursor", answer["next"], "--json", *place
    ).json
    assert [item["rank"] for item in more["items"]] == [4, 5, 6]


def test_filters_filter(backfile: "Backfile", place: list[str]) -> None:
    listed = backfile("list", "--tag", "ferry", "--published-before", "2024-01-01", "--json", *place).json
    assert listed["count"] == len(listed["items"]) > 1
    assert all("ferry" in item["tags"] and item["published_at"] < "2024" for item in listed["items"])
    assert f"{listed['count']} articles" in backfile("list", "--tag", "ferry", "--published-before", "2024-01-01", *place).out
    found = backfile("search", "ferry", "--tag", "ferry", "--tag", "kelp", "--mode", "lexical", "--json", *place).json
    assert all({"ferry", "kelp"} & set(item["article"]["tags"]) for item in found["items"])


def test_list_goes_on_at_its_cursor(backfile: "Backfile", place: list[str]) -> None:
    first = backfile("list", "--limit", 30, "--sort", "title", "--json", *place).json
    second = backfile("list", "--limit", 30, "--sort", "title", "--cursor", first["next"], "--json", *place).json
    titles = [item["title"] for page in (first, second) for item in page["items"]]
    assert len(titles) == first["count"] > 30
    assert second["next"] is None


def test_stories_are_listed_and_shown(backfile: "Backfile", place: list[str]) -> None:
    page = backfile("stories", "--sort", "-articles", "--json", *place).json
    assert page["count"] == len(page["items"]) > 1
    largest = page["items"][0]
    assert largest["articles"] == 3
    story = backfile("stories", largest["id"], "--json", *place).json
    days = [item["published_at"] for item in story["items"]]
    assert days == sorted(days)
    assert backfile("stories", story["items"][1]["id"], "--json", *place).json == story
    assert f"{page['count']} stories" in backfile("stories", *place).out
    assert "3 articles, 3 shown" in backfile("stories", largest["id"], *place).out
    assert backfile("stories", "--min-articles", 3, "--json", *place).json["count"] == 1
    assert backfile("stories", "s_none", *place).code == 1


def test_related_to_an_article_a_url_a_file_and_stdin(
    backfile: "Backfile", place: list[str], samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_ref = backfile("related", FERRY, "--json", *place).json
    assert by_ref["items"]
    by_url = backfile("related", FERRY.removeprefix("url:"), "--json", *place).json
    assert [item["article"]["id"] for item in by_url["items"]] == [item["article"]["id"] for item in by_ref["items"]]
    shown = backfile("related", FERRY, "--why", "--limit", 1, *place)
    assert "1 shown" in shown.out
    assert "shared:" in shown.out
    by_file = backfile("related", samples / "markdown" / "kelp-on-the-line.md", "--json", *place).json
    assert [copy["title"] for copy in by_file["also_in"]] == ["Kelp on the line"]
    assert "already there" in backfile("related", samples / "markdown" / "kelp-on-the-line.md", *place).out
    monkeypatch.setattr("sys.stdin", io.StringIO("A turbine in the tide of Marra Sound"))
    assert backfile("related", "-", "--json", *place).json["items"]


def test_duplicates_and_reuse_are_looked_up_and_shown(backfile: "Backfile", tmp_path: Path) -> None:
    text = "\n\n".join(" ".join(f"{word}{number}" for number in range(40)) for word in ("kelp", "tide", "mole", "lantern"))
    texts = {"one": text, "two": text, "three": text.replace("tide7", "ebb")}
    lines = [json.dumps({"id": name, "title": "Copied", "text": said, "date": "2024-05-01"}) for name, said in texts.items()]
    (tmp_path / "all.ndjson").write_text("\n".join(lines), encoding="utf-8")
    place = ["--data", tmp_path / "data"]
    assert backfile("import", tmp_path / "all.ndjson", *place).code == 0
    page = backfile("duplicates", "--json", *place).json
    assert [item["relation"] for item in page["items"][0]["items"]] == [None, "exact", "near"]
    shown = backfile("duplicates", *place).out
    assert "3 articles, near" in shown
    assert "1 groups, 1 shown" in shown
    assert "2 duplicates, 2 shown" in backfile("duplicates", "ext::three", *place).out
    assert backfile("duplicates", "ext::three", "--kind", "exact", "--json", *place).json["items"] == []
    assert backfile("reuse", "ext::three", "--json", *place).json["reused"] == 4
    shown = backfile("reuse", "ext::three", *place).out
    assert "4 of 4 paragraphs are in other articles too" in shown
    assert "in 2 others; first in" in shown


def test_duplicates_of_a_server(backfile: "Backfile", place: list[str]) -> None:
    page = backfile("duplicates", "--kind", "exact", "--json", *place).json
    assert page["count"] == len(page["items"])
    assert backfile("reuse", FERRY, *place).code == 0
    assert backfile("reuse", "ext::nobody", *place).code == 1


def test_show_in_three_forms(backfile: "Backfile", place: list[str]) -> None:
    article = backfile("show", FERRY, "--format", "json", *place).json
    assert article == backfile("show", FERRY, "--json", *place).json
    assert article["paragraphs"][0]["text"] in backfile("show", article["id"], *place).out
    markdown = backfile("show", FERRY.removeprefix("url:"), "-f", "markdown", *place).out
    assert markdown.startswith("---\ntitle: ")
    assert f"# {article['title']}" in markdown


def test_export_is_every_article_whole(backfile: "Backfile", place: list[str], tmp_path: Path) -> None:
    lines = [json.loads(line) for line in backfile("export", *place).out.splitlines()]
    assert len(lines) == backfile("stats", "--json", *place).json["articles"]
    assert all(line["paragraphs"] for line in lines)
    packed = tmp_path / "all.ndjson.gz"
    assert backfile("export", "--tag", "ferry", "-o", packed, *place).code == 0
    with gzip.open(packed, "rt", encoding="utf-8") as file:
        assert [json.loads(line) for line in file] == [line for line in lines if "ferry" in line["tags"]]
    assert [path.name for path in tmp_path.iterdir()] == ["all.ndjson.gz"]


def test_what_is_exported_can_be_imported(backfile: "Backfile", sample_archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "all.ndjson"
    backfile("export", "-o", out, "--data", sample_archive)
    assert backfile("import", out, "--data", tmp_path / "copy").code == 0
    kept = {"title", "authors", "tags", "published_at", "url", "source", "paragraphs", "references"}
    before, after = (
        [json.loads(line) for line in backfile("export", "--data", at).out.splitlines()]
        for at in (sample_archive, tmp_path / "copy")
    )
    assert [_plain(item, kept) for item in before] == [_plain(item, kept) for item in after]


def _plain(article: dict[str, object], kept: set[str]) -> str:
    whole = json.loads(json.dumps({name: article[name] for name in kept}))
    for paragraph in whole["paragraphs"]:
        del paragraph["id"]
    for reference in whole["references"]:
        reference["cited_by"] = len(reference["cited_by"])
    return json.dumps(whole, sort_keys=True)


def test_check_and_stats(backfile: "Backfile", place: list[str]) -> None:
    assert backfile("check", *place).code == 0
    report = backfile("check", "--json", *place).json
    assert report["clean"]
    assert (report["missing"], report["extra"], report["wrong"], report["pending"]) == (0, 0, 0, 0)
    assert "articles" in backfile("stats", *place).out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["show", "ext:nobody:0"], 1, "No article is known as 'ext:nobody:0'"),
        (["show", "what is this"], 2, "a_"),
        (["search", "x", "--limit", "1000"], 2, "/limit"),
        (["search", "x", "--published-after", "soon"], 2, "/published_after"),
        (["search", "x", "--cursor", "nonsense"], 2, "cursor"),
        (["search", "x", "--mode", "psychic"], 2, "psychic"),
        (["list", "--sort", "colour"], 2, "/sort"),
        (["related", "no-such-file.txt"], 1, "neither a ref"),
        (["related", "ext:nobody:0"], 1, "ext:nobody:0"),
        (["keys", "revoke", "k_0"], 1, "k_0"),
        (["keys", "create", "me", "--scope", "everything"], 2, "/scopes"),
        (["keys", "create", "me", "--expires", "yesterday"], 2, "/expires_at"),
        (["import", "no-such-folder"], 1, "no-such-folder"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    backfile: "Backfile", place: list[str], arguments: list[str], code: int, said: str
) -> None:
    ran = backfile(*arguments, *place)
    assert ran.code == code
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert ran.out == ""


def test_an_archive_that_is_not_there_is_not_made_by_asking(backfile: "Backfile", tmp_path: Path) -> None:
    for command in (["search", "x"], ["list"], ["stats"], ["check"], ["export"], ["show", "a_1"], ["keys", "list"]):
        ran = backfile(*command, "--data", tmp_path / "typo")
        assert ran.code == 3
        assert "--data" in ran.err
    assert not (tmp_path / "typo").exists()


def test_a_server_that_is_not_there(backfile: "Backfile") -> None:
    ran = backfile("stats", "--url", "http://127.0.0.1:1")
    assert ran.code == 3
    assert "http://127.0.0.1:1" in ran.err


def test_a_folder_that_is_no_archive(backfile: "Backfile", tmp_path: Path) -> None:
    (tmp_path / "backfile.db").write_bytes(b"not a database at all, but long enough to be read as one" * 100)
    ran = backfile("stats", "--data", tmp_path)
    assert ran.code == 3
    assert "Traceback" not in ran.err


def test_what_looks_like_a_setting_and_is_none_is_told(
    backfile: "Backfile", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKFILE_REQUIRE_KEY", "true")
    monkeypatch.setenv("BACKFILE_DATA_DIR", str(tmp_path))
    told = backfile("list").err
    assert told == "backfile: BACKFILE_REQUIRE_KEY is no setting; is BACKFILE_REQUIRE_KEYS meant?\n"
