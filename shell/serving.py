"""`serve` and `demo`."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shell.failures import Exit, Stop
from shell.options import DATA, settings_of

if TYPE_CHECKING:
    from archive.settings import Settings

HOST = Annotated[str | None, typer.Option("--host", help="Address to listen on; 127.0.0.1 if not given.")]
PORT = Annotated[int | None, typer.Option("--port", help="Port to listen on, 0 for a free one; 8000 if not given.")]
WORKERS = Annotated[int | None, typer.Option("--workers", help="How many processes answer; 1 if not given.")]

DEMO_DATA = Path("backfile-demo")

FIRST_QUERIES = (
    ("Search by meaning and by words: none of the articles says sink", "'{url}/v1/search?q=why+did+the+ferry+sink&limit=3'"),
    ("Quoted words must occur; count what was found", "'{url}/v1/search?q=%22Lantern+Point%22&facets=author,year'"),
    (
        "What is related to an article, and why",
        "'{url}/v1/related?ref=url:https://harbour-review.example/2023/11/06/marra-ferry-hauled-off-the-ledge/&why=true'",
    ),
    ("What is related to a text", "'{url}/v1/related?text=Volunteers+nursed+young+seals+that+a+gale+had+washed+ashore.'"),
    ("How many articles each year and each tag has", "'{url}/v1/facets?field=year,tag'"),
)
"""What the demonstration prints: what it shows, and the address, quoted for a shell."""


def serve(*, data: DATA = None, host: HOST = None, port: PORT = None, workers: WORKERS = None) -> None:
    """Serve the archive over HTTP. Anywhere but on loopback it needs an API key first (`backfile keys create`)."""
    _serve(settings_of(data, host=host, port=port, workers=workers), ())


def demo(
    *,
    data: Annotated[Path, typer.Option("--data", help="Folder of the demonstration's archive.")] = DEMO_DATA,
    host: HOST = None,
    port: PORT = None,
) -> None:
    """Put the sample articles into an archive of their own, serve it, and print what to try."""
    from archive.requests import ImportOptions
    from shell.importing import bring_in
    from shell.local import LocalLibrary
    from shell.printing import err, progress

    samples = samples_folder()
    settings = settings_of(data, host=host, port=port, log_level="warning")
    library = LocalLibrary(settings, making=True)
    try:
        with progress() as bar:
            report = bring_in(library, [str(samples)], ImportOptions(), bar)
    finally:
        library.close()
    err().print(f"{report.read - len(report.failed)} sample articles in {settings.data_dir}", markup=False)
    _serve(settings, FIRST_QUERIES)


def samples_folder() -> Path:
    folder = Path(__file__).resolve().parent.parent / "samples"
    if not folder.is_dir():
        raise Stop("The sample articles come with the source code only: run `make demo` in a checkout.", Exit.UNAVAILABLE)
    return folder


def _serve(settings: "Settings", queries: Iterable[tuple[str, str]]) -> None:
    from api.serving import CannotServe
    from api.serving import serve as run

    def announce(url: str) -> None:
        typer.echo(f"Backfile is at {url} (API: {url}/docs). Stop it with Ctrl-C.")
        for what, address in queries:
            typer.echo(f"\n# {what}\ncurl -s {address.format(url=url)}")

    try:
        run(settings, announce)
    except CannotServe as failure:
        raise Stop(str(failure), Exit.UNAVAILABLE) from failure


COMMANDS = (serve, demo)
