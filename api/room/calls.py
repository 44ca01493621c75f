"""The same from the HTTP interface: what a page shows, as a request with curl and as a call of the Python client."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from starlette.requests import Request


@dataclass(frozen=True)
class Call:
    """An operation by its id, with its arguments. `arguments`: as the client's method takes them, those of the path first and
    by position; left out where they are None, empty or no more than the default would be."""

    operation: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


def curl(request: Request, call: Call) -> str:
    """A command for a shell."""
    method, template = _route(request, call.operation)
    address = template
    for name, value in call.path.items():
        address = address.replace("{" + name + "}", quote(value, safe=""))
    query = urlencode([(name, _plain(value)) for name, value in _pairs(call.query)])
    url = f"{_origin(request)}{address}{'?' + query if query else ''}"
    parts = ["curl", *([] if method == "GET" else ["-X", method]), shlex.quote(url)]
    if getattr(request.state, "signed_in", False):
        parts += ["-H", shlex.quote("Authorization: Bearer $BACKFILE_KEY").replace("'", '"')]
    if call.body is not None:
        parts += ["-H", "'Content-Type: application/json'", "-d", shlex.quote(orjson.dumps(call.body).decode())]
    return " ".join(parts)


def python(request: Request, call: Call) -> str:
    """A call of the client."""
    key = ", key=os.environ['BACKFILE_KEY']" if getattr(request.state, "signed_in", False) else ""
    arguments = [repr(value) for value in call.path.values()]
    arguments += [f"{name}={value!r}" for name, value in {**_given(call.query), **(call.body or {})}.items()]
    return f"Backfile({_origin(request)!r}{key}).{call.operation}({', '.join(arguments)})"


def _given(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value not in (None, "", [], ())}


def _pairs(query: Mapping[str, Any]) -> list[tuple[str, Any]]:
    pairs = []
    for name, value in _given(query).items():
        pairs += [(name, each) for each in value] if isinstance(value, list | tuple) else [(name, value)]
    return pairs


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _route(request: Request, operation: str) -> tuple[str, str]:
    """Method and path of an operation. Raises KeyError where there is none of that name."""
    return _routes(request)[operation]


def _routes(request: Request) -> dict[str, tuple[str, str]]:
    state = request.app.state
    if not hasattr(state, "operations"):
        paths = request.app.openapi()["paths"]
        state.operations = {
            operation["operationId"]: (method.upper(), path)
            for path, methods in paths.items()
            for method, operation in methods.items()
            if "operationId" in operation
        }
    found: dict[str, tuple[str, str]] = state.operations
    return found


def _origin(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"
