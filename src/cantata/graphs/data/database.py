"""A small read-only SQLite database in memory, made of files that come with the project."""

import csv
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from importlib.resources import files

Row = tuple[str, ...]


class Database:
    """Answers queries of any thread, one at a time."""

    def __init__(self, schema: str) -> None:
        """Make the tables of *schema*."""
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        self._connection.executescript(schema)
        self._lock = threading.Lock()

    def fill(self, table: str, rows: Iterable[Sequence[str]]) -> None:
        """Add *rows* to a table of ours."""
        for row in rows:
            marks = ", ".join("?" * len(row))
            self._connection.execute(f"INSERT INTO {table} VALUES ({marks})", row)
        self._connection.commit()

    def rows(self, query: str, *values: str | int) -> list[Row]:
        """Run a query whose values are bound, never written into it."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()


def read_csv(name: str) -> list[list[str]]:
    """Read the lines of a bundled table below its head; a line that begins with # is a remark."""
    lines = read_text(name).splitlines()
    return list(csv.reader(line for line in lines if line and not line.startswith("#")))[1:]


def read_text(name: str) -> str:
    """Read a bundled file."""
    return (files("cantata.graphs.data") / name).read_text(encoding="utf-8")
