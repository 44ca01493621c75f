"""`sources`: feeds, sitemaps and lists of addresses that a server looks at again and again."""

from pathlib import Path
from typing import Annotated

import typer

from shell.failures import Exit, Stop
from shell.library import Library
from shell.options import CONFLICT, CURSOR, JSON, LIMIT, SOURCE, on_archive

app = typer.Typer(help="Feeds, sitemaps and lists that a server looks at again and again.", no_args_is_help=True)

ID = Annotated[str, typer.Argument(help="Id of the source, as `sources list` shows it.")]
EVERY = Annotated[int, typer.Option("--every", help="Seconds between two looks.")]


@app.command()
@on_archive(making=True)
def add(
    what: Annotated[list[str], typer.Argument(metavar="URL-OR-FILE...", help="Addresses, or OPML files that list feeds.")],
    *,
    library: Library,
    every: EVERY = 3600,
    source: SOURCE = None,
    on_conflict: CONFLICT = "update",
    as_json: JSON = False,
) -> None:
    """Watch a feed, a sitemap, a list of addresses, or a page that names a feed. A server does it, and needs no cron."""
    from client import answers
    from shell.printing import print_json, print_sources

    query = {"interval_s": every, "on_conflict": on_conflict} | ({"source": source} if source else {})
    items = [library.watch(url, query) for each in what for url in addresses_in(each)]
    page: answers.SourcePage = {"items": items, "count": len(items), "next": None}
    (print_json if as_json else print_sources)(page)


def addresses_in(what: str) -> list[str]:
    """The address itself, or those in a file."""
    if what.startswith(("http://", "https://")):
        return [what]
    from archive.parsing import Given, Link, items_in

    path = Path(what)
    with path.open("rb") as stream:
        outcomes = [item.read() for item in items_in(stream, Given(name=path.name, place=what))]
    links = [each.url for each in outcomes if isinstance(each, Link) and each.draft is None]
    if not links:
        raise Stop(f"{what} is neither an address nor a list of feeds.", Exit.MISUSE)
    return links


@app.command("list")
@on_archive()
def list_(*, library: Library, limit: LIMIT = 50, cursor: CURSOR = None, as_json: JSON = False) -> None:
    """List the watched sources and how they are doing."""
    from shell.printing import print_json, print_sources

    page = library.sources({"limit": limit} | ({"cursor": cursor} if cursor else {}))
    (print_json if as_json else print_sources)(page)


@app.command()
@on_archive()
def show(id: ID, *, library: Library, as_json: JSON = False) -> None:
    """How a source is doing."""
    _show(library.source(id), as_json)


@app.command()
@on_archive()
def change(
    id: ID,
    *,
    library: Library,
    every: Annotated[int | None, typer.Option("--every", help="Seconds between two looks.")] = None,
    paused: Annotated[bool | None, typer.Option("--pause/--resume", help="Leave it alone, or no longer.")] = None,
    source: SOURCE = None,
    as_json: JSON = False,
) -> None:
    """Change how a source is watched."""
    given = {"interval_s": every, "paused": paused, "source": source}
    _show(library.change_source(id, {name: value for name, value in given.items() if value is not None}), as_json)


@app.command()
@on_archive()
def check(id: ID, *, library: Library, as_json: JSON = False) -> None:
    """Have a server look at a source now."""
    _show(library.check_source(id), as_json)


@app.command()
@on_archive()
def remove(id: ID, *, library: Library) -> None:
    """Watch a source no more. What came from it stays."""
    library.forget_source(id)


def _show(source: object, as_json: bool) -> None:
    from shell.printing import print_facts, print_json

    assert isinstance(source, dict)
    if as_json:
        print_json(source)
    else:
        print_facts({name: value for name, value in source.items() if value is not None})
