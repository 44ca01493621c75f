"""The time, in one place."""

from datetime import UTC, datetime

from db.records import Moment


def now() -> Moment:
    return Moment.of(datetime.now(UTC))
