"""`docs/http.md`, from the OpenAPI document: `python -m api.reference > docs/http.md`; with `--json`, `docs/openapi.json`."""

import sys
from collections.abc import Iterator
from typing import Any

import orjson

from api.errors import KINDS


def main(arguments: list[str]) -> None:
    from api.app import create_app
    from archive.settings import Settings

    document = create_app(Settings()).openapi()
    sys.stdout.write(as_json(document) if "--json" in arguments else reference(document))


def as_json(document: dict[str, Any]) -> str:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def reference(document: dict[str, Any]) -> str:
    """The whole page."""
    lines = ["# HTTP interface", "", "Made by `python -m api.reference` from the OpenAPI document (`docs/openapi.json`).", ""]
    lines += [document["info"]["description"]]
    for tag in document["tags"]:
        lines += [f"## {tag['name'].capitalize()}", "", tag["description"], ""]
        for method, path, operation in operations(document, tag["name"]):
            lines += _operation(document, method, path, operation)
    return "\n".join([*lines, *_schemas(document), *_errors()]) + "\n"


def operations(document: dict[str, Any], tag: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if operation["tags"] == [tag]:
                yield method.upper(), path, operation


def _operation(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"### `{method} {path}`"
    yield f"\n*{operation['operationId']}* · {operation['summary']}\n\n{operation['description']}\n"
    if operation["parameters"]:
        yield "| parameter | in | type | |\n| --- | --- | --- | --- |"
        yield from (_parameter(document, parameter) for parameter in operation["parameters"])
        yield ""
    for medias, body in _bodies(operation):
        yield from _body(medias, body)
    yield from ("| status | answer |", "| --- | --- |")
    yield from (f"| {status} | {_answer(response)} |" for status, response in operation["responses"].items())
    yield ""


def _parameter(document: dict[str, Any], parameter: dict[str, Any]) -> str:
    schema = resolved(document, parameter["schema"])
    name = f"`{parameter['name']}`" + (" (required)" if parameter.get("required") else "")
    description = parameter.get("description") or schema.get("description", "")
    return f"| {name} | {parameter['in']} | {_cell(kind_of(document, schema))} | {_cell(description)} |"


def _bodies(operation: dict[str, Any]) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """The bodies with examples, each with the media types before it that have none of their own."""
    medias: list[str] = []
    for media, body in operation.get("requestBody", {}).get("content", {}).items():
        medias.append(media)
        if "example" in body or "examples" in body:
            yield medias, body
            medias = []
    if medias:
        yield medias, body


def _body(medias: list[str], body: dict[str, Any]) -> Iterator[str]:
    examples = [body["example"]] if "example" in body else [each["value"] for each in body.get("examples", {}).values()]
    schema = body.get("schema", {}).get("$ref", "").rpartition("/")[2]
    yield "Body: " + ", ".join(f"`{media}`" for media in medias) + (f" ([{schema}](#{schema.lower()}))" if schema else "") + "\n"
    for example in examples:
        text = example if isinstance(example, str) else orjson.dumps(example, option=orjson.OPT_INDENT_2).decode()
        yield f"```{'json' if isinstance(example, dict) else ''}\n{text.rstrip()}\n```\n"


def _answer(response: dict[str, Any]) -> str:
    shown = []
    for media, content in response.get("content", {}).items():
        schema = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        shown.append(f"[{schema}](#{schema.lower()})" if schema else f"`{media}`")
    return _cell(" · ".join([*dict.fromkeys(shown), response["description"]]))


def _schemas(document: dict[str, Any]) -> Iterator[str]:
    yield "## Shapes\n"
    for name, schema in document["components"]["schemas"].items():
        yield f"### {name}\n"
        if "description" in schema:
            yield schema["description"] + "\n"
        yield from ("| field | type | |", "| --- | --- | --- |")
        for field, value in schema.get("properties", {}).items():
            yield f"| `{field}` | {_cell(kind_of(document, value))} | {_cell(value.get('description', ''))} |"
        yield ""


def _errors() -> Iterator[str]:
    yield "## Errors\n\nThe `type` of a problem leads to its row on the server's own `/docs/errors`.\n"
    yield "| code | status | what | what to do |\n| --- | --- | --- | --- |"
    for kind in KINDS.values():
        yield f'| <a id="{kind.code}"></a>`{kind.code}` | {kind.status} | {_cell(kind.title)} | {_cell(kind.help)} |'


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema that a `$ref` leads to."""
    if "$ref" not in schema:
        return schema
    target: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return target


def kind_of(document: dict[str, Any], schema: dict[str, Any]) -> str:
    """The type in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(kind_of(document, option) for option in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array" and "items" in schema:
        return "list of " + kind_of(document, schema["items"])
    return str(schema.get("type", "any")) + _limits(schema)


def _limits(schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is None and high is None:
        return ""
    return f" ({'' if low is None else low}–{'' if high is None else high})"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    main(sys.argv[1:])
