"""Generated pages: `python -m shell.reference` writes docs/configuration.md and docs/shell.md."""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic.fields import FieldInfo

from archive.settings import Settings
from shell.failures import Exit
from shell.main import app

DOCS = Path(__file__).resolve().parent.parent / "docs"


def configuration() -> str:
    lines = [
        "# Settings\n",
        "Made by `make docs` from `archive/settings.py`.\n",
        "Every setting is an environment variable; the options `--data`, `--host` and `--port` go before it.\n",
        "| variable | default | values | what |",
        "| --- | --- | --- | --- |",
    ]
    for name, field in Settings.model_fields.items():
        lines.append(f"| `BACKFILE_{name.upper()}` | {_default(field)} | {_kind(field)} | {_cell(field.description or '')} |")
    lines += ["", "The shell has two more, for working on a server: `BACKFILE_URL` and `BACKFILE_KEY`."]
    return "\n".join(lines) + "\n"


def _default(field: FieldInfo) -> str:
    if field.default is None:
        return "none"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def _kind(field: FieldInfo) -> str:
    options = get_args(field.annotation) or (field.annotation,)
    words = [option for option in options if isinstance(option, str)]
    if words:
        return ", ".join(f"`{word}`" for word in words)
    kinds = {int: "whole number", float: "number", bool: "`true`, `false`", Path: "folder", str: "text"}
    limits = [f"{sign} {value}" for item in field.metadata for sign, value in _limits(item)]
    return " ".join([kinds[options[0]], ", ".join(limits)]).strip()


def _limits(item: Any) -> Iterator[tuple[str, Any]]:
    for name, sign in {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}.items():
        if getattr(item, name, None) is not None:
            yield sign, getattr(item, name)


def commands() -> str:
    lines = ["# Commands\n", "Made by `make docs` from the command line itself.\n", *_exit_codes()]
    for name, command in every_command():
        lines += [f"## `backfile {name}`\n", inspect.getdoc(command) or "", ""]
        lines += ["| argument or option | default | what |", "| --- | --- | --- |"]
        lines += [_parameter(parameter) for parameter in inspect.signature(command).parameters.values()]
        lines.append("")
    return "\n".join(lines)


def every_command() -> Iterator[tuple[str, Callable[..., Any]]]:
    """The commands by the words that call them."""
    for item in app.registered_commands:
        assert item.callback is not None
        yield str(item.name), item.callback
    for group in app.registered_groups:
        assert group.typer_instance is not None
        for item in group.typer_instance.registered_commands:
            assert item.callback is not None
            yield f"{group.name} {item.name or item.callback.__name__}", item.callback


def _exit_codes() -> Iterator[str]:
    yield "| exit code | |\n| --- | --- |\n| 0 | done |"
    for code, meaning in {
        Exit.INCOMPLETE: "nothing is known by that name, an item could not be read, or the index is not clean",
        Exit.MISUSE: "an argument or option has a value that it cannot have",
        Exit.UNAVAILABLE: "the archive cannot be opened, or the server gives no answer",
        Exit.REFUSED: "the server wants an API key, or one that may do more",
        Exit.INTERRUPTED: "interrupted with Ctrl-C",
    }.items():
        yield f"| {code.value} | {meaning} |"
    yield ""


def _parameter(parameter: inspect.Parameter) -> str:
    [info] = [item for item in get_args(parameter.annotation)[1:] if hasattr(item, "help")]
    flags = ", ".join(f"`{flag}`" for flag in (info.default, *(info.param_decls or ())) if isinstance(flag, str))
    default = "" if parameter.default in (None, inspect.Parameter.empty, False, "") else f"`{parameter.default}`"
    return f"| {flags or f'`{parameter.name.upper()}`'} | {default} | {_cell(info.help or '')} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    (DOCS / "configuration.md").write_text(configuration(), encoding="utf-8")
    (DOCS / "shell.md").write_text(commands(), encoding="utf-8")


if __name__ == "__main__":
    main()
