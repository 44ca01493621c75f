import gzip
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from archive.parsing import Given, Unreadable, paths_under, read_path
from archive.parsing.files import items_of
from db.records import Draft


def titles(path: Path) -> list[str]:
    return [item.title if isinstance(item, Draft) else f"! {item.index} {item.reason}" for item in read_path(path)]


def test_what_is_in_a_folder(tmp_path: Path) -> None:
    names = [
        "b.txt",
        "a/z.md",
        "a/c.html",
        "d.ndjson.gz",
        "feed.xml",
        "old.tar.xz",
        "pages.warc.gz",
        "x.zip",
        "e.jpg",
        ".hidden.md",
        ".git/f.md",
        "__MACOSX/f.md",
        "~$letter.docx",
        "README.md",
        "a/LICENSE.txt",
        "g",
        "h.gz",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = [str(path.relative_to(tmp_path)) for path in paths_under(tmp_path)]
    assert found == ["b.txt", "d.ndjson.gz", "feed.xml", "old.tar.xz", "pages.warc.gz", "x.zip", "a/c.html", "a/z.md"]
    assert list(paths_under(tmp_path / "README.md")) == [tmp_path / "README.md"]
    with pytest.raises(FileNotFoundError):
        list(paths_under(tmp_path / "nothing"))


def test_a_folder_and_the_same_folder_packed_have_the_same_articles(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    for name in ("b.txt", "a/z.md", "a/README.md", ".git/f.md", "c.png", "~$d.docx", "__MACOSX/e.md", "g"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"# Title\n\nText.")
    loose = {str(path.relative_to(folder)) for path in paths_under(folder)}
    for form in ("zip", "tar", "gztar", "bztar", "xztar"):
        packed = Path(shutil.make_archive(str(tmp_path / form), form, folder))
        assert {str(Path(item.place).relative_to(packed)) for item in items_of(packed)} == loose == {"b.txt", "a/z.md"}


def test_a_pipe_in_a_folder_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "broken.txt").symlink_to(tmp_path / "nothing")
    assert list(paths_under(tmp_path)) == [tmp_path / "broken.txt"]
    assert "cannot be read" in titles(tmp_path / "broken.txt")[0]


def test_packed_files(tmp_path: Path) -> None:
    lines = b'{"title": "one"}\nx\n{"title": "two"}\n'
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(lines))
    assert [title[:3] for title in titles(path)] == ["one", "! 1", "two"]
    path = tmp_path / "page.md.gz"
    path.write_bytes(gzip.compress(b"# Title\n\nText."))
    assert titles(path) == ["Title"]


def test_damaged_packed_files(tmp_path: Path) -> None:
    lines = b"".join(json.dumps({"title": f"{number}", "text": "x" * number}).encode() + b"\n" for number in range(5_000))
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(lines)[:20_000])
    *before, last = titles(path)
    assert len(before) > 100
    assert last == f"! {len(before)} the packed bytes are cut off: what follows is missing"


def test_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n")
    assert titles(tmp_path / "a.png") == ["! 0 cannot read these bytes: they are no text"]
    assert titles(tmp_path / "nothing.txt")[0].startswith("! 0 the file cannot be read")
    [item] = read_path(tmp_path / "a.png")
    assert isinstance(item, Unreadable)


def test_failures_are_counted_with_the_articles(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as container:
        for name, content in {"a.md": "# A\n\nx", "b.md": "", "c.md": "# C\n\nx", "d.md": ""}.items():
            container.writestr(name, content)
    assert titles(tmp_path / "x.zip") == ["A", "! 1 the file is empty", "C", "! 3 the file is empty"]


def test_a_link_is_what_is_known_of_it_without_fetching(tmp_path: Path) -> None:
    (tmp_path / "feeds.opml").write_text('<opml version="2.0"><body><outline xmlUrl="https://example.org/feed"/></body></opml>')
    assert titles(tmp_path / "feeds.opml") == ["! 0 is elsewhere, at https://example.org/feed"]


def test_items_know_where_they_are_and_what_was_given(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\nx")
    [item] = items_of(tmp_path / "a.md")
    assert item.place == str(tmp_path / "a.md")
    item = next(items := items_of(tmp_path / "a.md", Given(place="upload", url="https://example.org/a")))
    draft = item.read()
    assert list(items) == []
    assert isinstance(draft, Draft)
    assert (item.place, draft.url, draft.original and draft.original.name) == ("upload", "https://example.org/a", "a.md")


def test_reading_is_cheap_to_import() -> None:
    heavy = [
        "trafilatura",
        "lxml",
        "yaml",
        "markdown_it",
        "dateutil",
        "chardet",
        "feedparser",
        "pypdf",
        "mammoth",
        "py3langid",
        "sqlalchemy",
        "warcio",
        "torch",
        "faiss",
        "tantivy",
    ]
    code = f"import sys, archive.parsing, archive.urls; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
