"""ETags: strong ones of articles, weak ones of everything that is put together for an answer (RFC 9110, section 8.8)."""

import hashlib
from collections.abc import Collection

from starlette.requests import Request

from archive.answers import ArticleOut

ANY = "*"


def version(article: ArticleOut) -> str:
    """Names the article's state; what `If-Match` compares."""
    return f"{article.sha256[:16]}-{article.revision}"


def article_tag(article: ArticleOut, variant: Collection[str] = ()) -> str:
    """The strong ETag of a representation. `variant` has what makes it other than the default one: media type, includes.

    The version stays readable in front of `~`, so that the tag of any representation may be sent back in `If-Match`."""
    parts = sorted(variant)
    if article.indexing is not None and article.indexing.state != "searchable":
        parts.append(f"pending {article.indexing.passages}")
    if not parts:
        return f'"{version(article)}"'
    return f'"{version(article)}~{_digest(" ".join(parts).encode())}"'


def weak_tag(content: bytes) -> str:
    """The tag of an answer by all it says that matters (not how long it took)."""
    return f'W/"{_digest(content)}"'


def bytes_tag(content: bytes) -> str:
    """The strong tag of bytes that are answered as they are."""
    return f'"{_digest(content)}"'


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def tags(request: Request, header: str) -> list[tuple[bool, str]] | None:
    """The tags of a conditional header as (weak, tag), `*` as itself; None without the header. Quotes may be missing: what is no
    tag at all equals none of ours, so that it neither hides a change nor lets one be lost."""
    if header not in request.headers:
        return None
    parts = ",".join(request.headers.getlist(header)).split(",")
    return [(part.startswith("W/"), part.removeprefix("W/").strip('"')) for part in map(str.strip, parts)]


def not_modified(request: Request, tag: str) -> bool:
    """Whether `If-None-Match` says that the caller has this already (weak comparison)."""
    given = tags(request, "If-None-Match")
    opaque = tag.removeprefix("W/").strip('"')
    return given is not None and any(name in (opaque, ANY) for _, name in given)


def acceptable_versions(request: Request) -> set[str] | None:
    """What `If-Match` accepts, for `Archive`: versions of the article; None for any (`*`, or no such header)."""
    given = tags(request, "If-Match")
    if given is None or (False, ANY) in given:
        return None
    return {name.partition("~")[0] for weak, name in given if not weak}


def must_exist(request: Request) -> bool:
    """`If-Match` is there: nothing is created."""
    return "if-match" in request.headers


def must_be_new(request: Request) -> bool:
    """`If-None-Match: *`: nothing is replaced."""
    given = tags(request, "If-None-Match")
    return given is not None and (False, ANY) in given
