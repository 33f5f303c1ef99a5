"""A small cache for what never changes once it has an id: compiled programs, parsed forms and decisions."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")


class Cache(Generic[T]):
    """Keeps the `limit` values used last; safe for threads. Two threads may make the same value once each."""

    def __init__(self, limit: int = 500) -> None:
        """Start empty."""
        self._values: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = threading.Lock()
        self._limit = limit

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Give the value of a key, made when it is not there."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()  # not under the lock: it may take long and read the database
        with self._lock:
            value = self._values.setdefault(key, value)
            while len(self._values) > self._limit:
                self._values.popitem(last=False)
        return value
