"""A Python client of Backfile's HTTP interface.

    from client import Backfile

    with Backfile("http://127.0.0.1:8000") as backfile:
        for item in backfile.search_all("why did the ferry sink", published_after="2020-01-01"):
            print(item["relevance"], item["article"]["title"])

`AsyncBackfile` is the same, to be awaited. Answers are dictionaries with types (client.answers); what goes wrong is raised
(client.problems).
"""

from client.aio import AsyncBackfile
from client.operations import cursor_of, version
from client.problems import (
    BackfileError,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    PreconditionFailed,
    Problem,
    ServerFailed,
    TooLarge,
    Unauthorized,
    Unavailable,
    Unreachable,
    Unsupported,
)
from client.sync import Backfile

__all__ = [
    "AsyncBackfile",
    "Backfile",
    "BackfileError",
    "Conflict",
    "Forbidden",
    "Gone",
    "Invalid",
    "NotFound",
    "PreconditionFailed",
    "Problem",
    "ServerFailed",
    "TooLarge",
    "Unauthorized",
    "Unavailable",
    "Unreachable",
    "Unsupported",
    "cursor_of",
    "version",
]
