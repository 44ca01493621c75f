"""How callers name an article: `a_…`, `url:https://…`, `ext:SOURCE:ID`, `sha256:…`."""

import re
from typing import TYPE_CHECKING

from archive.errors import AmbiguousRef, ArticleNotFound, MalformedRef
from archive.urls import normalize
from db import articles

if TYPE_CHECKING:
    from db import Connection

_ID = re.compile(r"a_[0-9a-z]{1,40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FORMS = "a ref has the form a_…, url:https://…, ext:SOURCE:ID or sha256:… (64 hex digits)"


def resolve(conn: "Connection", ref: str) -> int:
    """The article's key. Raises MalformedRef, ArticleNotFound, AmbiguousRef."""
    kind, value = parse(ref)
    keys = articles.find(conn, kind, value)
    if not keys:
        raise ArticleNotFound(ref)
    if len(keys) > 1:
        raise AmbiguousRef(f"{len(keys)} articles are known as {ref!r}; name one by its id.")
    return keys[0]


def parse(ref: str) -> "tuple[articles.RefKind, str]":
    """Kind and value, in the form in which they are stored. Raises MalformedRef."""
    if _ID.fullmatch(ref):
        return "id", ref
    kind, _, value = ref.partition(":")
    if kind == "url":
        return "url", _url(ref, value)
    if kind == "ext" and ":" in value and value.rpartition(":")[2]:
        return "ext", value
    if kind == "sha256" and _SHA256.fullmatch(value.lower()):
        return "sha256", value.lower()
    raise MalformedRef(f"{ref!r} is not a ref: {_FORMS}.")


def is_ref(text: str) -> bool:
    """Whether a text that may also be prose has the form of a ref."""
    try:
        parse(text)
    except MalformedRef:
        return False
    return True


def _url(ref: str, value: str) -> str:
    try:
        return normalize(value)
    except ValueError as error:
        raise MalformedRef(f"{ref!r} has no usable URL: {error}") from error
