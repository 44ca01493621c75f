"""Which representation the caller would like best (`Accept`, RFC 9110, section 12.5.1)."""

from collections.abc import Sequence

from starlette.requests import Request

from api.errors import Refusal


def best(request: Request, offered: Sequence[str]) -> str:
    """The offered media type that `Accept` weighs highest, the first of equals. Raises Refusal where it takes none."""
    accept = ",".join(request.headers.getlist("accept")) or "*/*"
    ranges = [_range(part) for part in accept.split(",") if part.strip()]
    weights = {media: _weight(media, ranges) for media in offered}
    chosen = max(offered, key=lambda media: weights[media])
    if weights[chosen] <= 0:
        raise Refusal("not_acceptable", f"This is offered as {', '.join(offered)}.")
    return chosen


def _range(part: str) -> tuple[str, float]:
    media, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            return media.lower(), _quality(value)
    return media.lower(), 1.0


def _quality(value: str) -> float:
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


def _weight(media: str, ranges: Sequence[tuple[str, float]]) -> float:
    """The weight of the most specific range that covers the media type."""
    group = media.partition("/")[0] + "/*"
    for pattern in (media, group, "*/*"):
        found = [quality for asked, quality in ranges if asked == pattern]
        if found:
            return max(found)
    return 0.0
