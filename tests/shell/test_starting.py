"""What starting costs, and the demonstration."""

import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shell.main import run
from shell.printing import EXCERPT, excerpt

if TYPE_CHECKING:
    from tests.conftest import Serving

HEAVY = {
    "torch",
    "faiss",
    "numpy",
    "sqlalchemy",
    "fastapi",
    "pydantic",
    "httpx",
    "tantivy",
    "uvicorn",
    "openvino",
    "trafilatura",
    "rich.progress",
}


def test_help_loads_nothing_heavy() -> None:
    show = "import sys, shell.main; print(*sys.modules)"
    loaded = set(subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True).stdout.split())
    assert loaded & HEAVY == set()


COMMANDS = ("serve", "demo", "import", "add", "search", "related", "show", "list", "export", "check", "rebuild", "stats", "keys")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_help(command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["backfile", *([command] if command else []), "--help"])
    with pytest.raises(SystemExit) as ended:
        run()
    assert ended.value.code == 0
    assert f"backfile {command}".strip() in capsys.readouterr().out


def test_the_demonstration_answers_what_it_prints(serving: "Serving", tmp_path: Path) -> None:
    from shell.serving import FIRST_QUERIES

    with serving(tmp_path / "demo", command="demo") as url:
        for what, address in FIRST_QUERIES:
            [asked] = shlex.split(address.format(url=url))
            answer = httpx.get(asked, timeout=30)
            assert answer.status_code == 200, what
            assert answer.json().get("items") or answer.json().get("facets"), what


# rich takes control characters out of what it shows
@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=2000), st.integers(0, 2000), st.integers(0, 40))
def test_an_excerpt_shows_the_first_highlight(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    end = min(start + length, len(text))
    shown = excerpt(text, [(start, end)]).plain
    assert len(shown) <= EXCERPT + 2
    assert text[start:end].replace("\n", " ") in shown
