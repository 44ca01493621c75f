"""A request as a value, and what both clients do with its answer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import update_wrapper
from inspect import Parameter, signature
from typing import Any, BinaryIO, Generic, Self, TypeVar, cast

import httpx

T = TypeVar("T")
Item = TypeVar("Item")

LONGEST_PAUSE_S = 10
"""A server that asks for more patience than this has a cause that waiting will not cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """One request and how its answer is read. `patience`: seconds that the server may take on top of the client's timeout.

    `repeatable`: sending it twice does what sending it once does. `files`: names with what is read from when it is sent."""

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    content: bytes | Iterable[bytes] | None = None
    files: Sequence[tuple[str, BinaryIO]] = ()
    patience: float = 0
    repeatable: bool = True

    def request(self, http: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        return http.build_request(
            self.method,
            self.path,
            params=dict(self.query),
            headers=dict(self.headers),
            json=self.json,
            content=self.content,
            files=[("file", (name, stream, "application/octet-stream")) for name, stream in self.files] or None,
            timeout=_longer(http.timeout, self.patience),
        )

    def pause(self, response: httpx.Response) -> float | None:
        """Seconds after which the call may be sent again; None if it may not."""
        asked = response.headers.get("retry-after", "")
        if response.status_code not in (409, 503) or not self.repeatable or not asked.isdecimal():
            return None
        return None if int(asked) > LONGEST_PAUSE_S else float(asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class PagedCall(Call[T], Generic[T, Item]):
    """A call whose answer is a page. `following` names the parameters that lead to the next one, None after the last."""

    items: Callable[[T], list[Item]]
    following: Callable[[T], Mapping[str, Any] | None]

    def after(self, answer: T) -> Self | None:
        changes = self.following(answer)
        if changes is None:
            return None
        if self.json is not None:
            return replace(self, json={**self.json, **changes})
        return replace(self, query={**self.query, **changes})


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCall(Call[Any], Generic[Item]):
    """A call whose answer comes line by line. `lines`, if given, are sent one JSON value a line."""

    item: Callable[[bytes], Item]


class Lines:
    """Bytes go in as they come, whole lines come out. Only a newline ends one: JSON may hold Unicode's other separators."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        return [line for line in whole if line.strip()]

    def end(self) -> list[bytes]:
        return self.feed(b"\n")


def json_of(kind: type[T]) -> Callable[[httpx.Response], T]:
    """The answer's JSON, taken at the server's word to be a `kind`."""
    return lambda response: cast(T, response.json())


def options(url: str, key: str | None, timeout: float) -> dict[str, Any]:
    """What both clients give to httpx."""
    authorization = {"Authorization": f"Bearer {key}"} if key else {}
    return {"base_url": url, "timeout": timeout, "headers": {"User-Agent": "backfile-python", **authorization}}


def as_method(method: Callable[..., Any], build: Callable[..., Any]) -> None:
    """Give `method` the name, the words and the signature of the function that builds its call."""
    update_wrapper(method, build)
    own = signature(build)
    parameters = [Parameter("self", Parameter.POSITIONAL_ONLY), *own.parameters.values()]
    method.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]


def _longer(timeout: httpx.Timeout, patience: float) -> httpx.Timeout:
    if not patience or timeout.read is None:
        return timeout
    return httpx.Timeout(timeout.read + patience, connect=timeout.connect, write=timeout.write, pool=timeout.pool)
