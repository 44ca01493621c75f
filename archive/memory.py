"""What was made lately, kept for the next time."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from cachetools import LRUCache

K = TypeVar("K")
V = TypeVar("V")


class Memory(Generic[K, V]):
    """The values used last. Safe for several threads."""

    def __init__(self, most: int, size: Callable[[V], int] = lambda _: 1) -> None:
        """Values up to a `size` of `most` in all; a larger one is not kept."""
        self._held: LRUCache[K, V] = LRUCache(most, size)
        self._size = size
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        with self._lock:
            return self._held.get(key)

    def keep(self, key: K, value: V) -> None:
        with self._lock:
            if self._size(value) <= self._held.maxsize:
                self._held[key] = value
            else:
                self._held.pop(key, None)
