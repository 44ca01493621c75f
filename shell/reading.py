"""`show`, `list`, `stories` and `export`."""

import gzip
import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from shell.asking import given, ref_of
from shell.library import Filters, Library
from shell.options import CURSOR, JSON, LIMIT, filtered, on_archive


@on_archive()
def show(
    ref: Annotated[str, typer.Argument(help="a_…, url:…, ext:SOURCE:ID, sha256:… or a URL.")],
    *,
    library: Library,
    format: Annotated[Literal["text", "markdown", "json"], typer.Option("--format", "-f", help="How to print it.")] = "text",
    as_json: JSON = False,
) -> None:
    """Print an article."""
    from shell.printing import print_json

    article = library.article(ref_of(ref) or ref)
    if as_json or format == "json":
        print_json(article)
        return
    from api import rendering
    from archive.answers import ArticleOut

    render = rendering.markdown if format == "markdown" else rendering.plain_text
    typer.echo(render(ArticleOut.model_validate(article)), nl=False)


@on_archive()
@filtered
def list_(
    *,
    library: Library,
    filters: Filters,
    sort: Annotated[
        str, typer.Option("--sort", help="published_at, modified_at, ingested_at, updated_at or title; - for descending.")
    ] = ("-published_at"),
    limit: LIMIT = 20,
    cursor: CURSOR = None,
    as_json: JSON = False,
) -> None:
    """List articles, the newest first."""
    from shell.printing import print_articles, print_json

    page = library.articles({**given({"sort": sort, "limit": limit, "cursor": cursor}), **filters})
    if as_json:
        print_json(page)
    else:
        print_articles(page)


@on_archive()
@filtered
def stories(
    story: Annotated[str | None, typer.Argument(help="s_…, or the ref of an article: print the story it is in.")] = None,
    *,
    library: Library,
    filters: Filters,
    sort: Annotated[str | None, typer.Option("--sort", help="active_at or articles; - for descending: -active_at.")] = None,
    min_articles: Annotated[int | None, typer.Option("--min-articles", help="With so many articles at least: 2.")] = None,
    limit: LIMIT = 20,
    cursor: CURSOR = None,
    as_json: JSON = False,
) -> None:
    """List stories: articles that report the same event. With the name of one, its articles in order of time."""
    from shell.importing import encode, find_stories
    from shell.printing import print_json, print_stories, print_story, progress

    with progress() as bar:
        encode(library, bar)
        find_stories(library, bar)
    paging = given({"limit": limit, "cursor": cursor})
    if story is not None:
        timeline = library.story(ref_of(story) or story, paging)
        print_json(timeline) if as_json else print_story(timeline)
        return
    page = library.stories({**given({"sort": sort, "min_articles": min_articles}), **paging, **filters})
    print_json(page) if as_json else print_stories(page)


@on_archive()
@filtered
def export(
    *,
    library: Library,
    filters: Filters,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file, packed if it ends in .gz; stdout if not given.")
    ] = None,
) -> None:
    """Write articles out, one JSON object a line. `backfile import` reads them back."""
    from shell.printing import err, print_line

    if output is None:
        for article in library.export(filters):
            print_line(article)
        return
    partial = output.with_name(output.name + ".part")
    count = 0
    with (gzip.open if output.suffix == ".gz" else open)(partial, "wt", encoding="utf-8", newline="\n") as file:
        for article in library.export(filters):
            file.write(json.dumps(article, ensure_ascii=False, separators=(",", ":")) + "\n")
            count += 1
    partial.replace(output)
    err().print(f"{count:,} articles in {output}")


COMMANDS = (show, list_, stories, export)
