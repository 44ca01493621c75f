"""The pages say what is so: generated ones are current, links lead somewhere, examples run."""

import inspect
import json
import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from archive.settings import Settings
from client import Backfile
from shell import reference
from shell.options import NOT_SETTINGS

if TYPE_CHECKING:
    from tests.conftest import Serving

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "samples" / "README.md"])
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
COMMANDS = dict(reference.every_command())
GROUPS = {name.split()[0] for name in COMMANDS if " " in name}


def code(page: str, language: str) -> str:
    return "\n".join(re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL))


def commands_in(page: str) -> Iterator[list[str]]:
    """The arguments of every `backfile …` in the page's code, in blocks and in lines."""
    lines = code(page, "sh").replace("\\\n", " ").splitlines() + re.findall(r"`((?:\.venv/bin/)?backfile [^`\n]+)`", page)
    for line in lines:
        words = shlex.split(line, comments=True)
        for place, word in enumerate(words[:-1]):
            if word.rpartition("/")[2] == "backfile" and "docker" not in words and not words[place + 1].startswith("-"):
                yield words[place + 1 :]
                break


def test_generated_pages_are_current() -> None:
    for name, page in (("configuration.md", reference.configuration()), ("shell.md", reference.commands())):
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == page, "run `make docs`"


def test_every_setting_is_described() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        assert f"`BACKFILE_{name.upper()}`" in page
        assert field.description


def test_the_image_has_what_it_is_built_from() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")}
    assert set(re.findall(r"[\w-]+\.lock", text)) <= kept
    assert {
        "api",
        "archive",
        "client",
        "db",
        "embeddings",
        "fetching",
        "lexical",
        "shell",
        "pyproject.toml",
        "README.md",
        "LICENSE",
    } <= kept
    assert all((ROOT / name).exists() for name in kept)
    [made] = re.findall(r"^#   docker run .* backfile (keys create .*?)\s*#", text, re.MULTILINE)
    assert made in OPERATING
    assert "USER backfile" in text
    assert text.count("://") == text.count("http://127.0.0.1")


def test_every_setting_that_a_page_names_exists() -> None:
    known = {f"BACKFILE_{name.upper()}" for name in Settings.model_fields} | NOT_SETTINGS
    for page in [*PAGES, ROOT / "Dockerfile"]:
        assert set(re.findall(r"BACKFILE_[A-Z_]+", page.read_text(encoding="utf-8"))) <= known, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_a_page_exists_with_its_options(page: Path) -> None:
    for words in commands_in(page.read_text(encoding="utf-8")):
        name = " ".join(words[:2]) if words[0] in GROUPS and len(words) > 1 else words[0]
        if name in GROUPS:
            continue
        assert name in COMMANDS, words
        flags = {
            flag
            for parameter in inspect.signature(COMMANDS[name]).parameters.values()
            for item in parameter.annotation.__metadata__
            for flag in (item.default, *(item.param_decls or ()))
            if isinstance(flag, str)
        }
        assert {word for word in words if word.startswith("-") and word != "-"} <= flags, words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_in_a_page_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    assert (
        set(re.findall(r"^make ([a-z-]+)$", code(text, "sh"), re.MULTILINE)) | set(re.findall(r"`make ([a-z-]+)`", text))
        <= targets
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#[^)]*)?\)", text):
        assert (page.parent / target).exists(), target


def test_every_metric_that_operating_names_is_served(sample_server: str) -> None:
    with Backfile(sample_server) as backfile:
        backfile.search("sea")
        served = backfile.metrics()
    for name in re.findall(r"`(backfile_[a-z_]+)`", OPERATING):
        assert re.search(rf"^# TYPE {name} |^{name}(?:_bucket)?[{{ ]", served, re.MULTILINE), name


def curls() -> Iterator[tuple[str, dict[str, str], str | None]]:
    """Address, headers and body of every curl in the README."""
    for line in code(README, "sh").replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["curl"]:
            options = dict(pairwise(words))
            [address] = [word for word in words if word.startswith("http")]
            headers = dict([options["-H"].split(": ", 1)]) if "-H" in options else {}
            yield address, headers, options.get("-d")


def test_the_readmes_requests_are_answered(serving: "Serving", tmp_path: Path) -> None:
    asked = list(curls())
    assert len(asked) == 5
    with serving(tmp_path / "demo", command="demo") as url:
        for address, headers, body in asked:
            place = address.replace("http://127.0.0.1:8000", url)
            answer = httpx.request("GET" if body is None else "POST", place, headers=headers, content=body, timeout=30)
            assert answer.status_code in (200, 201), answer.text
            assert answer.json().get("items") or answer.json()["status"] == "created"


def test_the_readmes_python_runs(sample_server: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(code(README, "python").replace("http://127.0.0.1:8000", sample_server), {})
    assert len(capsys.readouterr().out.splitlines()) >= 3


def test_nothing_names_a_place_to_install_from() -> None:
    for name in ("requirements.lock", "requirements-test.lock"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if not re.fullmatch(r"[a-z0-9.-]+==[0-9][^ +@/]*(?: ; [^/]+)?", line)] == []
        assert "torch==2.13.0" in lines


def test_the_locks_have_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    named = {re.match(r"[\w-]+", each)[0] for each in project["dependencies"] + extras["postgres"] + extras["test"]} - {
        "backfile"
    }  # type: ignore[index]
    locked = {line.partition("==")[0] for line in (ROOT / "requirements-test.lock").read_text(encoding="utf-8").splitlines()}
    assert {name.lower() for name in named} <= locked
    plain = set((ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines())
    assert plain <= set((ROOT / "requirements-test.lock").read_text(encoding="utf-8").splitlines())


def test_ci_runs_the_tests_and_passes_their_exit_code_on(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").write_bytes((ROOT / ".ci" / "run").read_bytes())
    (tmp_path / "Makefile").write_text("test:\n\t@echo tested; exit 7\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "MFLAGS"}
    ran = subprocess.run(["bash", str(tmp_path / ".ci" / "run")], capture_output=True, text=True, cwd="/", env=environment)
    assert ran.returncode != 0
    assert ran.stdout.splitlines()[-1] == "tested"


def test_the_openapi_document_names_every_operation_once() -> None:
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))["paths"]
    names = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(names) == len(set(names)) > 35
