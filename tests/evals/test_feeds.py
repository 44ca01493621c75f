"""Feeds: the quick evaluation on our own, and the real files where they are."""

import pytest

from archive.parsing import dates
from db.records import Moment
from evals import feeds


def test_our_own_feeds_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert feeds.main(["--quick", "--list"]) == 0
    assert "silently wrong 0" in capsys.readouterr().out


def test_real_feeds_are_read_as_feedparser_sees_them() -> None:
    try:
        assert feeds.main([]) == 0
    except FileNotFoundError as missing:
        pytest.skip(str(missing))


def test_a_wrong_date_is_found(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(dates, "read", lambda _: dates.Reading(Moment.at(0)))
    assert feeds.main(["--quick"]) == 1
    assert "silently wrong: date 2020" in capsys.readouterr().out
