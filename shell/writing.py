"""`import` and `add`."""

from pathlib import Path
from typing import Annotated

import typer

from shell.failures import Exit, Stop
from shell.library import Library
from shell.options import CONFLICT, JSON, SOURCE, on_archive

SHOWN = 50
"""Failures and warnings that are listed for people; scripts get all."""


@on_archive(making=True)
def import_(
    paths: Annotated[
        list[Path], typer.Argument(help="Files and folders: JSON, NDJSON, Markdown, HTML, plain text, also as .gz.")
    ],
    *,
    library: Library,
    source: SOURCE = None,
    on_conflict: CONFLICT = "update",
    as_json: JSON = False,
) -> None:
    """Put articles in. What is there already is left as it is; what cannot be read is listed, and keeps nothing else out."""
    from shell.importing import bring_in, found
    from shell.printing import print_json, print_report, progress

    with progress() as bar:
        report = bring_in(library, found(paths, source), on_conflict, bar)
    if as_json:
        print_json(report.as_json())
    else:
        print_report(report, SHOWN)
    if report.failed:
        raise Stop("", Exit.INCOMPLETE)
    if not report.read:
        raise Stop("no articles there", Exit.INCOMPLETE)


@on_archive(making=True)
def add(
    file: Annotated[Path, typer.Argument(help="The file of one article.")],
    *,
    library: Library,
    source: SOURCE = None,
    on_conflict: CONFLICT = "update",
    as_json: JSON = False,
) -> None:
    """Put one article in, and show what became of it."""
    from shell.importing import bring_in, found
    from shell.printing import print_added, print_json, progress

    items = list(found([file], source))
    if len(items) != 1:
        raise Stop(f"{file} has {len(items)} articles; `backfile import` takes any number.", Exit.MISUSE)
    with progress() as bar:
        report = bring_in(library, items, on_conflict, bar)
    if report.failed:
        raise Stop(f"{report.failed[0].place}: {report.failed[0].detail}", Exit.INCOMPLETE)
    assert report.last is not None
    assert report.last.id is not None
    article = library.article(report.last.id)
    if as_json:
        print_json({**article, "status": report.last.status, "warnings": report.last.warnings})
    else:
        print_added(article, report.last)


COMMANDS = (import_, add)
