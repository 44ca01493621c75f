from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.parsing.dates import moment, read


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("2010-10-22T11:33:15-04:00", "2010-10-22T11:33:15-04:00"),
        ("2020-01-03T10:00:00Z", "2020-01-03T10:00:00Z"),
        ("2020-01-03T10:00:00+00:00", "2020-01-03T10:00:00Z"),
        ("2020-01-03T10:00:00.123456789+02:00", "2020-01-03T10:00:00.123456+02:00"),
        ("2015-06-29 1:00:19 -0400", "2015-06-29T01:00:19-04:00"),
        ("2020-01-03 10:00 BST", "2020-01-03T10:00:00+01:00"),
        ("2020-01-03", "2020-01-03"),
        ("20200103", "2020-01-03"),
        ("2020/01/03", "2020-01-03"),
        ("Fri, 03 Jan 2020 10:15:00 +0200", "2020-01-03T10:15:00+02:00"),
        ("Fri, 03 Jan 2020 10:15:00 EST", "2020-01-03T10:15:00-05:00"),
        ("3 Jan 2020 10:15 GMT", "2020-01-03T10:15:00Z"),
        ("January 3, 2020", "2020-01-03"),
        ("Friday, 3rd January 2020", "2020-01-03"),
        ("13/04/2020", "2020-04-13"),
        ("04/13/2020", "2020-04-13"),
        ("5.5.2020", "2020-05-05"),
        ("2020年1月3日", "2020-01-03"),
        ("2020년 01월 03일", "2020-01-03"),
        ("Fri, 03 Jan 2020 10:15:00 MEST", "2020-01-03T10:15:00+02:00"),
        ("Fri, 03 Jan 2020 10:15:00 Etc/GMT", "2020-01-03T10:15:00Z"),
        ("Fri, 03 Jan 2020 10:15:00 GMT-02:30", "2020-01-03T10:15:00-02:30"),
        ("Fri Jan 03 2020 10:15:00 GMT+0200 (CEST)", "2020-01-03T10:15:00+02:00"),
        ("January 3, 2020 10:15 AM ET", "2020-01-03T10:15:00-05:00"),
        ("July 3, 2020 10:15 AM ET", "2020-07-03T10:15:00-04:00"),
        ("2020-07-03 10:15 PT", "2020-07-03T10:15:00-07:00"),
        (1577836800, "2020-01-01T00:00:00Z"),
        (1577836800123, "2020-01-01T00:00:00.123000Z"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("9999-12-31", "9999-12-31"),
    ],
)
def test_what_is_meant(written: str | int, text: str) -> None:
    assert moment(written).text == text
    assert read(written).warning is None


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("03/04/2020", "ambiguous"),
        ("3-4-2020", "ambiguous"),
        ("2020", "no day"),
        ("2020-03", "no day"),
        ("May 2020", "no day"),
        ("Friday May 2020", "no complete date"),
        ("2020 10:30", "no complete date"),
        ("3 May 20", "year of four digits"),
        ("01/02/03 2020", "no complete date"),
        ("yesterday", "year"),
        ("2020-01-03-04", "no complete date"),
        ("2020年13月3日", "calendar"),
        ("Sun, 01 Nov 2020 01:30:00 ET", "clocks"),
        ("Sun, 08 Mar 2020 02:30:00 CT", "clocks"),
        ("Published: January 3, 2020", "no date"),
        ("In 2020 there were 3 fires in May", "no date"),
        ("2021-02-30", "calendar"),
        ("0000-01-01", "calendar"),
        ("10000-01-01", "year"),
        ("2020-01-03T25:00:00Z", "time of the day"),
        ("2020-01-03T10:00:00+25:00", "time zone"),
        ("2020-01-03 10:00 IST", "unknown time zone"),
        ("Fri, 03 Jan 2020 10:15:00 XYZ", "unknown time zone"),
        ("Jan 3 2020 10:15 GMT+3", "read in two ways"),
        ("", "no date"),
        ("1" * 5000, "no date"),
        (2020, "neither seconds"),
        (-1, "neither seconds"),
        (10**30, "neither seconds"),
    ],
)
def test_what_is_refused(written: str | int, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        moment(written)


def test_a_time_without_a_zone_is_utc_and_says_so() -> None:
    reading = read("2020-01-03T10:00")
    assert reading.moment.text == "2020-01-03T10:00:00Z"
    assert reading.warning == "has no time zone and was read as UTC"


def test_a_day_counts_from_its_midnight() -> None:
    assert moment("1970-01-02").micros == 86_400_000_000


zones = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29), timezones=zones))
@settings(max_examples=40, deadline=None)
def test_what_is_written_is_read_again(at: datetime) -> None:
    written = moment(at.isoformat())
    assert written == moment(at)
    assert moment(written.text) == written
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=written.micros) == at


@given(st.text(max_size=30))
@settings(max_examples=40, deadline=None)
def test_nothing_else_than_a_value_error(text: str) -> None:
    with suppress(ValueError):
        moment(text)
