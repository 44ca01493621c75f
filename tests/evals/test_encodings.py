"""Old charsets: the quick evaluation on our own sentences, and the real files where they are."""

import pytest

from archive.parsing import encoding
from evals import encodings
from evals.encodings import File, judged


def test_our_own_sentences_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert encodings.main(["--quick", "--list"]) == 0
    assert "silently wrong 0" in capsys.readouterr().out


def test_real_files_are_read() -> None:
    try:
        assert encodings.main([]) == 0
    except FileNotFoundError as missing:
        pytest.skip(str(missing))


def test_each_verdict() -> None:
    german = "Die Fähre läuft über die Mündung hinaus, größer als früher."
    assert judged(File("a", german.encode(), "utf-8")) == "right"
    assert judged(File("b", german.encode("cp1252"), "iso-8859-1")) == "called a guess"
    assert judged(File("c", german.encode("cp1252"), "cp850")) == "flagged"
    assert judged(File("d", bytes(range(32)) * 9, "cp1252")) == "refused"
    assert judged(File("e", german.encode(), "cp1252")) == "silently wrong"


def test_silence_is_found(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(encoding, "_guessed", lambda content, why: encoding.Decoded(content.decode("latin-1"), "latin-1"))
    assert encodings.main(["--quick"]) == 1
    assert "silently wrong 0" not in capsys.readouterr().out
