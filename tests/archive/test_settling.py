"""Rows of the vector index settle in the background of an archive in use, and processes share what has settled."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.archive import Archive
from archive.followers import VectorFollower
from archive.requests import SearchRequest
from archive.settings import Settings
from db.records import Draft, ParagraphDraft


@pytest.fixture(autouse=True)
def early() -> Iterator[None]:
    VectorFollower.settle_from, before = 40, VectorFollower.settle_from
    yield
    VectorFollower.settle_from = before


def opened(folder: Path) -> Archive:
    return Archive(Settings(data_dir=folder, model="hashing"))


def add(archive: Archive, numbers: range, said: str) -> None:
    for number in numbers:
        words = f"{said} number{number} " * 40
        archive.add(Draft(external_id=str(number), title=f"Title {number}", paragraphs=(ParagraphDraft(words),) * 2))
    archive.catch_up()


def settled(archive: Archive) -> int:
    return archive.indexer.vectors.index.settled


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def found(archive: Archive, words: str) -> list[str | None]:
    items = archive.search(SearchRequest(q=words, mode="semantic", limit=3)).items
    return [item.article.external_id for item in items]


def test_rows_settle_and_articles_still_come_change_and_go(tmp_path: Path) -> None:
    with opened(tmp_path) as archive:
        add(archive, range(60), "harbour")
        until(lambda: settled(archive) > 0)
        add(archive, range(20, 25), "ferry")
        archive.delete("ext::30")
        archive.catch_up()
        assert archive.check().clean
        assert "22" in found(archive, "ferry number22")
        assert "30" not in found(archive, "harbour number30")
    with opened(tmp_path) as archive:
        assert settled(archive) > 0
        report = archive.check()
        assert (report.clean, report.pending) == (True, 0), report.examples
        assert archive.status().vector_index.startswith("faiss/ivf")
        archive.rebuild()
        assert archive.check().clean
        assert settled(archive) > 0


def test_what_another_process_has_settled_is_taken_over(tmp_path: Path) -> None:
    with opened(tmp_path) as first, opened(tmp_path) as second:
        add(first, range(15), "harbour")
        second.catch_up()
        add(first, range(15, 60), "harbour")
        until(lambda: settled(first) > 0)
        first.indexer.vectors.close()
        VectorFollower.settle_from = second.indexer.vectors.index._settle_from = 10_000  # type: ignore[attr-defined]
        second.catch_up()
        assert settled(second) == settled(first)
        assert second.check().clean
        assert len({path.name for path in tmp_path.rglob("*.rows")}) == 1
        add(second, range(60, 70), "ferry")
        assert "66" in found(second, "ferry number66")
    with opened(tmp_path) as third:
        report = third.check()
        assert (report.clean, report.pending) == (True, 0), report.examples


def test_what_a_process_that_died_left_behind_is_removed(tmp_path: Path) -> None:
    with opened(tmp_path) as archive:
        folder = archive.indexer.folder
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("vectors.0123.rows", "vectors.0123.lists"):
            (folder / name).write_bytes(b"half of it")
        add(archive, range(60), "harbour")
        until(lambda: settled(archive) > 0)
    assert not (folder / "vectors.0123.rows").exists()
    assert not (folder / "vectors.0123.lists").exists()
