"""Counts over time, to be drawn: years or months in order, the empty ones too."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from api.room.templating import MONTHS, query
from archive.answers import FacetValue, Period

WIDTH = 10
HEIGHT = 48
LEAST_HEIGHT = 1.5
"""So that one article among thousands can be seen."""
LEAST_MOST = 4
"""A single article is never dark, even where no day has more."""
MOST = 240
"""Bars; of a longer time only the latest are drawn."""


@dataclass(frozen=True)
class Bar:
    """`after` and `before`: the dates it stands for; `address`: where these are chosen. Geometry in units of the picture."""

    name: str
    count: int
    after: str
    before: str
    address: str
    x: float
    y: float
    height: float


def bars(counts: Sequence[FacetValue], pairs: Sequence[tuple[str, Any]]) -> list[Bar]:
    """Of years (`2021`) or months (`2021-03`), in any order. None where there is nothing to compare."""
    by_period = {each.value: each.count for each in counts}
    if not by_period:
        return []
    most = max(by_period.values())
    return [_bar(place, period, by_period.get(period, 0), most, pairs) for place, period in enumerate(_through(by_period))]


def _through(periods: dict[str, int]) -> list[str]:
    first, last = min(periods), max(periods)
    return list(_months(first, last) if len(first) == 7 else _years(first, last))[-MOST:]


def _years(first: str, last: str) -> Iterator[str]:
    return (f"{year:04}" for year in range(int(first), int(last) + 1))


def _months(first: str, last: str) -> Iterator[str]:
    period = first
    while period <= last:
        yield period
        period = following(period)


def following(period: str) -> str:
    """The year or month after this one."""
    year, month = int(period[:4]), int(period[5:7] or 0)
    if not month:
        return f"{year + 1:04}"
    return f"{year + 1:04}-01" if month == 12 else f"{year:04}-{month + 1:02}"


def named(period: str) -> str:
    """`2021`, `March 2021`, `4 March 2021`."""
    year, *rest = period.split("-")
    month = [MONTHS[int(rest[0]) - 1]] if rest else []
    return " ".join([*(str(int(part)) for part in rest[1:]), *month, year])


def _bar(place: int, period: str, count: int, most: int, pairs: Sequence[tuple[str, Any]]) -> Bar:
    after, before = _first_day(period), _first_day(following(period))
    height = max(LEAST_HEIGHT, HEIGHT * count / most) if count else 0
    chosen = "?" + query(pairs, cursor=None, published_after=after, published_before=before)
    return Bar(named(period), count, after, before, chosen, place * WIDTH, round(HEIGHT - height, 2), round(height, 2))


def _first_day(period: str) -> str:
    return f"{period}-01" if len(period) == 7 else f"{period}-01-01"


def levels(periods: Sequence[Period]) -> dict[str, tuple[int, int]]:
    """Of each period its count, and how dark it is drawn, 1 to 4: by the share of the largest, on a scale on which few and many
    can both be told apart (its square root)."""
    most = max((LEAST_MOST, *(each.count for each in periods)))
    return {each.period: (each.count, min(4, 1 + int(4 * (each.count / most) ** 0.5 * 0.999))) for each in periods if each.count}
