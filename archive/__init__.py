"""The product: everything the program can do is a method of `Archive`. No HTTP, no SQL, no FAISS.

Importing this package loads nothing heavy; `Archive` loads the database when it is opened, and the model when it is needed.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archive.archive import Archive
    from archive.settings import Settings

__all__ = ["Archive", "Settings"]

_LATE = {"Archive": "archive.archive", "Settings": "archive.settings"}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATE[name]), name)
