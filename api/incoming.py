"""Articles on their way in: the body of a request becomes a draft."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import orjson
from pydantic import Field
from starlette.requests import Request

from api.bodies import decode_json, is_json, media_type
from archive import parsing
from archive.errors import FieldError, InvalidRequest, UnreadableArticle, UnsupportedFormat
from archive.parsing import ParsingFailed, Unreadable, UnsupportedMediaType
from archive.requests import CONFLICT_HELP, OnConflict
from archive.requests import Request as Parameters
from db.records import Draft, Original

DOCUMENTS = ("text/plain", "text/markdown", "text/html")
"""What an article may be sent as, beside JSON."""

Named = Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\x00]*$")]


class ConflictQuery(Parameters):
    on_conflict: OnConflict = Field("update", description=CONFLICT_HELP)


class IncomingQuery(ConflictQuery):
    url: Named | None = Field(
        None, description="URL of the article, where its bytes do not say it.", examples=["https://example.org/a"]
    )
    source: Named | None = Field(None, max_length=300, description="Where it was published, where its bytes do not say it.")
    external_id: Named | None = Field(None, max_length=1000, description="Its name there.")


def read_article(request: Request, body: bytes) -> Draft:
    """The article in the body, JSON or a document. Raises UnreadableArticle, UnsupportedFormat, Refusal."""
    media, charset = media_type(request)
    if is_json(media):
        return from_json(decode_json(body), Original(body, "application/json", "utf-8"))
    if media not in DOCUMENTS:
        expected = ", ".join(("application/json", *DOCUMENTS))
        raise UnsupportedFormat(f"An article is sent as {expected}; not as {media or 'bytes without a Content-Type'}.")
    return from_document(body, media, charset, request.query_params.get("url"))


def from_json(document: Any, original: Original) -> Draft:
    try:
        return parsing.draft_from_json(document, original=original, strict=True)
    except ParsingFailed as failure:
        raise unreadable(failure) from failure


def from_document(body: bytes, media: str, charset: str | None, url: str | None) -> Draft:
    try:
        return parsing.parse_one(body, media, charset=charset, url=url, strict=True)
    except UnsupportedMediaType as failure:
        raise UnsupportedFormat(failure.reason) from failure
    except ParsingFailed as failure:
        raise unreadable(failure) from failure


def unreadable(failure: ParsingFailed) -> UnreadableArticle:
    return UnreadableArticle(failure.reason, [FieldError(pointer, detail) for pointer, detail in failure.errors])


def read_items(items: list[Any]) -> list[Draft | Unreadable]:
    """One draft per item, or why there is none."""
    return [_item(index, item) for index, item in enumerate(items)]


def _item(index: int, item: Any) -> Draft | Unreadable:
    try:
        return parsing.draft_from_json(item, original=Original(orjson.dumps(item), "application/json", "utf-8"), strict=True)
    except ParsingFailed as failure:
        return Unreadable.because(failure, index)


def identified(draft: Draft, names: IncomingQuery) -> Draft:
    """The draft with the identity given in the query string, where it does not say one itself."""
    given = {
        name: value for name in ("url", "source", "external_id") if (value := getattr(names, name)) and not getattr(draft, name)
    }
    return replace(draft, **given)


def named(draft: Draft, ref: str) -> Draft:
    """The draft under the name it is put at. Raises InvalidRequest where it says another."""
    kind, _, value = ref.partition(":")
    if kind == "url" and draft.url is None and draft.canonical_url is None:
        return replace(draft, url=value)
    return _named_externally(draft, value) if kind == "ext" else draft


def _named_externally(draft: Draft, value: str) -> Draft:
    source, _, external_id = value.partition(":")
    if draft.source is not None and value.startswith(f"{draft.source}:"):
        source, external_id = draft.source, value[len(draft.source) + 1 :]
    said: Mapping[str, tuple[str | None, str]] = {
        "source": (draft.source, source),
        "external_id": (draft.external_id, external_id),
    }
    wrong = [
        FieldError(f"/{name}", f"is {own!r} here and {asked!r} in the address")
        for name, (own, asked) in said.items()
        if own is not None and own != asked
    ]
    if wrong:
        raise InvalidRequest(f"{wrong[0].pointer} {wrong[0].detail}.", wrong)
    return replace(draft, source=source or None, external_id=external_id)
