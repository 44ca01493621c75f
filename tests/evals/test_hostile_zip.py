"""That bad files in a ZIP cost no good ones; the larger ZIP is read by hand."""

import pytest

from evals import hostile_zip


def test_good_files_are_in_and_bad_ones_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert hostile_zip.main(["--quick"]) == 0
    told = capsys.readouterr().out
    assert "490 articles in, 10 failures named" in told
    assert "every good file is in, every bad one is named" in told


def test_what_is_wrong_would_be_told() -> None:
    way = hostile_zip.Bad("empty", ("empty",), lambda name, texts: hostile_zip.usual(name, b""))
    items = [{"title": "T", "place": "x.zip/a.md"}, {"place": "x.zip/bad 00007.md", "code": "malformed", "reason": "r"}]
    assert list(hostile_zip.judged(2, {"bad 00007": way}, items)) == ["bad 00007 (empty) was named malformed: r"]
    assert len(list(hostile_zip.judged(9, {"bad 00008": way, "bad 00007": way}, items))) == 4
