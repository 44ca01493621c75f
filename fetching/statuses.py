"""What a status without content means to who wanted the page."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from fetching.errors import FetchFailed
from fetching.exchange import Answer

LONGEST_RETRY_S = 30 * 86_400.0
"""What a host says beyond that is a slip."""

_TEMPORARY = frozenset([202, 408, 425, 429])
_LASTING_FAULTS = frozenset([501, 505, 506, 508, 510, 511])
_WHY = {
    202: "has not made the page yet; try later",
    401: "wants a name and password, and none are sent; save the page in a browser and add the file",
    402: "wants to be paid; save the page in a browser and add the file",
    403: "does not let this program in; save the page in a browser and add the file",
    404: "has no such page; look for a typing error",
    407: "wants a proxy's password",
    408: "waited for the request too long; try later",
    410: "has removed this page",
    425: "does not answer yet; try later",
    429: "has been asked too often; try later",
    451: "may not show this page, for legal reasons",
    511: "is behind a network that wants a login first",
}


def failure(host: str, answer: Answer, now: datetime | None = None) -> FetchFailed:
    retry_after_s = seconds_until(answer.header("retry-after"), now or datetime.now(UTC))
    return FetchFailed(
        "http_error",
        f"{host} {_why(answer.status)} (status {answer.status}{_phrase(answer.status)})",
        status=answer.status,
        retry_after_s=retry_after_s,
        temporary=is_temporary(answer.status),
    )


def is_temporary(status: int) -> bool:
    """The same request may go well later."""
    return status in _TEMPORARY or (500 <= status < 600 and status not in _LASTING_FAULTS)


def seconds_until(retry_after: str | None, now: datetime) -> float | None:
    """A value of Retry-After, which is a number of seconds or a date (RFC 9110, 10.2.3); None for what is neither."""
    value = (retry_after or "").strip()
    if re.fullmatch(r"[0-9]+", value):
        return min(float(value[:20]), LONGEST_RETRY_S)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_RETRY_S)


def _why(status: int) -> str:
    if status in _WHY:
        return _WHY[status]
    if status >= 500:
        return "has a fault of its own" + ("; try later" if is_temporary(status) else "")
    if status >= 400:
        return "refuses the request"
    return "answers without a page"


def _phrase(status: int) -> str:
    try:
        return f", {HTTPStatus(status).phrase}"
    except ValueError:
        return ""
