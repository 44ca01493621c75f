"""A database put back from a backup, with the indexes of a later time beside it."""

import shutil
from pathlib import Path

import pytest

from archive.archive import Archive
from archive.requests import SearchRequest
from archive.settings import Settings
from db.records import Draft, ParagraphDraft


def add(archive: Archive, name: str, text: str) -> None:
    archive.add(Draft(external_id=name, title=name, paragraphs=(ParagraphDraft(text),)))


@pytest.mark.parametrize("more", [0, 1, 2], ids=["older", "at the same number", "further"])
def test_the_indexes_are_those_of_the_database_that_is_there(settings: Settings, tmp_path: Path, more: int) -> None:
    with Archive(settings) as archive:
        add(archive, "old", "the old harbour")
        archive.catch_up()
    backup = tmp_path / "backup.db"
    shutil.copy(settings.data_dir / "backfile.db", backup)

    with Archive(settings) as archive:
        add(archive, "lost", "the lost castle")
        archive.catch_up()

    for left in settings.data_dir.glob("backfile.db*"):
        left.unlink()
    shutil.copy(backup, settings.data_dir / "backfile.db")
    with Archive(settings) as archive:
        for number in range(more):
            add(archive, f"new{number}", "the new bridge")
        archive.catch_up()
        report = archive.check()
        assert report.clean, report.examples
        assert archive.search(SearchRequest(q="castle", mode="lexical")).items == []
        assert len(archive.search(SearchRequest(q="bridge", mode="lexical", collapse=False)).items) == more
