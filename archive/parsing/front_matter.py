"""The metadata at the head of a Markdown file: YAML between `---`, TOML between `+++`, or a JSON object."""

import datetime
import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from archive.parsing.failures import ParsingFailed
from archive.parsing.limits import EXTRA

_OTHER_BREAKS = re.compile("[\x85\u2028\u2029]")  # PyYAML would write them as they are, and read them as white space
LONGEST: Final = EXTRA // 10
"""Characters of YAML or TOML, of which a program reads some hundred thousand a second."""

_YAML = re.compile(r"---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_TOML = re.compile(r"\+\+\+[ \t]*\n(.*?)\n\+\+\+[ \t]*(?:\n|$)", re.DOTALL)


def split(text: str) -> tuple[dict[str, Any], str]:
    """(metadata, the rest). Dates stay as they are written. Raises ParsingFailed for metadata that is damaged."""
    for pattern, values_of in ((_YAML, _yaml), (_TOML, _toml)):
        found = pattern.match(text)
        if found:
            if len(found[1]) > LONGEST:
                raise ParsingFailed(f"the front matter has more than {LONGEST:,} characters", code="too_large")
            values = values_of(found[1])
            return (values, text[found.end() :]) if values is not None else ({}, text)
    return _json(text) if text.startswith("{") else ({}, text)


def _yaml(source: str) -> dict[str, Any] | None:
    """None where it is no mapping: the lines between two rules of a text."""
    import yaml

    try:
        values = yaml.load(source, Loader=_loader())
    except (yaml.YAMLError, ValueError) as wrong:
        if not re.search(r"^\w+:", source, re.MULTILINE):
            return None
        raise ParsingFailed(f"the front matter is no YAML: {_on_one_line(wrong)}", "") from None
    except RecursionError:
        raise ParsingFailed("the front matter is nested too deeply", "") from None
    if values is None and not source.strip():
        return {}
    return {str(name): value for name, value in values.items()} if isinstance(values, Mapping) else None


def _loader() -> type[Any]:
    """YAML whose scalars stay as written, but for true, false, null and plain whole numbers: a date keeps its time zone, a
    title of 1.10 its zero, the language no is not false. Aliases are refused, a few lines of them can unfold to gigabytes."""
    import yaml

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("aliases are not read")
            return super().compose_node(parent, index)

    Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("(?:true|True|false|False)$"), list("tTfF"))
    Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("(?:~|null|Null|)$"), ["~", "n", "N", ""])
    Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"-?(?:0|[1-9]\d{0,17})$"), list("-0123456789"))
    return Loader


def written(values: Mapping[str, Any]) -> str:
    """Metadata that `split` reads as the same values: YAML, or JSON where that would be too long for it."""
    import yaml

    class Dumper(yaml.SafeDumper):
        yaml_implicit_resolvers = _loader().yaml_implicit_resolvers

        def ignore_aliases(self, data: Any) -> bool:
            return True

        def represent_text(self, text: str) -> Any:
            return self.represent_scalar("tag:yaml.org,2002:str", text, style='"' if _OTHER_BREAKS.search(text) else None)

    Dumper.add_representer(str, Dumper.represent_text)
    source = yaml.dump(values, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=10_000)
    if len(source) > LONGEST:
        return json.dumps(values, ensure_ascii=False, indent=2) + "\n"
    return f"---\n{source}---\n"


def _toml(source: str) -> dict[str, Any]:
    try:
        values = tomllib.loads(source)
    except (tomllib.TOMLDecodeError, RecursionError) as wrong:
        raise ParsingFailed(f"the front matter is no TOML: {_on_one_line(wrong)}", "") from None
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return {name: _plain(item) for name, item in value.items()} if isinstance(value, dict) else value


def _json(text: str) -> tuple[dict[str, Any], str]:
    try:
        values, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return {}, text
    return (values, text[end:]) if text[end : end + 1] in ("", "\n") else ({}, text)


def _on_one_line(wrong: Exception) -> str:
    return " ".join(str(wrong).split())
