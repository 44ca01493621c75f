"""Answers as JSON: written once, by pydantic's own serializer; the response models of the routes are for the OpenAPI document."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from api.conditional import not_modified, weak_tag

REVALIDATE = "no-cache"
"""Caches may keep it, and ask each time whether it is still so."""


def encoded(answer: BaseModel, *, exclude: set[str] | None = None) -> bytes:
    return answer.__pydantic_serializer__.to_json(answer, exclude=exclude)


def answered(answer: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(encoded(answer), status, headers, "application/json")


def cached(
    request: Request, answer: BaseModel, *, cache_control: str = REVALIDATE, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer with a weak ETag, or 304 where the caller has it already."""
    content = encoded(answer)
    return tagged(request, content, weak_tag(content), {"Cache-Control": cache_control, **(headers or {})})


def tagged(request: Request, content: bytes, tag: str, headers: Mapping[str, str]) -> Response:
    """JSON with its tag, or 304 where the caller has it already."""
    if not_modified(request, tag):
        return Response(status_code=304, headers={"ETag": tag, **headers})
    return Response(content, headers={"ETag": tag, **headers}, media_type="application/json")


def paged(request: Request, answer: Any, *, cache_control: str = REVALIDATE) -> Response:
    """As `cached`, for an answer with `next`: the cursor becomes the URL of the next page, also in a Link header (RFC 8288)."""
    shown, headers = linked(request, answer)
    return cached(request, shown, cache_control=cache_control, headers=headers)


def linked(request: Request, answer: Any) -> tuple[Any, dict[str, str]]:
    """The answer with its cursor as the URL of the next page, and that as a header."""
    if answer.next is None:
        return answer, {}
    url = next_url(request, answer.next)
    return answer.model_copy(update={"next": url}), {"Link": f'<{url}>; rel="next"'}


def next_url(request: Request, cursor: str, parameter: str = "cursor") -> str:
    """The same request, continued: path and query, without a host."""
    query = request.scope["query_string"].decode("ascii")
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != parameter]
    path: bytes = request.scope["raw_path"]
    return f"{path.decode('ascii')}?{urlencode([*kept, (parameter, cursor)])}"
