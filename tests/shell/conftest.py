"""The command as its users call it, in this process."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from shell.main import run


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Backfile = Callable[..., Ran]


@pytest.fixture
def backfile(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Backfile:
    """`backfile("search", "ferry")` runs the command with these arguments; the encoder is the hashing one."""
    for name in ("BACKFILE_DATA_DIR", "BACKFILE_URL", "BACKFILE_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BACKFILE_MODEL", "hashing")
    monkeypatch.setenv("COLUMNS", "160")

    def call(*arguments: object) -> Ran:
        monkeypatch.setattr("sys.argv", ["backfile", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run()
        printed = capsys.readouterr()
        code = ended.value.code
        return Ran(code if isinstance(code, int) else 0 if code is None else 1, printed.out, printed.err)

    return call


@pytest.fixture(params=["folder", "server"])
def place(request: pytest.FixtureRequest) -> list[str]:
    """The options for the archive of the samples: the folder itself, or the server on it."""
    if request.param == "folder":
        return ["--data", str(request.getfixturevalue("sample_archive"))]
    return ["--url", request.getfixturevalue("sample_server")]
