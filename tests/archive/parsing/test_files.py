import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from archive.parsing import Unreadable, paths_under, read_path
from db.records import Draft


def titles(path: Path) -> list[str]:
    return [item.title if isinstance(item, Draft) else f"! {item.index} {item.reason}" for item in read_path(path)]


def test_what_is_in_a_folder(tmp_path: Path) -> None:
    names = [
        "b.txt",
        "a/z.md",
        "a/c.html",
        "d.ndjson.gz",
        "e.jpg",
        ".hidden.md",
        ".git/f.md",
        "README.md",
        "a/LICENSE.txt",
        "g",
        "h.gz",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = [str(path.relative_to(tmp_path)) for path in paths_under(tmp_path)]
    assert found == ["b.txt", "d.ndjson.gz", "a/c.html", "a/z.md"]
    assert list(paths_under(tmp_path / "README.md")) == [tmp_path / "README.md"]
    with pytest.raises(FileNotFoundError):
        list(paths_under(tmp_path / "nothing"))


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
    assert last.startswith(f"! {len(before)} the file cannot be read")


def test_packed_files_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.parsing.files.UNPACKED", 1_000)
    monkeypatch.setattr("archive.parsing.files.FILE", 500)
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"title": "one"}\n' * 1_000))
    assert titles(path)[-1].endswith("the file unpacks to more than 1,000 bytes")
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"x" * 501))
    assert titles(path) == ["! 0 the file has more than 500 bytes"]


def test_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    assert titles(tmp_path / "a.pdf") == ["! 0 cannot read these bytes: they are no text"]
    assert titles(tmp_path / "nothing.txt")[0].startswith("! 0 the file cannot be read")
    [item] = read_path(tmp_path / "a.pdf")
    assert isinstance(item, Unreadable)


def test_reading_is_cheap_to_import() -> None:
    heavy = [
        "trafilatura",
        "lxml",
        "yaml",
        "markdown_it",
        "dateutil",
        "charset_normalizer",
        "sqlalchemy",
        "torch",
        "faiss",
        "tantivy",
    ]
    code = f"import sys, archive.parsing, archive.urls; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
