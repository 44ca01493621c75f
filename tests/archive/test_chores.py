"""Checks and rebuilds that nobody waits for, and what the last ones found."""

import time
from pathlib import Path

from archive.archive import Archive
from archive.parsing import draft_from_json
from archive.settings import Settings


def opened(folder: Path) -> Archive:
    return Archive(Settings(data_dir=folder, model="hashing"))


def test_what_they_found_is_kept(tmp_path: Path) -> None:
    with opened(tmp_path) as archive:
        archive.add(draft_from_json({"title": "One", "text": "Of one."}, original=None, strict=True))
        archive.catch_up()
        assert archive.last_chores() == []
        assert archive.begin_chore("check")
        for _ in range(200):
            if archive.chores.running is None:
                break
            time.sleep(0.05)
        archive.rebuild()
    with opened(tmp_path) as archive:
        last = archive.last_chores()
        assert [each.chore for each in last] == ["rebuild", "check"]
        assert last[1].report["clean"] is True
        archive.settings.data_dir.joinpath("indexes", "reports.json").write_text("{broken")
        assert archive.last_chores() == []


def test_one_at_a_time(tmp_path: Path) -> None:
    with opened(tmp_path) as archive:
        archive.chores._running = ("check", "2026-01-01T00:00:00Z")
        assert not archive.begin_chore("rebuild")


def test_only_the_latest_are_kept(tmp_path: Path) -> None:
    with opened(tmp_path) as archive:
        for number in range(12):
            archive.chores.keep("check", {"seq": number})
        assert [each.report["seq"] for each in archive.last_chores()] == list(range(11, 1, -1))
