"""`jobs`: imports under way and done."""

from typing import Annotated

import typer

from shell.failures import Exit, Stop
from shell.library import Library
from shell.options import CURSOR, JSON, LIMIT, on_archive

app = typer.Typer(help="Imports, under way and done.", no_args_is_help=True)

ID = Annotated[str, typer.Argument(help="Id of the job, as `jobs list` shows it.")]


@app.command("list")
@on_archive()
def list_(*, library: Library, limit: LIMIT = 20, cursor: CURSOR = None, as_json: JSON = False) -> None:
    """List jobs, newest first."""
    from shell.printing import print_jobs, print_json

    page = library.jobs({"limit": limit} | ({"cursor": cursor} if cursor else {}))
    (print_json if as_json else print_jobs)(page)


@app.command()
@on_archive()
def show(id: ID, *, library: Library, as_json: JSON = False) -> None:
    """How far a job is."""
    from shell.printing import print_job, print_json

    (print_json if as_json else print_job)(library.job(id))


@app.command()
@on_archive()
def errors(
    id: ID,
    *,
    library: Library,
    warnings: Annotated[bool, typer.Option("--warnings", help="What was stored and not wholly understood, too.")] = False,
    as_json: JSON = False,
) -> None:
    """What a job could not store, and why; with --json as lines of JSON."""
    from shell.printing import print_line, said

    for note in library.job_notes(id, warnings=warnings):
        print_line(note) if as_json else typer.echo(f"{note['code']}  {said(note)}")


@app.command()
@on_archive()
def cancel(id: ID, *, library: Library, as_json: JSON = False) -> None:
    """Have a job leave off. What it has stored stays."""
    from shell.printing import print_job, print_json

    job = library.cancel_job(id)
    (print_json if as_json else print_job)(job)
    if job["state"] in ("succeeded", "failed"):
        raise Stop(f"The job had ended already: {job['state']}.", Exit.INCOMPLETE)
