"""Pages about the interface itself: the OpenAPI document, and two pages for people that load nothing from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import APIRouter
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response

from api.conditional import bytes_tag, not_modified
from api.errors import KINDS
from api.operations import Public
from api.reference import resolved
from api.room.pages import render

router = APIRouter(route_class=Public, include_in_schema=False)


@router.get("/openapi.json")
def openapi_json(request: Request) -> Response:
    content = orjson.dumps(request.app.openapi())
    headers = {"ETag": bytes_tag(content), "Cache-Control": "no-cache"}
    if not_modified(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/json")


@router.get("/docs")
def docs(request: Request) -> Response:
    document = request.app.openapi()
    groups: dict[str, tuple[str, list[Described]]] = {tag["name"]: (tag["description"], []) for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups[operation["tags"][0]][1].append(Described.of(document, method.upper(), path, operation))
    return render(request, "docs.html", groups=groups, description=document["info"]["description"])


@router.get("/docs/errors")
def docs_errors(request: Request) -> Response:
    return render(request, "docs_errors.html", kinds=[(kind, inline(kind.help)) for kind in KINDS.values()])


@dataclass(frozen=True)
class Described:
    """An operation, to be read. `parameters`: name, place, what it is; `bodies`: media type and examples."""

    id: str
    method: str
    path: str
    summary: str
    description: Markup
    parameters: Sequence[tuple[str, str, Markup]]
    bodies: Sequence[tuple[str, Sequence[str]]]
    answers: Sequence[str]

    @classmethod
    def of(cls, document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> "Described":
        content = operation.get("requestBody", {}).get("content", {})
        return cls(
            operation["operationId"],
            method,
            path,
            operation["summary"],
            inline(operation["description"]),
            [_parameter(document, parameter) for parameter in operation.get("parameters", [])],
            [(media, [_text(example) for example in _examples(body)]) for media, body in content.items()],
            list(operation["responses"]),
        )


def _parameter(document: dict[str, Any], parameter: dict[str, Any]) -> tuple[str, str, Markup]:
    schema = resolved(document, parameter.get("schema", {}))
    description = parameter.get("description") or schema.get("description", "")
    return parameter["name"] + (" (required)" if parameter.get("required") else ""), parameter["in"], inline(description)


def _examples(body: dict[str, Any]) -> list[Any]:
    return [body["example"]] if "example" in body else [example["value"] for example in body.get("examples", {}).values()]


def _text(example: Any) -> str:
    return example if isinstance(example, str) else orjson.dumps(example, option=orjson.OPT_INDENT_2).decode()


def inline(text: str) -> Markup:
    """Plain text with `code` in it, as HTML."""
    code = Markup("<code>{}</code>")
    lines = [
        Markup("").join(code.format(part) if at % 2 else escape(part) for at, part in enumerate(line.split("`")))
        for line in text.split("\n\n")
    ]
    return Markup("<br><br>").join(lines)
