"""Comparing vectors in SQLite: by sqlite-vec, or where this Python's sqlite3 cannot load it, in Python.

Many builds cannot: that of macOS, and pyenv's unless told. LangGraph's store calls one function of sqlite-vec, so that
is all there is here.
"""

import math
import sqlite3
from array import array
from operator import mul

IS_NATIVE = hasattr(sqlite3.Connection, "enable_load_extension")


class SlowVectors(sqlite3.Connection):
    """A connection that, asked to load sqlite-vec, offers its function written in Python.

    It compares some 4000 vectors of 1536 numbers a second.
    """

    def enable_load_extension(self, enable: bool, /) -> None:
        """Allow nothing, for there is nothing to load."""

    def load_extension(self, name: str, /, *, entrypoint: str | None = None) -> None:
        """Offer what *name* would."""
        self.create_function("vec_distance_cosine", 2, cosine_distance, deterministic=True)


def cosine_distance(left: bytes, right: bytes) -> float | None:
    """Return 1 minus the cosine between two vectors of 32-bit floats; None where one has no direction.

    Raises:
        ValueError: They differ in size.
    """
    a, b = array("f", left), array("f", right)
    if len(a) != len(b):
        raise ValueError(f"vectors of {len(a)} and {len(b)} numbers cannot be compared")
    length = math.sqrt(sum(map(mul, a, a)) * sum(map(mul, b, b)))
    return 1 - sum(map(mul, a, b)) / length if length else None
