"""When to come back, from Retry-After."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetching.statuses import LONGEST_RETRY_S, seconds_until

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("9" * 400, LONGEST_RETRY_S),
        ("Fri, 02 Jan 2026 03:05:05 GMT", 60.0),
        ("Fri, 02 Jan 2026 04:05:05 +0100", 60.0),
        ("Thu, 01 Jan 2026 03:05:05 GMT", 0.0),
        ("Fri, 02 Jan 2099 03:05:05 GMT", LONGEST_RETRY_S),
        ("Fri, 99 Foo 2026 03:05:05 GMT", None),
    ],
)
def test_seconds_until(value: str | None, seconds: float | None) -> None:
    assert seconds_until(value, NOW) == seconds


@given(st.text() | st.datetimes(timezones=st.just(UTC)).map(format_datetime))
def test_any_value_is_a_time_or_none(value: str) -> None:
    seconds = seconds_until(value, NOW)
    assert seconds is None or 0 <= seconds <= LONGEST_RETRY_S
