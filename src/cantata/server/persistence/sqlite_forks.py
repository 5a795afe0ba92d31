"""Copies the checkpoint that a fork begins with into the fork's thread, in the transaction that creates the run.

Ids stay, so the copy's tasks, their subgraphs and their questions are those of the original. While nothing follows the
checkpoint, what its tasks have done so far goes along: finished branches are not repeated, and open questions are
asked again. Once something follows it, its tasks are done anew.
"""

import sqlite3
from collections.abc import Sequence

from cantata.server.errors import UnknownCheckpoint
from cantata.server.persistence.serializer import serializer
from cantata.server.persistence.sqlite_pruning import DELTA_KEY
from cantata.server.runs.ids import uuid_of
from cantata.server.runs.model import ForkPoint

# A subgraph with a memory of its own has a namespace without task ids; any other one's belongs to one task.
_NESTED = (
    "SELECT namespace, max(checkpoint_id) FROM checkpoints WHERE thread_id = ?1 AND namespace <> ''"
    " AND CASE WHEN ?3 THEN instr(namespace, ':') = 0 OR checkpoint_id > ?2"
    " ELSE instr(namespace, ':') = 0 AND checkpoint_id < ?2 END GROUP BY namespace"
)
_serde = serializer(())

_Place = tuple[str, str]
"""A namespace and a checkpoint's id."""


def check_fork(cursor: sqlite3.Cursor, fork: ForkPoint) -> None:
    """Check that the run made the checkpoint.

    Raises:
        UnknownCheckpoint: it did not.
    """
    row = cursor.execute(
        "SELECT 1 FROM checkpoints WHERE thread_id = ? AND namespace = '' AND checkpoint_id = ? AND run_id = ?",
        (fork.thread_id, fork.checkpoint_id, str(uuid_of(fork.run_id))),
    ).fetchone()
    if row is None:
        raise UnknownCheckpoint(f"{fork.run_id} made no checkpoint {fork.checkpoint_id!r}: look at its history.")


def copy_checkpoint(cursor: sqlite3.Cursor, fork: ForkPoint, target: str) -> None:
    """Copy the checkpoint, and what it needs, to the thread *target*."""
    row = cursor.execute(
        "SELECT metadata_type, metadata, (SELECT count(*) FROM checkpoints WHERE thread_id = ?1 AND namespace = ''"
        " AND checkpoint_id > ?2) FROM checkpoints WHERE thread_id = ?1 AND namespace = '' AND checkpoint_id = ?2",
        (fork.thread_id, fork.checkpoint_id),
    ).fetchone()
    is_newest = row[2] == 0
    nested = cursor.execute(_NESTED, (fork.thread_id, fork.checkpoint_id, is_newest)).fetchall()
    roots: Sequence[_Place] = [("", fork.checkpoint_id)]
    if DELTA_KEY in _serde.loads_typed((row[0], row[1])):
        roots = _with_ancestors(cursor, fork)
    for place in (*roots, *nested):
        _copy(cursor, fork.thread_id, place, target, has_writes=is_newest or place != ("", fork.checkpoint_id))


def _with_ancestors(cursor: sqlite3.Cursor, fork: ForkPoint) -> Sequence[_Place]:
    return cursor.execute(
        "SELECT namespace, checkpoint_id FROM checkpoints"
        " WHERE thread_id = ? AND namespace = '' AND checkpoint_id <= ?",
        (fork.thread_id, fork.checkpoint_id),
    ).fetchall()


def _copy(cursor: sqlite3.Cursor, source: str, place: _Place, target: str, *, has_writes: bool) -> None:
    cursor.execute(
        "INSERT INTO checkpoints (thread_id, namespace, checkpoint_id, parent_id, run_id, type, checkpoint,"
        " metadata_type, metadata) SELECT ?, namespace, checkpoint_id, parent_id, NULL, type, checkpoint,"
        " metadata_type, metadata FROM checkpoints WHERE thread_id = ? AND namespace = ? AND checkpoint_id = ?",
        (target, source, *place),
    )
    saved = cursor.execute(
        "SELECT type, checkpoint FROM checkpoints WHERE thread_id = ? AND namespace = ? AND checkpoint_id = ?",
        (source, *place),
    ).fetchone()
    cursor.executemany(
        "INSERT OR IGNORE INTO checkpoint_values (thread_id, namespace, channel, version, type, value)"
        " SELECT ?, namespace, channel, version, type, value FROM checkpoint_values"
        " WHERE thread_id = ? AND namespace = ? AND channel = ? AND version = ?",
        [
            (target, source, place[0], channel, str(version))
            for channel, version in _serde.loads_typed(saved)["channel_versions"].items()
        ],
    )
    if has_writes:
        cursor.execute(
            "INSERT INTO checkpoint_writes (thread_id, namespace, checkpoint_id, task_id, position, task_path, channel,"
            " type, value) SELECT ?, namespace, checkpoint_id, task_id, position, task_path, channel, type, value"
            " FROM checkpoint_writes WHERE thread_id = ? AND namespace = ? AND checkpoint_id = ?",
            (target, source, *place),
        )
