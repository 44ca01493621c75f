"""Dates as people and programs write them, read without guessing."""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from db.records import Moment

_ISO = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2}|\d{8})"
    r"(?:[Tt\s]\s*(?P<hour>\d{1,2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<zone>[Zz]|[A-Z]{2,4}|[+-]\d{2}(?::?\d{2})?)?)?"
)
_FEED = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?\d{1,2}\s+[A-Za-z]{3}\s+\d{2,4}\s+\d{1,2}:\d{2}(?::\d{2})?\s+(?P<zone>[+-]\d{4}|[A-Z]{1,4})"
)
_MONTH_ONLY = re.compile(r"\d{4}(?:[-/.]\d{1,2})?|[A-Za-z]{3,9}\.?\s+\d{4}")
_EASTERN_ASIAN = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_NUMBERS = re.compile(r"\d+(?:-\d+){3,}")
_NUMERIC = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
# As JavaScript writes it: GMT+0200 (CEST). RFC 822 has comments, and Java the zone Etc/GMT.
_COMMENT = re.compile(r"([+-]\d{4})\s*\([^()]*\)$")
_PREFIXED_ZONE = re.compile(r"\b(?:Etc/)?(?:GMT|UTC)([+-]\d{2}:?\d{2})$")
_ETC = re.compile(r"\bEtc/(GMT|UTC)$")
_SIGNED_ZONE = re.compile(r"[A-Za-z]{3,}\s?[+-]\d")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_ZONES = {
    "UTC": 0, "GMT": 0, "UT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MET": 1, "MEST": 2, "EET": 2,
    "EEST": 3,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
"""The zones of RFC 822 and Europe's; other abbreviations have several meanings."""
_PLACES = {"ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles"}
"""American zones in summer and winter alike: the day says which."""

_NO_ZONE = "has no time zone and was read as UTC"


class Reading(NamedTuple):
    moment: Moment
    warning: str | None = None


def moment(text: str | int | datetime | date) -> Moment:
    """The date meant. Raises ValueError, with the reason, for what is incomplete, ambiguous or no date."""
    return read(text).moment


def read(text: str | int | datetime | date) -> Reading:
    """As `moment`, with a warning where something had to be assumed."""
    if isinstance(text, datetime):
        return _with_zone(text)
    if isinstance(text, date):
        return Reading(_day(text))
    if isinstance(text, int):
        return Reading(_since_1970(text))
    return _written(_ETC.sub(r"\1", _PREFIXED_ZONE.sub(r" \1", _COMMENT.sub(r"\1", text.strip()))))


def _written(text: str) -> Reading:
    iso = _ISO.fullmatch(text)
    if iso:
        return _iso(iso)
    if not text or len(text) > 100:
        raise ValueError("is no date")
    if _MONTH_ONLY.fullmatch(text):
        raise ValueError("has no day")
    if _NUMBERS.fullmatch(text):
        raise ValueError("is no complete date")
    feed = _FEED.fullmatch(text)
    return _feed(text, feed["zone"]) if feed else _elsewhere(text) or _human(text)


def _elsewhere(text: str) -> Reading | None:
    parts = _EASTERN_ASIAN.fullmatch(text)
    if parts is None:
        return None
    try:
        return Reading(_day(date(*map(int, parts.groups()))))
    except ValueError as wrong:
        raise ValueError(f"is no day of the calendar: {wrong}") from None


def _iso(parts: re.Match[str]) -> Reading:
    try:
        day = date.fromisoformat(parts["day"])
    except ValueError as wrong:
        raise ValueError(f"is no day of the calendar: {wrong}") from None
    if parts["hour"] is None:
        return Reading(_day(day))
    micros = int((parts["fraction"] or "0").ljust(6, "0")[:6])
    try:
        at = datetime(day.year, day.month, day.day, int(parts["hour"]), int(parts["minute"]), int(parts["second"] or 0), micros)
    except ValueError as wrong:
        raise ValueError(f"is no time of the day: {wrong}") from None
    return _with_zone(at.replace(tzinfo=_offset(parts["zone"])))


def _offset(zone: str | None) -> tzinfo | None:
    if zone is None:
        return None
    if zone[0] not in "+-":
        return _named(zone.upper())
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"has no such time zone: {zone}")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if zone[0] == "-" else offset)


def _named(zone: str) -> tzinfo:
    if zone in _PLACES:
        from dateutil.tz import gettz

        if (place := gettz(_PLACES[zone])) is None:
            raise ValueError(f"has a time zone whose rules are not installed: {zone}")
        return place
    if zone not in _ZONES:
        raise ValueError(f"has an unknown time zone: {zone}")
    return timezone(timedelta(hours=_ZONES[zone]))


def _feed(text: str, zone: str) -> Reading:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError) as wrong:
        raise ValueError(f"is no date: {wrong}") from None
    return _with_zone(at.replace(tzinfo=_offset(zone)))


def _human(text: str) -> Reading:
    numeric = _NUMERIC.search(text)
    if numeric and int(numeric[1]) <= 12 and int(numeric[2]) <= 12 and numeric[1] != numeric[2]:
        raise ValueError("is ambiguous: day and month cannot be told apart")
    if _SIGNED_ZONE.search(text):
        raise ValueError("has a time zone that is read in two ways: write the offset alone")
    if not _YEAR.search(text):
        raise ValueError("has no year of four digits")
    readings = {
        _parsed(text, default)
        for default in (datetime(2000, 1, 1, 1, 1), datetime(2003, 3, 5, 2, 2), datetime(2007, 8, 30, 3, 3))
    }
    days = {at.date() for at in readings}
    if len(days) > 1 or not all(f"{day.year:04}" in text for day in days):
        raise ValueError("is no complete date")
    return _with_zone(readings.pop()) if len(readings) == 1 else Reading(_day(days.pop()))


def _parsed(text: str, default: datetime) -> datetime:
    """dateutil fills what is missing from the default: what differs between defaults was not in the text."""
    from dateutil.parser import parse

    try:
        return parse(text, default=default, tzinfos=_zone)
    except (ValueError, OverflowError) as wrong:
        raise ValueError(f"is no date: {wrong}") from None


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    if name is None:
        return None
    return _named(name)


def _with_zone(at: datetime) -> Reading:
    offset = _only_offset(at)
    if offset is None:
        return Reading(Moment.of(at.replace(tzinfo=UTC)), _NO_ZONE)
    if offset % timedelta(minutes=1):
        raise ValueError("has a time zone that is not whole minutes from UTC")
    return Reading(Moment.of(at.replace(tzinfo=timezone(offset))))


def _only_offset(at: datetime) -> timedelta | None:
    """Raises ValueError in the hours when clocks are put back or forward, which are two times or none."""
    offset = at.utcoffset()
    if at.replace(fold=1).utcoffset() != offset:
        raise ValueError("lies in the hour when the clocks are changed")
    return offset


def _day(day: date) -> Moment:
    midnight = Moment.of(datetime(day.year, day.month, day.day, tzinfo=UTC))
    return Moment(day.isoformat(), midnight.micros)


def _since_1970(number: int) -> Moment:
    """Seconds, or milliseconds where seconds would be beyond the year 5138."""
    if not 10**8 <= number < 10**14:
        raise ValueError("is a number that is neither seconds nor milliseconds since 1970")
    milliseconds = number if number >= 10**11 else number * 1000
    return Moment.of(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds))
