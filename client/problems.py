"""What can go wrong, as exceptions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, TypedDict

import httpx


class FieldError(TypedDict):
    """`pointer` is a JSON pointer into the request's body, or `/parameter` of its query."""

    pointer: str
    detail: str


class BackfileError(Exception):
    """The root of all that this client raises."""


class Unreachable(BackfileError):
    """The server gave no answer: refused, timed out, or broke off."""


class Problem(BackfileError):
    """The server's answer was a problem (RFC 9457). `code` is stable and meant for programs, `detail` is for people."""

    statuses: ClassVar[tuple[int, ...]] = ()

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: list[FieldError] | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors or []
        self.request_id = request_id

    def __str__(self) -> str:
        fields = "".join(f"\n  {error['pointer']}: {error['detail']}" for error in self.errors)
        return f"{self.detail} [{self.status} {self.code}]{fields}"


class Invalid(Problem):
    """The request has a value that it cannot have; `errors` names the fields."""

    statuses = (400, 405, 406, 421, 422)


class Unauthorized(Problem):
    """No key, or not a valid one."""

    statuses = (401,)


class Forbidden(Problem):
    """The key may not do this."""

    statuses = (403,)


class NotFound(Problem):
    statuses = (404,)


class Conflict(Problem):
    """What is stored does not go together with the request."""

    statuses = (409,)


class Gone(Problem):
    """The cursor's ranking is no longer kept: start again from the first page."""

    statuses = (410,)


class PreconditionFailed(Problem):
    """The article has changed since the version that was named."""

    statuses = (412, 428)


class TooLarge(Problem):
    statuses = (413,)


class Unsupported(Problem):
    """No reader for this media type."""

    statuses = (415,)


class Unavailable(Problem):
    """Not now: `Retry-After` was waited for as often as the client may."""

    statuses = (429, 503)


class ServerFailed(Problem):
    """The server's own fault."""

    statuses = (500, 502, 504)


_BY_STATUS = {status: kind for kind in Problem.__subclasses__() for status in kind.statuses}


@contextmanager
def reaching(url: httpx.URL) -> Iterator[None]:
    """Within, what breaks the connection is raised as Unreachable."""
    try:
        yield
    except httpx.TransportError as failure:
        raise Unreachable(f"{url} gave no answer: {str(failure) or type(failure).__name__}") from failure


def problem_of(response: httpx.Response) -> Problem:
    """The exception for an answer of status 400 or above, also where something between us and the server gave it."""
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        document = {}
    kind = _BY_STATUS.get(response.status_code, Problem)
    return kind(
        response.status_code,
        str(document.get("code", "unknown")),
        str(document.get("detail") or document.get("title") or f"The server answered {response.status_code} without a reason."),
        document.get("errors"),
        document.get("request_id") or response.headers.get("x-request-id"),
    )
