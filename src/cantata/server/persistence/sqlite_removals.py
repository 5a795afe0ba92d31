"""Removes sessions from the embedded database: at once for everybody who looks, and bit by bit from the file.

What is small goes in one transaction with a note of what is left: events and checkpoints, which may be many megabytes
and would hold up the loop. They are no longer reachable, and are removed in parts, after a crash by the next sweep.
"""

import sqlite3

from cantata.server.persistence.sqlite import Database

PART_ROWS = 50  # of one kind in one transaction: some 5 MB at most

_PLACE = "WHERE owner = ? AND session_id = ?"
_NOTES = (
    f"INSERT INTO leftovers (run_id) SELECT id FROM runs {_PLACE}",
    f"INSERT INTO leftovers (thread_id) SELECT id FROM threads {_PLACE}",
)
_REMOVALS = (
    f"DELETE FROM heads WHERE run_id IN (SELECT id FROM runs {_PLACE})",
    f"DELETE FROM messages {_PLACE}",
    f"DELETE FROM runs {_PLACE}",
    f"DELETE FROM threads {_PLACE}",
    "DELETE FROM sessions WHERE owner = ? AND id = ?",
)
_OF_RUN = ("events",)
_OF_THREAD = ("checkpoint_writes", "checkpoint_values", "checkpoints")
_PARTS = {
    "events": "DELETE FROM events WHERE number IN (SELECT number FROM events WHERE run_id = ? LIMIT ?)",
} | {
    table: f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE thread_id = ? LIMIT ?)"
    for table, key in (
        ("checkpoint_writes", "thread_id, namespace, checkpoint_id, task_id, position"),
        ("checkpoint_values", "thread_id, namespace, channel, version"),
        ("checkpoints", "thread_id, namespace, checkpoint_id"),
    )
}


def remove_session(cursor: sqlite3.Cursor, owner: str, session_id: str) -> None:
    """Remove what can be seen of the session, and note what is left."""
    for statement in (*_NOTES, *_REMOVALS):
        cursor.execute(statement, (owner, session_id))


async def sweep(database: Database) -> None:
    """Remove what removed sessions left; others' transactions come between the parts."""
    while await database.submit(_remove_part):
        pass


def _remove_part(cursor: sqlite3.Cursor) -> bool:
    """Remove a part of what is left; False when there is nothing."""
    room = PART_ROWS
    while room > 0:
        left = cursor.execute("SELECT number, run_id, thread_id FROM leftovers ORDER BY number LIMIT 1").fetchone()
        if left is None:
            return room < PART_ROWS
        number, run_id, thread_id = left
        found = [_removed(cursor, table, run_id or thread_id) for table in (_OF_RUN if run_id else _OF_THREAD)]
        if max(found) < PART_ROWS:
            cursor.execute("DELETE FROM leftovers WHERE number = ?", (number,))
        room -= 1 + sum(found)
    return True


def _removed(cursor: sqlite3.Cursor, table: str, name: str) -> int:
    return cursor.execute(_PARTS[table], (name, PART_ROWS)).rowcount
