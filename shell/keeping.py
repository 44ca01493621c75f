"""`check`, `rebuild` and `stats`."""

from shell.asking import settle
from shell.failures import Exit, Stop
from shell.library import Library
from shell.options import JSON, on_archive


@on_archive()
def check(*, library: Library, as_json: JSON = False) -> None:
    """Compare every entry of the indexes with the database. Exit code 1 if they differ."""
    from shell.printing import err, print_facts, print_json

    settle(library)
    report = library.check()
    if as_json:
        print_json(report)
    else:
        print_facts({name: value for name, value in report.items() if name != "examples"})
        for example in report["examples"]:
            err().print(example, markup=False)
    if not report["clean"]:
        raise Stop("The indexes are not those of the database; `backfile rebuild` makes them anew.", Exit.INCOMPLETE)


@on_archive()
def rebuild(*, library: Library, as_json: JSON = False) -> None:
    """Build the indexes anew from the database. Nothing is encoded whose vector is stored."""
    from shell.printing import print_facts, print_json

    report = library.rebuild()
    if as_json:
        print_json(report)
    else:
        print_facts(report)


@on_archive()
def stats(*, library: Library, as_json: JSON = False) -> None:
    """What the archive has, and how far its indexes are."""
    from shell.printing import print_facts, print_json

    status = library.status()
    if as_json:
        print_json(status)
    else:
        print_facts({"archive": library.place, **status})


COMMANDS = (check, rebuild, stats)
