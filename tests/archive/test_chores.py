"""Checks and rebuilds that nobody waits for, and what the last ones found."""

import threading
from pathlib import Path

import pytest

from archive.archive import Archive
from archive.parsing import draft_from_json
from archive.settings import Settings
from tests.waiting import until


def opened(folder: Path) -> Archive:
    return Archive(Settings(data_dir=folder, model="hashing"))


def test_what_they_found_is_kept(tmp_path: Path) -> None:
    with opened(tmp_path) as archive:
        archive.add(draft_from_json({"title": "One", "text": "Of one."}, original=None, strict=True))
        archive.catch_up()
        assert archive.last_chores() == []
        assert archive.begin_chore("check")
        assert until(lambda: archive.chores.running is None)
        archive.rebuild()
    with opened(tmp_path) as archive:
        last = archive.last_chores()
        assert [each.chore for each in last] == ["rebuild", "check"]
        assert last[1].report["clean"] is True
        archive.settings.data_dir.joinpath("indexes", "reports.json").write_text("{broken")
        assert archive.last_chores() == []


def test_one_at_a_time_in_all_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as archive, opened(tmp_path) as other:
        begun, end = threading.Event(), threading.Event()
        monkeypatch.setattr(archive, "check", lambda: begun.set() or end.wait(30))
        assert archive.begin_chore("check")
        assert begun.wait(30)
        for each in (archive, other):
            assert not each.begin_chore("rebuild")
            running = each.chores.running
            assert running is not None
            assert running[0] == "check"
        end.set()
        assert until(lambda: other.chores.running is None)
        assert other.begin_chore("check")
        assert until(lambda: archive.chores.running is None)


def test_what_was_cut_off_does_not_run(tmp_path: Path) -> None:
    with opened(tmp_path) as archive:
        begun = tmp_path / "indexes" / "chore.json"
        begun.parent.mkdir(parents=True, exist_ok=True)
        begun.write_text('["check", "2026-01-01T00:00:00Z"]')
        assert archive.chores.running is None
        assert archive.begin_chore("check")
        assert until(lambda: archive.chores.running is None)


def test_only_the_latest_are_kept(tmp_path: Path) -> None:
    with opened(tmp_path) as archive:
        for number in range(12):
            archive.chores.keep("check", {"seq": number})
        assert [each.report["seq"] for each in archive.last_chores()] == list(range(11, 1, -1))
