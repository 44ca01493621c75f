"""Takes the fields of an article out of a mapping one by one, and gathers all that is wrong with them."""

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from archive.parsing import dates
from archive.parsing.characters import one_line, storable, unix_lines, unstorable
from archive.parsing.failures import Problem
from archive.parsing.limits import EXTRA
from archive.urls import normalize
from db.records import Moment

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")
_DEEPEST = 50


class Fields:
    """`strict`: what is wrong is an error. Otherwise it is a warning, and the value is kept in `extra`."""

    def __init__(self, values: Mapping[str, Any], *, strict: bool) -> None:
        self.strict = strict
        self.errors: list[Problem] = []
        self.warnings: list[str] = []
        self.used: dict[str, str] = {}
        self._values = dict(values)

    def take(self, *names: str) -> tuple[str, Any]:
        """The first of the names that has a value, and it. The others stay, and go to `extra`."""
        for name in names:
            value = self._values.pop(name, None)
            if value is not None:
                self.used[names[0]] = name
                return name, value
        return names[0], None

    def wrong(self, pointer: str, detail: str, value: Any) -> None:
        if self.strict:
            self.errors.append((pointer, detail))
            return
        self.warnings.append(f"{pointer} {detail}")
        if pointer.count("/") == 1:
            self._values[pointer[1:]] = value

    def clean(self, pointer: str, text: str) -> str:
        """The text without characters that cannot be stored."""
        text = unix_lines(text)
        obstacle = unstorable(text)
        if obstacle is None:
            return text
        if self.strict:
            self.errors.append((pointer, obstacle))
        else:
            self.warnings.append(f"{pointer} {obstacle}; such characters were removed")
        return storable(text)

    def string(self, *names: str) -> str | None:
        """One line of text, or None."""
        name, value = self.take(*names)
        text = self.text_of(f"/{name}", value)
        return one_line(text) or None if text is not None else None

    def text_of(self, pointer: str, value: Any) -> str | None:
        if value is None:
            return None
        if not self.strict and isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            self.wrong(pointer, "has to be a string", value)
            return None
        return self.clean(pointer, value)

    def labels(self, *names: str, split: Callable[[str], list[str]], single: tuple[str, ...]) -> tuple[str, ...]:
        """The names in all of the fields, each once. A string is one name where the field is in `single` and we are strict;
        foreign data may have several names in one string, which `split` finds."""
        found: dict[str, str] = {}
        for name in names:
            for label in self._labels(name, self._values.pop(name, None), split, single):
                found.setdefault(label.casefold(), label)
                self.used.setdefault(names[0], name)
        return tuple(found.values())

    def _labels(self, name: str, value: Any, split: Callable[[str], list[str]], single: tuple[str, ...]) -> list[str]:
        if value is None:
            return []
        if isinstance(value, list | tuple):
            return [label for position, item in enumerate(value) if (label := self._label(f"/{name}/{position}", item))]
        if isinstance(value, str) and self.strict and name not in single:
            self.wrong(f"/{name}", "has to be a list of strings", value)
            return []
        label = self._label(f"/{name}", value)
        return [label] if self.strict and label else [one_line(part) for part in split(label or "") if part.strip()]

    def _label(self, pointer: str, item: Any) -> str:
        if isinstance(item, Mapping) and "name" in item:
            item = item["name"]
        return one_line(self.text_of(pointer, item) or "")

    def moment(self, *names: str) -> Moment | None:
        name, value = self.take(*names)
        if value is None:
            return None
        try:
            moment, warning = dates.read(value) if _may_be_date(value) else _refuse("has to be a date")
        except ValueError as wrong:
            self.wrong(f"/{name}", str(wrong), value)
            return None
        if warning:
            self.warnings.append(f"/{name} {warning}")
        return moment

    def url(self, *names: str) -> str | None:
        """An absolute http(s) address, as it is written."""
        return self._checked(names, _is_web_address, "has to be an absolute http or https address")

    def language(self, *names: str) -> str | None:
        """A language tag, as it is written."""
        return self._checked(names, _LANGUAGE.fullmatch, "has to be a language tag such as en or pt-BR")

    def _checked(self, names: tuple[str, ...], test: Callable[[str], object], detail: str) -> str | None:
        text = self.string(*names)
        if text is None or test(text):
            return text
        self.wrong(f"/{self.used[names[0]]}", detail, text)
        return None

    def extra(self) -> dict[str, Any]:
        """What no field took, as JSON values that every database stores."""
        given = self._values.pop("extra", None)
        if isinstance(given, Mapping):
            self._values = {**given, **self._values}
        elif given is not None:
            self.wrong("/extra", "has to be an object", given)
        kept = {
            self.clean("/extra", name): self._json(f"/{name}", value, 1)
            for name, value in self._values.items()
            if value is not None
        }
        if len(json.dumps(kept, ensure_ascii=False)) > EXTRA:
            self.errors.append(("/extra", f"the fields beside the known ones are more than {EXTRA:,} characters"))
        return kept

    def _json(self, pointer: str, value: Any, depth: int) -> Any:
        if depth > _DEEPEST:
            self.errors.append((pointer, f"is nested more than {_DEEPEST} deep"))
            return None
        if isinstance(value, str):
            return self.clean(pointer, value)
        if isinstance(value, Mapping):
            return {self.clean(pointer, str(name)): self._json(pointer, item, depth + 1) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._json(pointer, item, depth + 1) for item in value]
        return self._scalar(pointer, value)

    def _scalar(self, pointer: str, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        # Beyond these, JSON readers and databases do not agree (RFC 8259, section 6).
        if (isinstance(value, int) and abs(value) < 1 << 63) or (isinstance(value, float) and math.isfinite(value)):
            return value
        if self.strict:
            self.errors.append((pointer, "is a number that cannot be stored"))
        return str(value)


def _may_be_date(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _refuse(reason: str) -> dates.Reading:
    raise ValueError(reason)


def _is_web_address(text: str) -> bool:
    try:
        return bool(normalize(text))
    except ValueError:
        return False
