"""Options that many commands have: which archive, and which articles."""

import difflib
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from shell.library import Library

if TYPE_CHECKING:
    from archive.settings import Settings

DATA = Annotated[
    Path | None,
    typer.Option("--data", envvar="BACKFILE_DATA_DIR", help="Folder of the archive; backfile-data if not given."),
]
URL = Annotated[
    str | None, typer.Option("--url", envvar="BACKFILE_URL", help="Work on the archive of the server at this address.")
]
KEY = Annotated[str | None, typer.Option("--key", envvar="BACKFILE_KEY", help="API key for the server.", show_envvar=True)]
NOT_SETTINGS = {"BACKFILE_URL", "BACKFILE_KEY", "BACKFILE_COLLECTIONS", "BACKFILE_CHROMIUM"}
"""Variables that commands, evals and tests read themselves."""
Conflict = Literal["update", "skip", "error"]

JSON = Annotated[bool, typer.Option("--json", help="Print JSON, as the HTTP interface has it.")]
LIMIT = Annotated[int, typer.Option("--limit", "-n", help="How many.")]
CURSOR = Annotated[str | None, typer.Option("--cursor", help="`next` of the page before.")]
CONFLICT = Annotated[Conflict, typer.Option("--on-conflict", help="What to do with an article that is there with other content.")]
SOURCE = Annotated[str | None, typer.Option("--source", help="Source of articles that do not name one themselves.")]


def _values(flag: str, help: str) -> Any:
    return Annotated[list[str] | None, typer.Option(flag, help=help, rich_help_panel="Filters")]


def _value(flag: str, help: str) -> Any:
    return Annotated[str | None, typer.Option(flag, help=help, rich_help_panel="Filters")]


FILTERS: Mapping[str, Any] = {
    "source": _values("--source", "Where it was published. Like all filters that are names, it may be repeated: any of them."),
    "author": _values("--author", "Name of an author."),
    "category": _values("--category", "Category."),
    "tag": _values("--tag", "Tag."),
    "series": _values("--series", "Series or column."),
    "language": _values("--language", "Language tag, such as en."),
    "published_after": _value("--published-after", "Published at or after this date or time."),
    "published_before": _value("--published-before", "Published before this date or time."),
    "modified_after": _value("--modified-after", "Modified at or after this date or time."),
    "modified_before": _value("--modified-before", "Modified before this date or time."),
    "has": _values("--has", "Has this field."),
    "missing": _values("--missing", "Lacks this field."),
}

ARCHIVE: Mapping[str, Any] = {"data": DATA, "url": URL, "key": KEY}


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """Gives the command the options of all filters, and `filters` with those that were used."""

    @wraps(command)
    def run(*args: Any, **given: Any) -> None:
        filters = {name: given.pop(name) for name in FILTERS}
        command(*args, filters={name: value for name, value in filters.items() if value}, **given)

    return _offering(run, command, FILTERS, instead_of="filters")


def on_archive(*, making: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives the command the options that name an archive, and `library`, open while it runs. `making`: it need not be there."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def run(*args: Any, data: Path | None, url: str | None, key: str | None, **given: Any) -> None:
            with opened(data, url, key, making=making) as library:
                command(*args, library=library, **given)

        return _offering(run, command, ARCHIVE, instead_of="library")

    return decorate


@contextmanager
def opened(data: Path | None, url: str | None, key: str | None, *, making: bool = False) -> Iterator[Library]:
    library: Library
    if url is not None:
        from shell.remote import RemoteLibrary

        library = RemoteLibrary(url, key)
    else:
        from shell.local import LocalLibrary

        library = LocalLibrary(settings_of(data), making=making)
    try:
        yield library
    finally:
        library.close()


def settings_of(data: Path | None, **given: Any) -> "Settings":
    """The settings of the environment, with what was given on the command line in their place. Variables that look like settings
    and are none are told on stderr: whoever mistypes BACKFILE_REQUIRE_KEYS should not find out later."""
    from archive.settings import Settings

    known = {f"BACKFILE_{name.upper()}" for name in Settings.model_fields} | NOT_SETTINGS
    for name in sorted(name for name in os.environ if name.startswith("BACKFILE_") and name not in known):
        meant = difflib.get_close_matches(name, known, 1)
        sys.stderr.write(f"backfile: {name} is no setting{f'; is {meant[0]} meant?' if meant else ''}\n")
    named = given if data is None else {**given, "data_dir": data}
    return Settings(**{name: value for name, value in named.items() if value is not None})


def _offering(
    run: Callable[..., None], command: Callable[..., None], options: Mapping[str, Any], *, instead_of: str
) -> Callable[..., None]:
    """`run` with the parameters of `command`, one of them exchanged for the options."""
    own = [item for item in inspect.signature(command).parameters.values() if item.name != instead_of]
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind) for name, kind in options.items()
    ]
    run.__signature__ = inspect.Signature([*own, *more])  # type: ignore[attr-defined]
    run.__annotations__ = {}
    return run
