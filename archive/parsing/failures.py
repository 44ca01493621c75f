"""What goes wrong while reading, as values and exceptions that name the field."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

Problem: TypeAlias = tuple[str, str]
"""(JSON pointer, what is wrong there)"""


class ParsingFailed(Exception):
    """The bytes or values are no article. `errors` lists everything that is wrong; `reason` and `pointer` are the first."""

    def __init__(self, reason: str, pointer: str | None = None, errors: Sequence[Problem] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.pointer = pointer
        self.errors = list(errors) or [(pointer or "", reason)]

    @classmethod
    def for_errors(cls, errors: Sequence[Problem]) -> "ParsingFailed":
        pointer, detail = errors[0]
        return cls(detail, pointer, errors)


class UnsupportedMediaType(ParsingFailed):
    """No reader for bytes of this type."""

    def __init__(self, media_type: str) -> None:
        super().__init__(f"cannot read {media_type}")
        self.media_type = media_type


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item that is no article, in its place. `index` counts items from 0, `line` lines from 1 where there are any."""

    index: int
    line: int | None
    reason: str
    pointer: str | None = None
    errors: tuple[Problem, ...] = ()

    @classmethod
    def because(cls, failure: ParsingFailed, index: int, line: int | None = None) -> "Unreadable":
        return cls(index, line, failure.reason, failure.pointer, tuple(failure.errors))
