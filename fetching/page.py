"""What a fetch gives."""

import re
from dataclasses import dataclass, field
from datetime import datetime

_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")


@dataclass(frozen=True, slots=True)
class Page:
    """`content` is unpacked and complete; with status 304 there is none, and what the caller has is current.

    `url` is the address that answered. `redirects` are those that were gone to after `requested_url`, in order, so that the last
    of them is `url`. `moved_permanently_to` is `url` where every redirect was a permanent one (301, 308): from now on that is to
    be asked. `media_type` is in lower case, `charset` as it was announced; both are None where nothing was. `retrieved_at` is in
    UTC.
    """

    url: str
    requested_url: str
    status: int  # 200 or 304
    content: bytes = field(repr=False)
    media_type: str | None
    charset: str | None
    etag: str | None
    last_modified: str | None
    redirects: tuple[str, ...]
    moved_permanently_to: str | None
    retrieved_at: datetime


def media_type(content_type: str | None) -> str | None:
    value = (content_type or "").partition(";")[0].strip().lower()
    return value if _MEDIA_TYPE.fullmatch(value) else None


def charset(content_type: str | None) -> str | None:
    found = _CHARSET.search(content_type or "")
    return found[1] if found else None
