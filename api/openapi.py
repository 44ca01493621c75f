"""The OpenAPI document: what routes say about themselves, and what holds for all of them."""

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from api import errors
from api.errors import KINDS
from api.shapes import ArticleIn, Problem
from archive.answers import JobNote, RelatedBatchLine
from archive.requests import UrlImport

DESCRIPTION = """\
An archive of articles: stored whole, understood by meaning and by words.

* Every error is a problem document (RFC 9457) with a stable `code`; see `/docs/errors`.
* Lists have `next`: for GET the URL of the next page (also in a `Link` header), for POST the cursor to send back as `cursor`.
* A `ref` names an article: `a_…` (its id), `url:https://…`, `ext:SOURCE:ID` or `sha256:…`.
* Dates are RFC 3339 date-times, or dates.
* Every response has `X-Request-Id`; a sane one of the caller's is taken over.
"""

TAGS = {
    "articles": "Stored pieces, their paragraphs and their history.",
    "search": "By meaning and by words.",
    "related": "What belongs together, and why.",
    "stories": "Articles that report the same developing event, found as articles become searchable.",
    "duplicates": "The same text again, and the same paragraph.",
    "browse": "By date, by field, by what one is typing.",
    "changes": "For those who keep a copy in step.",
    "imports": "Files, addresses and watched sources: what is to be read becomes a job, which survives anything.",
    "index": "How far the indexes have read, and the proof that they are right.",
    "keys": "Who may do what.",
    "health": "For those who run the server.",
}

NEXT = "For GET the URL of the next page, for POST the cursor to send back as `cursor`; null on the last page."
ALSO_IN_SCHEMA = (ArticleIn, JobNote, Problem, RelatedBatchLine, UrlImport)

_MEANING = {
    304: "Not modified: the caller has it already (`If-None-Match`).",
    400: "The request cannot be read, or its cursor is not one of this query's.",
    401: "An API key is needed, or this one is no longer valid.",
    403: "The API key may not do this, or a page of another site asks for it.",
    404: "There is no such thing.",
    406: "It is not offered in any media type that `Accept` names.",
    409: "It conflicts with what is there, or with a request that is not done yet.",
    410: "What it continues is gone: the ranking of the cursor, or the changes up to `since`.",
    412: "The article is not in the state that `If-Match` or `If-None-Match` asks for.",
    413: "The body is too large.",
    415: "The body has a media type that is not read here.",
    421: "The Host header names another server.",
    422: "A field has a value that it cannot have.",
    500: "Something went wrong here.",
    503: "Not now: `Retry-After` says when.",
}
EVERYWHERE = (400, 421, 422, 500, 503)
WITH_A_KEY = (401, 403)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The responses of an operation for these statuses."""
    return {status: _problem(status) for status in statuses}


def _problem(status: int) -> dict[str, Any]:
    if status == 304:
        return {"description": _MEANING[status]}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": _MEANING[status], "content": {errors.MEDIA_TYPE: {"schema": schema}}}


def refs() -> dict[int | str, dict[str, Any]]:
    """What may be wrong with a ref."""
    return problems(404, 409, 422)


def also_as(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """Other representations of the answer, as text."""
    return {200: {"content": {media: {"schema": {"type": "string"}} for media in media_types}}}


def ndjson(model: str) -> dict[int | str, dict[str, Any]]:
    """An answer of many lines, each a `model`."""
    schema = {"$ref": f"#/components/schemas/{model}"}
    return {200: {"description": "One JSON object a line.", "content": {"application/x-ndjson": {"schema": schema}}}}


def body_of(examples: Mapping[str, Any], model: str | None = None) -> dict[str, Any]:
    """The body of an operation that reads it by itself, in any of the media types, with an example or None.
    `model`: the schema of its JSON."""
    content = {}
    for media, example in examples.items():
        schema: dict[str, Any] = {"type": "object" if media.endswith("json") and isinstance(example, dict) else "string"}
        if model and media == "application/json":
            schema = {"$ref": f"#/components/schemas/{model}"}
        content[media] = {"schema": schema} if example is None else {"schema": schema, "example": example}
    return {"requestBody": {"required": True, "content": content}}


def document(routes: list[Any]) -> dict[str, Any]:
    """The whole document, OpenAPI 3.1."""
    whole = get_openapi(
        title="Backfile",
        version=version("backfile"),
        description=DESCRIPTION,
        routes=routes,
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
    )
    for route in routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for operation in _operations_of(whole, route):
                _finish(operation, route)
    _finish_components(whole["components"])
    return whole


def _operations_of(whole: dict[str, Any], route: APIRoute) -> Iterator[dict[str, Any]]:
    for method in sorted(route.methods or ()):
        yield whole["paths"][route.path_format][method.lower()]


def _finish(operation: dict[str, Any], route: APIRoute) -> None:
    needs: str | None = getattr(route, "needs", None)
    responses: dict[str, Any] = operation["responses"]
    for status in (*EVERYWHERE, *(WITH_A_KEY if needs else ())):
        if status != 422:
            responses.setdefault(str(status), _problem(status))
    responses["422"] = _problem(422)
    for status in (413, 415) if "requestBody" in operation else ():
        responses.setdefault(str(status), _problem(status))
    for response in responses.values():
        if response["description"] == "Successful Response":
            response["description"] = "The answer."
    operation["responses"] = dict(sorted(responses.items()))
    parameters: list[dict[str, Any]] = operation.setdefault("parameters", [])
    for parameter in parameters:
        _without_titles(parameter["schema"])
        parameter["schema"].pop("description", None)
    parameters.extend(_headers(responses, route))
    operation["security"] = [{"api_key": []}, {}] if needs else []
    if needs:
        operation["description"] += f"\n\nScope: `{needs}`."


def _headers(responses: Mapping[str, Any], route: APIRoute) -> Iterator[dict[str, Any]]:
    tags = {"type": "string"}
    if "304" in responses:
        yield _header("If-None-Match", "`ETag` of what the caller has: if it is still so, the answer is 304.", tags)
    if "412" in responses:
        yield _header("If-Match", "`ETag` of the article as the caller knows it: if it has changed, the answer is 412.", tags)
    if route.methods == {"POST"} and getattr(route, "needs", None) in ("write", "admin"):
        unique = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
        yield _header(
            "Idempotency-Key", "Sent again with the same key, the request acts once and is answered as the first time.", unique
        )


def _header(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}


def _without_titles(schema: dict[str, Any]) -> None:
    """Titles that only repeat the name of the field."""
    schema.pop("title", None)
    for field in schema.get("properties", {}).values():
        field.pop("title", None)


def _finish_components(components: dict[str, Any]) -> None:
    schemas: dict[str, Any] = components["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    _, more = models_json_schema(
        [(model, "serialization") for model in ALSO_IN_SCHEMA], ref_template="#/components/schemas/{model}"
    )
    for name, schema in more["$defs"].items():
        schemas.setdefault(name, schema)
    schemas["Problem"]["properties"]["code"]["enum"] = sorted(KINDS)
    for schema in schemas.values():
        _without_titles(schema)
        if "next" in schema.get("properties", {}):
            schema["properties"]["next"]["description"] = NEXT
    components["schemas"] = dict(sorted(schemas.items()))
    components["securitySchemes"] = {
        "api_key": {"type": "http", "scheme": "bearer", "description": "`bf_…`; needed unless the server is open on loopback."}
    }
