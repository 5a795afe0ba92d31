"""Which checkpoints of a thread at rest nobody needs any more, and their removal in portions.

Needed is the newest one of each namespace: the next message begins with it. A namespace of one task's subgraph is over
with its task, so it goes whole once the thread's own graph has saved something later. Delta channels are built from
all the ancestors of a checkpoint, so a namespace that has them keeps everything.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from langgraph.checkpoint.serde.base import SerializerProtocol

DELTA_KEY = "counters_since_delta_snapshot"  # in the metadata of a checkpoint whose channels need its ancestors
PORTION = 5  # checkpoints per transaction: their values may be large, and the loop waits

_CHECKPOINTS = (
    "SELECT namespace, checkpoint_id, type, checkpoint, metadata_type, metadata FROM checkpoints WHERE thread_id = ?"
    " ORDER BY namespace, checkpoint_id DESC"
)
_ACTIVE = "SELECT 1 FROM runs WHERE thread_id = ? AND status IN ('queued', 'running', 'interrupted')"

_Value = tuple[str, str]
"""A channel and a version."""


@dataclass(frozen=True)
class Saved:
    """A checkpoint as it is stored."""

    namespace: str
    checkpoint_id: str
    content: tuple[str, bytes]
    metadata: tuple[str, bytes]

    @property
    def is_of_task(self) -> bool:
        """Tell whether its namespace belongs to one task; a subgraph with a memory of its own has no task's id."""
        return ":" in self.namespace


@dataclass(frozen=True)
class Outdated:
    """A checkpoint that is not needed, and the values that none needs after it."""

    namespace: str
    checkpoint_id: str
    values: frozenset[_Value]


def read_thread(connection: sqlite3.Connection, thread_id: str) -> Sequence[Saved]:
    """Return the thread's checkpoints, the newest of each namespace first."""
    rows = connection.execute(_CHECKPOINTS, (thread_id,))
    return [Saved(row[0], row[1], (row[2], row[3]), (row[4], row[5])) for row in rows]


def outdated(serde: SerializerProtocol, thread: Sequence[Saved]) -> Sequence[Outdated]:
    """Return what is not needed, in the order in which it can be removed: what is left is always whole."""
    newest_of_root = max((saved.checkpoint_id for saved in thread if saved.namespace == ""), default="")
    found: list[Outdated] = []
    for _, saved in groupby(thread, key=attrgetter("namespace")):
        of_namespace = list(saved)
        if DELTA_KEY not in serde.loads_typed(of_namespace[0].metadata):
            found.extend(reversed(list(_outdated(serde, of_namespace, newest_of_root))))
    return found


def _outdated(serde: SerializerProtocol, saved: Sequence[Saved], newest_of_root: str) -> Iterator[Outdated]:
    newest, *older = saved
    needed: frozenset[_Value] = frozenset()
    if newest.is_of_task and newest.checkpoint_id < newest_of_root:
        older = [newest, *older]
    else:
        needed = _values(serde, newest)
    for checkpoint in older:
        values = _values(serde, checkpoint)
        yield Outdated(checkpoint.namespace, checkpoint.checkpoint_id, values - needed)
        needed |= values


def _values(serde: SerializerProtocol, saved: Saved) -> frozenset[_Value]:
    versions = serde.loads_typed(saved.content)["channel_versions"]
    return frozenset((channel, str(version)) for channel, version in versions.items())


def remove(cursor: sqlite3.Cursor, *, thread_id: str, portion: Sequence[Outdated]) -> int:
    """Remove checkpoints with their writes and values; return how many, none when a run is active on the thread."""
    if cursor.execute(_ACTIVE, (thread_id,)).fetchone() is not None:
        return 0
    for table in ("checkpoints", "checkpoint_writes"):
        cursor.executemany(
            f"DELETE FROM {table} WHERE thread_id = ? AND namespace = ? AND checkpoint_id = ?",
            [(thread_id, old.namespace, old.checkpoint_id) for old in portion],
        )
    cursor.executemany(
        "DELETE FROM checkpoint_values WHERE thread_id = ? AND namespace = ? AND channel = ? AND version = ?",
        [(thread_id, old.namespace, *value) for old in portion for value in old.values],
    )
    return len(portion)
