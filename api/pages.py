"""Pages about the interface itself: the OpenAPI document, and two pages for people that load nothing from elsewhere."""

import html
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.conditional import bytes_tag, not_modified
from api.errors import KINDS
from api.operations import Public
from api.reference import resolved

router = APIRouter(route_class=Public, include_in_schema=False)

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d1d1f;background:#fff}
code,pre{font:14px/1.45 ui-monospace,monospace;background:#f4f4f2;border-radius:4px}code{padding:.1em .3em}
pre{padding:.8rem;overflow:auto}table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;
padding:.3rem .6rem;border-bottom:1px solid #ddd}
details{border:1px solid #ddd;border-radius:6px;margin:.5rem 0;padding:.5rem .8rem}
summary{cursor:pointer}.m{display:inline-block;min-width:4.5rem;font-weight:700}h2{margin-top:2.5rem}
@media(prefers-color-scheme:dark){body{background:#1b1b1d;color:#e8e8e6}code,pre{background:#2a2a2d}
td,th,details{border-color:#444}a{color:#8ab4f8}}
"""


@router.get("/openapi.json")
def openapi_json(request: Request) -> Response:
    content = orjson.dumps(request.app.openapi())
    headers = {"ETag": bytes_tag(content), "Cache-Control": "no-cache"}
    if not_modified(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/json")


@router.get("/")
def entrance() -> Response:
    return RedirectResponse("/docs")


@router.get("/docs")
def docs(request: Request) -> Response:
    document = request.app.openapi()
    groups: dict[str, tuple[str, list[str]]] = {tag["name"]: (tag["description"], []) for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups[operation["tags"][0]][1].append(_operation(document, method.upper(), path, operation))
    body = "".join(f"<h2>{name}</h2><p>{html.escape(text)}</p>{''.join(shown)}" for name, (text, shown) in groups.items())
    intro = "<p><a href='/openapi.json'>OpenAPI document</a> · <a href='/docs/errors'>errors</a></p>"
    return page("Backfile HTTP interface", intro + f"<pre>{html.escape(document['info']['description'])}</pre>" + body)


@router.get("/docs/errors")
def docs_errors() -> Response:
    rows = "".join(
        f"<tr id='{kind.code}'><td><code>{kind.code}</code></td><td>{kind.status}</td>"
        f"<td>{html.escape(kind.title)}</td><td>{_inline(kind.help)}</td></tr>"
        for kind in KINDS.values()
    )
    head = "<tr><th>code</th><th>status</th><th>what</th><th>what to do</th></tr>"
    return page("Backfile errors", f"<p><a href='/docs'>All operations</a></p><table>{head}{rows}</table>")


def page(title: str, body: str) -> Response:
    whole = f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>"
    content = f"{whole}<style>{STYLE}</style><h1>{title}</h1>{body}</html>"
    return Response(content, headers={"Content-Security-Policy": POLICY}, media_type="text/html")


def _operation(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    parameters = "".join(_parameter(document, parameter) for parameter in operation.get("parameters", []))
    table = f"<table><tr><th>parameter</th><th>in</th><th>what</th></tr>{parameters}</table>" if parameters else ""
    answers = ", ".join(f"<code>{status}</code>" for status in operation["responses"])
    return (
        f"<details id='{operation['operationId']}'><summary><span class=m>{method}</span><code>{html.escape(path)}</code> "
        f"{html.escape(operation['summary'])}</summary><p>{_inline(operation['description'])}</p>{table}"
        f"{_bodies(operation)}<p>Answers: {answers}</p></details>"
    )


def _parameter(document: dict[str, Any], parameter: dict[str, Any]) -> str:
    schema = resolved(document, parameter.get("schema", {}))
    description = parameter.get("description") or schema.get("description", "")
    name = html.escape(parameter["name"]) + (" (required)" if parameter.get("required") else "")
    return f"<tr><td><code>{name}</code></td><td>{parameter['in']}</td><td>{_inline(description)}</td></tr>"


def _bodies(operation: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    return "".join(
        f"<p><code>{media}</code></p><pre>{html.escape(_text(example))}</pre>"
        for media, body in content.items()
        for example in _examples(body)
    )


def _examples(body: dict[str, Any]) -> list[Any]:
    return [body["example"]] if "example" in body else [example["value"] for example in body.get("examples", {}).values()]


def _text(example: Any) -> str:
    return example if isinstance(example, str) else orjson.dumps(example, option=orjson.OPT_INDENT_2).decode()


def _inline(text: str) -> str:
    """Plain text with `code` in it, as HTML."""
    parts = html.escape(text).replace("\n\n", "<br><br>").split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))
