"""What was compiled lately, as much as fits: a step takes some 5 kB, and clients may bring any number of workflows."""

from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

MAX_STEPS_KEPT = 20_000  # some 100 MB at the most: most steps count twice, as a leaf and for their agent


class Recent(Generic[T]):
    """Values by their keys; the oldest go when their sizes add up to too much. Any thread may use it."""

    def __init__(self, most: int = MAX_STEPS_KEPT) -> None:
        self._most = most
        self._lock = Lock()
        self._values: dict[Hashable, tuple[T, int]] = {}
        self._size = 0

    def get(self, key: Hashable) -> T | None:
        """Return what is kept under *key*, and count it as the newest."""
        with self._lock:
            found = self._values.pop(key, None)
            if found is None:
                return None
            self._values[key] = found
            return found[0]

    def keep(self, key: Hashable, value: T, size: int) -> None:
        """Keep *value*; what is larger than all that fits is kept alone."""
        with self._lock:
            self._size += size - self._values.pop(key, (None, 0))[1]
            self._values[key] = (value, size)
            while self._size > self._most and len(self._values) > 1:
                self._size -= self._values.pop(next(iter(self._values)))[1]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()
            self._size = 0
