"""Files and folders of articles."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from archive.parsing.characters import storable
from archive.parsing.failures import ParsingFailed, Unreadable
from archive.parsing.items import Given, Item, failed
from archive.parsing.members import is_input, is_left_behind
from archive.parsing.reading import items_in, without_fetching
from db.records import Draft


def paths_under(path: Path) -> Iterator[Path]:
    """The files to read, sorted: the path itself if it is a file, else all in the folder that have a known suffix, but for
    hidden ones, those that are about the folder, such as README.md, and pipes and devices. Raises FileNotFoundError."""
    if not path.exists():
        raise FileNotFoundError(path)
    if not path.is_dir():
        yield path
        return
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(name for name in folders if not is_left_behind(name))
        yield from (Path(folder, name) for name in sorted(files) if is_input(name) and not _is_special(Path(folder, name)))


def items_of(path: Path, given: Given | None = None) -> Iterator[Item]:
    """The items of one file, as `items_in` finds them; of one that cannot be opened, an item that says why. Of what is given
    about it, its name and, where there is none, its place are those of the path."""
    given = given or Given()
    given = replace(given, name=path.name, place=given.place or storable(str(path)))
    try:
        stream = path.open("rb")
    except OSError as failure:
        yield failed(given.place, ParsingFailed(f"the file cannot be read: {failure}"))
        return
    with stream:
        yield from items_in(stream, given)


def read_path(path: Path) -> Iterator[Draft | Unreadable]:
    """The articles of one file, one after another, those in containers too. What cannot be read is an Unreadable in its place."""
    for index, item in enumerate(items_of(path)):
        outcome = without_fetching(item.read())
        yield replace(outcome, index=index) if isinstance(outcome, Unreadable) else outcome


def _is_special(path: Path) -> bool:
    """A pipe, socket or device, which might never end. A link to nothing is a file that cannot be read."""
    return path.exists() and not path.is_file()
