"""Bodies: JSON that is really JSON, and media types."""

from typing import Annotated, Any

import orjson
from fastapi import Depends
from starlette.requests import Request

from api.errors import Refusal
from archive.parsing.media import charset_of, essence


def decode_json(body: bytes) -> Any:
    """The JSON value. Refuses what is not UTF-8, NaN, lone surrogates and bottomless nesting."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal("malformed_json", f"The body is not JSON: {error}.") from error


def media_type(request: Request) -> tuple[str, str | None]:
    """The media type of the body in lower case (empty where none is given), and its charset."""
    header = request.headers.get("content-type", "")
    return essence(header), charset_of(header)


def is_json(media: str) -> bool:
    return media == "application/json" or (media.startswith("application/") and media.endswith("+json"))


def refuse_other_than_json(request: Request) -> None:
    media, _ = media_type(request)
    if not is_json(media):
        sent = f"not {media}" if media else "and name it with Content-Type"
        raise Refusal("unsupported_media_type", f"Send application/json, {sent}.", headers={"Accept": "application/json"})


class JsonRequest(Request):
    """A request whose body is decoded by `decode_json`."""

    async def json(self) -> Any:
        return decode_json(await self.body())


async def _raw(request: Request) -> bytes:
    return await request.body()


RawBody = Annotated[bytes, Depends(_raw)]
"""The body as it was sent."""
