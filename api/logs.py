"""Log lines as JSON, on stderr."""

import logging
import logging.config
from datetime import UTC, datetime
from typing import Any

import orjson

_PLAIN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON object a line: `at`, `level`, `process`, `logger`, `message`, what was given as `extra`, and an exception's
    traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "process": record.process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _PLAIN}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def configure(level: str) -> None:
    """Send every logger's lines to stderr as JSON. uvicorn's own access lines are off: `api.observing` writes better ones."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": JsonLines}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
            "root": {"level": level.upper(), "handlers": ["stderr"]},
            "loggers": {"uvicorn.access": {"level": "CRITICAL", "propagate": False}},
        }
    )
