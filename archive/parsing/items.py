"""What readers make of an input: items, one article each, read one by one when they are wanted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from archive.parsing.failures import ParsingFailed, Unreadable
from archive.parsing.limits import DEPTH, UNPACKED
from db.records import Draft


@dataclass(frozen=True, slots=True)
class Link:
    """An address in the place of an article: a feed that a list names, or a page that a feed only sums up.

    `draft` is what is known of the page without it; for one who cannot fetch, that is all there is."""

    url: str
    draft: Draft | None = None


Outcome: TypeAlias = Draft | Unreadable | Link


@dataclass(frozen=True, slots=True)
class Item:
    """One article of an input. `place` says for people where it was found; `read` is called at most once, and before the next
    item is asked for: what it reads may be a part of a stream. It raises nothing."""

    place: str
    read: Callable[[], Outcome]


class Budget:
    """How many bytes may still be unpacked from one input, over all levels of containers in it."""

    def __init__(self, total: int = UNPACKED) -> None:
        self._total = self._left = total

    def take(self, count: int) -> None:
        """Raises ParsingFailed when it is used up."""
        self._left -= count
        if self._left < 0:
            raise ParsingFailed(f"the file unpacks to more than {self._total:,} bytes", code="too_large")


@dataclass(frozen=True, slots=True)
class Given:
    """What is known of some bytes beside themselves.

    `name` is that of the file, by itself; `place` where it is, for people, its containers included. `url`: where the bytes were
    found. `mapping`: our names of fields, and what they are called in records of foreign data. `depth`: in how many containers
    they lie. `strict`: see `draft_from_json`."""

    name: str | None = None
    media_type: str | None = None
    charset: str | None = None
    url: str | None = None
    mapping: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    strict: bool = False
    place: str = ""
    depth: int = 0
    budget: Budget = field(default_factory=Budget, compare=False)

    def inside(self, name: str, *, media_type: str | None = None, url: str | None = None) -> "Given":
        """What is known of a member of these bytes. Raises ParsingFailed where containers are nested too deeply."""
        if self.depth >= DEPTH:
            raise ParsingFailed(f"containers in containers, more than {DEPTH} levels", code="too_large")
        place = f"{self.place}/{name}" if self.place else name
        return Given(
            name=name.rpartition("/")[2],
            media_type=media_type,
            url=url,
            mapping=self.mapping,
            strict=self.strict,
            place=place,
            depth=self.depth + 1,
            budget=self.budget,
        )


def failed(place: str, failure: ParsingFailed, index: int = 0, line: int | None = None) -> Item:
    """An item that says why there is none."""
    unreadable = Unreadable.because(failure, index, line)
    return Item(place, lambda: unreadable)
