"""Stylesheet and scripts: named by their content, so that browsers may keep them for good."""

import hashlib
from functools import cache
from importlib.resources import files

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

router = APIRouter(include_in_schema=False)

TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
FOR_GOOD = "public, max-age=31536000, immutable"


@cache
def asset(name: str) -> str:
    """Where a page finds it. Raises FileNotFoundError."""
    return f"/static/{hashlib.sha256(_content(name)).hexdigest()[:12]}/{name}"


@cache
def _content(name: str) -> bytes:
    return (files("api.room") / "static" / name).read_bytes()


@cache
def _names() -> frozenset[str]:
    return frozenset(file.name for file in (files("api.room") / "static").iterdir())


@router.get("/static/{digest}/{name}")
async def static(digest: str, name: str) -> Response:
    """Whatever the digest: a page that is still open after an update gets what there is now, and asks again."""
    if name not in _names():
        raise HTTPException(404)
    current = asset(name) == f"/static/{digest}/{name}"
    kept = FOR_GOOD if current else "no-cache"
    return Response(_content(name), headers={"Cache-Control": kept}, media_type=TYPES[name.rpartition(".")[2]])
