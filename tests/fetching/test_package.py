"""The package stands alone, and costs little until it is used."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import fetching
from fetching import CODES, FetchFailed

OURS = {"api", "archive", "client", "db", "embeddings", "evals", "lexical", "shell"}
FILES = sorted(Path(fetching.__file__).parent.glob("*.py"))


def imported(file: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(file.read_text())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_none_of_our_other_packages_is_imported(file: Path) -> None:
    assert not imported(file) & (OURS | {"sqlalchemy"})


def test_importing_loads_nothing_that_speaks_http() -> None:
    show = "import sys, fetching; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True).stdout.split()
    assert not {"httpx", "httpcore", "ssl", "protego"} & set(loaded)


def test_everything_that_is_offered_is_there() -> None:
    assert all(getattr(fetching, name) is not None for name in fetching.__all__)
    with pytest.raises(AttributeError):
        fetching.nothing  # noqa: B018


def test_a_failure_is_the_same_for_the_next_caller() -> None:
    first = FetchFailed("http_error", "a.example is busy", status=503, retry_after_s=3.0, temporary=True, url="http://a.example/")
    again = first.again()
    assert again is not first
    assert vars(again) == vars(first)
    assert str(again) == "a.example is busy"


def test_every_code_is_used() -> None:
    text = "".join(file.read_text() for file in FILES if file.name != "errors.py")
    assert [code for code in CODES if f'"{code}"' not in text] == []
