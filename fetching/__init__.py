"""Address to bytes, safely and politely. Knows no article, no SQL, and none of the packages beside it.

Importing this loads nothing that speaks HTTP; the first use of Fetcher does.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fetching.addresses import may_reach
from fetching.errors import CODES, Code, FetchFailed
from fetching.page import Page

if TYPE_CHECKING:
    from fetching.fetcher import Fetcher

__all__ = ["CODES", "Code", "FetchFailed", "Fetcher", "Page", "may_reach"]


def __getattr__(name: str) -> Any:
    if name != "Fetcher":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("fetching.fetcher").Fetcher
