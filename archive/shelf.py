"""Articles that were shown lately, whole, so that the next answer need not read them again.

An article's key and its place in the change log together name a state that never changes. Which one is current, the database is
asked at every question (`archive.standing`); so what lies here may be forgotten, and is never out of date.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from archive.answers import ArticleOut
from archive.memory import Memory
from archive.reading import present
from db import Connection, articles
from db.articles import Whole

CHARACTERS: Final = 8_000_000
"""Of text kept at most: some 20 MB."""


@dataclass(frozen=True)
class Shelved(Whole):
    """An article with its paragraphs and references, as it is shown."""

    @cached_property
    def shown(self) -> ArticleOut:
        """As lists show it, without its text."""
        return present(self.article)

    @cached_property
    def size(self) -> int:
        return 500 + sum(100 + len(paragraph.text) for paragraph in self.article.paragraphs)


class Shelf:
    """The articles shown last, up to so many characters."""

    def __init__(self, characters: int = CHARACTERS) -> None:
        self._held: Memory[int, Shelved] = Memory(characters, lambda shelved: shelved.size)

    def take(self, conn: Connection, wanted: Mapping[int, int]) -> dict[int, Shelved]:
        """Those of the articles (key -> seq) that are in that state."""
        held = ((key, self._held.get(key)) for key in wanted)
        found = {key: shelved for key, shelved in held if shelved is not None and shelved.article.seq == wanted[key]}
        missing = [key for key in wanted if key not in found]
        for key, whole in articles.whole(conn, missing).items() if missing else ():
            shelved = Shelved(whole.article, whole.paragraphs, whole.passages)
            self._held.keep(key, shelved)
            if shelved.article.seq == wanted[key]:
                found[key] = shelved
        return found
