"""What goes wrong while reading, as values and exceptions that name the field."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

Problem: TypeAlias = tuple[str, str]
"""(JSON pointer, what is wrong there)"""

Code: TypeAlias = Literal[
    "blocked_page",  # a cookie wall, a captcha, a login or an error page in the place of an article
    "empty",  # no bytes, or nothing but white space
    "encrypted",  # a password is needed
    "invalid_article",  # a field has a value that it cannot have
    "malformed",  # the bytes are not of the format that they claim to be, or are damaged
    "no_article",  # well-formed, and nothing in it is an article
    "too_large",  # more bytes, pages or levels than are read
    "truncated",  # the end is missing
    "undecodable",  # no text in any charset
    "unsafe_path",  # the name of a member leads out of its container
    "unsupported",  # no reader for this format
]
"""What callers may switch on. The reason beside it is a sentence for people."""

CODES: tuple[Code, ...] = get_args(Code)


class ParsingFailed(Exception):
    """The bytes or values are no article. `errors` lists everything that is wrong; `reason` and `pointer` are the first."""

    def __init__(
        self, reason: str, pointer: str | None = None, errors: Sequence[Problem] = (), *, code: Code = "malformed"
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.pointer = pointer
        self.errors = list(errors) or [(pointer or "", reason)]
        self.code: Code = code

    @classmethod
    def for_errors(cls, errors: Sequence[Problem]) -> "ParsingFailed":
        pointer, detail = errors[0]
        return cls(detail, pointer, errors, code="invalid_article")


class UnsupportedMediaType(ParsingFailed):
    """No reader for bytes of this type."""

    def __init__(self, media_type: str) -> None:
        super().__init__(f"cannot read {media_type}", code="unsupported")
        self.media_type = media_type


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item that is no article, in its place. `index` counts items from 0, `line` lines from 1 where there are any."""

    index: int
    line: int | None
    reason: str
    pointer: str | None = None
    errors: tuple[Problem, ...] = ()
    code: Code = "malformed"

    @classmethod
    def because(cls, failure: ParsingFailed, index: int, line: int | None = None) -> "Unreadable":
        return cls(index, line, failure.reason, failure.pointer, tuple(failure.errors), failure.code)
