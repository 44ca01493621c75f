"""`search`, `related`, `duplicates` and `reuse`."""

import re
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from archive.relations import RELATIONS
from shell.failures import Exit, Stop
from shell.library import Filters, Library
from shell.options import CURSOR, JSON, LIMIT, filtered, on_archive

_REF = re.compile(r"a_[0-9A-Za-z]+|(?:url|ext|sha256):.+", re.DOTALL)

MIN_RELEVANCE = Annotated[
    float | None, typer.Option("--min-relevance", help="Leave out what is less relevant than this (0 to 1).")
]
DIVERSITY = Annotated[float, typer.Option("--diversity", help="0: by score alone; towards 1: unlike one another first.")]


@on_archive()
@filtered
def search(
    query: Annotated[str, typer.Argument(help='What to look for; words in "double quotes" must occur.')] = "",
    *,
    library: Library,
    filters: Filters,
    mode: Annotated[
        Literal["hybrid", "semantic", "lexical"], typer.Option("--mode", help="By both, by meaning, or by words.")
    ] = "hybrid",
    level: Annotated[Literal["article", "paragraph"], typer.Option("--level", help="What to find.")] = "article",
    like: Annotated[list[str] | None, typer.Option("--like", help="A ref or a text to resemble; may be repeated.")] = None,
    unlike: Annotated[
        list[str] | None, typer.Option("--unlike", help="A ref or a text not to resemble; may be repeated.")
    ] = None,
    sort: Annotated[Literal["relevance", "published_at", "-published_at"], typer.Option("--sort", help="Order.")] = "relevance",
    min_relevance: MIN_RELEVANCE = None,
    recency: Annotated[float | None, typer.Option("--recency", help="Half-life in days: older articles sink.")] = None,
    diversity: DIVERSITY = 0,
    facet: Annotated[
        list[str] | None, typer.Option("--facet", help="Count what was found by this field; may be repeated.")
    ] = None,
    limit: LIMIT = 10,
    cursor: CURSOR = None,
    as_json: JSON = False,
) -> None:
    """Search by meaning and by words."""
    from shell.printing import print_found, print_json

    asked: dict[str, Any] = {"q": query, "mode": mode, "level": level, "sort": sort, "limit": limit, "diversity": diversity}
    asked |= {
        "min_relevance": min_relevance,
        "like": like,
        "unlike": unlike,
        "recency": recency,
        "facets": facet,
        "cursor": cursor,
    }
    settle(library)
    answer = library.search({**given(asked), **filters})
    if as_json:
        print_json(answer)
    else:
        print_found(answer)


@on_archive()
@filtered
def related(
    seed: Annotated[
        list[str], typer.Argument(help="Refs, URLs, files of articles that need not be in the archive, or - for stdin.")
    ],
    *,
    library: Library,
    filters: Filters,
    why: Annotated[bool, typer.Option("--why", help="Show what carries each relation.")] = False,
    avoid: Annotated[
        list[str] | None, typer.Option("--avoid", help="A ref whose like should not appear; may be repeated.")
    ] = None,
    before: Annotated[str | None, typer.Option("--before", help="Published before this date or time.")] = None,
    after: Annotated[str | None, typer.Option("--after", help="Published at or after this date or time.")] = None,
    per_series: Annotated[int | None, typer.Option("--per-series", help="At most so many of one series.")] = None,
    min_relevance: MIN_RELEVANCE = None,
    relation: Annotated[
        list[str] | None,
        typer.Option("--relation", help=f"Only what is this to a seed: {', '.join(RELATIONS)}; may be repeated."),
    ] = None,
    diversity: DIVERSITY = 0,
    limit: LIMIT = 10,
    cursor: CURSOR = None,
    as_json: JSON = False,
) -> None:
    """Find the articles that are related to others, or to a text."""
    from shell.printing import print_json, print_related

    asked: dict[str, Any] = {"seeds": [seed_of(name) for name in seed], "why": why, "limit": limit, "diversity": diversity}
    asked |= {"min_relevance": min_relevance, "avoid": avoid, "before": before, "after": after, "per_series": per_series}
    asked |= {"relation": relation, "cursor": cursor}
    settle(library)
    answer = library.related({**given(asked), **filters})
    if as_json:
        print_json(answer)
    else:
        print_related(answer)


def given(query: dict[str, Any]) -> dict[str, Any]:
    """Without what was left out: the defaults are those of the archive."""
    return {name: value for name, value in query.items() if value is not None}


def ref_of(name: str) -> str | None:
    """The ref that is meant, if one is: a URL may be given as it is."""
    if _REF.fullmatch(name):
        return name
    return f"url:{name}" if name.startswith(("http://", "https://")) else None


def seed_of(name: str) -> dict[str, str]:
    ref = ref_of(name)
    if ref is not None:
        return {"ref": ref}
    if name == "-":
        return {"text": sys.stdin.read()}
    if not Path(name).is_file():
        raise Stop(f"{name!r} is neither a ref (a_…, url:…, ext:SOURCE:ID, sha256:…) nor a file.", Exit.INCOMPLETE)
    return {"text": _text_of(Path(name))}


def _text_of(file: Path) -> str:
    """The article in the file, its title in the first line."""
    from archive.parsing import Unreadable, read_path

    drafts = list(read_path(file))
    if len(drafts) != 1:
        raise Stop(f"{file} has {len(drafts)} articles; name a file of one.", Exit.MISUSE)
    draft = drafts[0]
    if isinstance(draft, Unreadable):
        raise Stop(f"{file}: {draft.reason}", Exit.INCOMPLETE)
    return "\n\n".join([draft.title, *(paragraph.text for paragraph in draft.paragraphs)]).strip()


def settle(library: Library) -> None:
    """What is stored is searched: an import that was cut off may have left something to encode."""
    from shell.importing import encode
    from shell.printing import progress

    with progress() as bar:
        encode(library, bar)


@on_archive()
@filtered
def duplicates(
    article: Annotated[str | None, typer.Argument(help="A ref or URL: the duplicates of that article.")] = None,
    *,
    library: Library,
    filters: Filters,
    kind: Annotated[
        Literal["exact", "near"] | None, typer.Option("--kind", help="The very same text, or nearly so; both if not given.")
    ] = None,
    members: Annotated[int | None, typer.Option("--members", help="How many articles of each group to show.")] = None,
    limit: LIMIT = 20,
    cursor: CURSOR = None,
    as_json: JSON = False,
) -> None:
    """List articles that are the same text, or nearly so, in groups, with who was first."""
    from shell.printing import print_duplicates, print_duplicates_of, print_json

    look_up(library)
    if article is not None:
        answer = library.duplicates_of(ref_of(article) or article, given({"kind": kind, "limit": limit}))
        print_json(answer) if as_json else print_duplicates_of(answer)
        return
    page = library.duplicates({**given({"kind": kind, "members": members, "limit": limit, "cursor": cursor}), **filters})
    print_json(page) if as_json else print_duplicates(page)


@on_archive()
def reuse(
    article: Annotated[str, typer.Argument(help="A ref or URL.")],
    *,
    library: Library,
    limit: LIMIT = 5,
    as_json: JSON = False,
) -> None:
    """Show which paragraphs of an article others have too, or nearly so, and who had them first."""
    from shell.printing import print_json, print_reuse

    look_up(library)
    answer = library.reuse(ref_of(article) or article, limit)
    print_json(answer) if as_json else print_reuse(answer)


def look_up(library: Library) -> None:
    """Everything stored is compared: a server does it by itself, a folder when it is asked."""
    from shell.importing import sketch
    from shell.printing import progress

    settle(library)
    with progress() as bar:
        sketch(library, bar)


COMMANDS = (search, related, duplicates, reuse)
