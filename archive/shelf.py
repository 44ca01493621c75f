"""Articles that were shown lately, whole, so that the next answer need not read them again.

An article's key and its place in the change log together name a state that never changes. Which one is current, the database is
asked at every question (`archive.standing`); so what lies here may be forgotten, and is never out of date.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Final

from archive.answers import ArticleOut
from archive.reading import present
from db import Connection, articles, passages
from db.records import Article

CHARACTERS: Final = 8_000_000
"""Of text kept at most: some 20 MB."""


@dataclass(frozen=True)
class Shelved:
    """An article with its paragraphs. `paragraphs` and `passages` say by their internal keys which paragraph (its ordinal) is
    meant, or stood for."""

    article: Article
    paragraphs: Mapping[int, int]
    passages: Mapping[int, int]

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
        self._characters = characters
        self._held: OrderedDict[int, Shelved] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def take(self, conn: Connection, wanted: Mapping[int, int]) -> dict[int, Shelved]:
        """Those of the articles (key -> seq) that are in that state."""
        found = {key: held for key, held in self._known(wanted) if held.article.seq == wanted[key]}
        missing = [key for key in wanted if key not in found]
        if missing:
            read = [shelved for shelved in _read(conn, missing) if shelved.article.seq == wanted[shelved.article.key]]
            self._keep(read)
            found |= {shelved.article.key: shelved for shelved in read}
        return found

    def _known(self, keys: Iterable[int]) -> list[tuple[int, Shelved]]:
        with self._lock:
            known = [(key, self._held[key]) for key in keys if key in self._held]
            for key, _ in known:
                self._held.move_to_end(key)
        return known

    def _keep(self, read: Iterable[Shelved]) -> None:
        with self._lock:
            for shelved in read:
                before = self._held.pop(shelved.article.key, None)
                self._held[shelved.article.key] = shelved
                self._size += shelved.size - (before.size if before else 0)
            while self._size > self._characters:
                _, oldest = self._held.popitem(last=False)
                self._size -= oldest.size


def _read(conn: Connection, keys: list[int]) -> Iterable[Shelved]:
    paragraphs = articles.paragraph_keys(conn, keys)
    parts = passages.of_articles(conn, keys)
    for key, article in articles.many(conn, keys, paragraphs=True).items():
        yield Shelved(
            article,
            paragraphs={paragraph: ordinal for ordinal, paragraph in enumerate(paragraphs.get(key, ()))},
            passages={part.key: part.paragraph for part in parts.get(key, ())},
        )
