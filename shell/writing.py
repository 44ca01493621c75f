"""`import` and `add`."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from shell.failures import Exit, Stop
from shell.library import Filters, Library, reason
from shell.options import CONFLICT, JSON, SOURCE, filtered, on_archive

SHOWN = 50
"""Failures and warnings that are listed for people; scripts get all."""


@on_archive(making=True)
def import_(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH-OR-URL...",
            help="Files, folders and addresses: pages, Markdown, text, PDF, DOCX, EPUB, JSON, NDJSON, CSV, feeds, OPML, WARC, "
            "and ZIP, tar, gzip, bzip2 or xz of these.",
        ),
    ],
    *,
    library: Library,
    source: SOURCE = None,
    on_conflict: CONFLICT = "update",
    fields: Annotated[
        list[str] | None,
        typer.Option("--map", help="What JSON and CSV records call a field of ours, as OURS=THEIRS; guessed if not said."),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Fetch the pages that feeds in files only sum up.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what the first articles would be, and store nothing.")] = False,
    as_json: JSON = False,
) -> None:
    """Put articles in. What is there already is left as it is; what cannot be read is listed, and keeps nothing else out. Cut
    off in the middle, the same command goes on where it was."""
    from archive.requests import ImportOptions
    from shell.importing import bring_in, guessed, told_apart
    from shell.printing import print_json, print_map, print_preview, print_report, progress

    options = ImportOptions(source=source, on_conflict=on_conflict, map=fields or [], follow=follow)
    if dry_run:
        preview = library.preview(*told_apart(what), options)
        (print_json if as_json else print_preview)(preview)
        return
    if not as_json and not fields:
        print_map(guessed(told_apart(what)[0]))
    with progress() as bar:
        report = bring_in(library, what, options, bar)
    if as_json:
        print_json(report.as_json())
    else:
        print_report(report, SHOWN)
    if report.canceled:
        raise Stop("the import was canceled or failed; `backfile jobs list` has it", Exit.INCOMPLETE)
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
    from archive.parsing import Unreadable, read_path
    from shell.importing import encode
    from shell.printing import print_added, print_json, progress

    if not file.exists():
        raise FileNotFoundError(file)
    drafts = list(read_path(file))
    if len(drafts) != 1:
        raise Stop(f"{file} has {len(drafts)} articles; `backfile import` takes any number.", Exit.MISUSE)
    draft = drafts[0]
    if isinstance(draft, Unreadable):
        raise Stop(f"{file}: {reason(draft.reason, draft.errors)}", Exit.INCOMPLETE)
    outcome = library.add(draft if draft.source or not source else replace(draft, source=source), on_conflict)
    if outcome.id is None:
        raise Stop(f"{file}: {outcome.detail}", Exit.INCOMPLETE)
    with progress() as bar:
        encode(library, bar)
    article = library.article(outcome.id)
    if as_json:
        print_json({**article, "status": outcome.status, "warnings": outcome.warnings})
    else:
        print_added(article, outcome)


@on_archive()
@filtered
def reparse(*, library: Library, filters: Filters, as_json: JSON = False) -> None:
    """Read the original bytes of articles again, by the readers of today. What they read otherwise becomes a revision; what was
    changed by hand since, and records of JSON and CSV, stay as they are."""
    from shell.importing import Report, encode
    from shell.printing import print_json, print_report, progress

    report = Report()
    with progress() as bar:
        task = bar.add_task("reading", total=None, said="")
        ended = library.reparse(filters, lambda job: bar.update(task, total=max(job["total"], 1), completed=job["done"]))
        report.note(*ended)
        encode(library, bar)
    print_json(report.as_json()) if as_json else print_report(report, SHOWN)
    if report.failed:
        raise Stop("", Exit.INCOMPLETE)


COMMANDS = (import_, add, reparse)
