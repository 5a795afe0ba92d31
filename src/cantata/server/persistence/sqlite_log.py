"""The event log in the embedded database: a row for each run and flush."""

import asyncio
import sqlite3
from collections.abc import Sequence
from typing import Any

from cantata.callbacks.events import Timestamps
from cantata.server.errors import Fenced, LogConflict
from cantata.server.persistence.sqlite import Database
from cantata.server.runs.frames import Frames, joined
from cantata.server.runs.ids import RunId
from cantata.server.runs.model import Fence
from cantata.server.runs.ports import Page


class SqliteLog:
    """An `EventLog`."""

    def __init__(self, database: Database, timestamps: Timestamps) -> None:
        self._database = database
        self._now = timestamps.now

    def append(self, run_id: RunId, fence: Fence, frames: Frames) -> "asyncio.Future[None]":
        """Store *frames*; see the port."""
        now = self._now()

        def operation(cursor: sqlite3.Cursor) -> None:
            if advance(cursor, run_id, fence, frames, now):
                insert(cursor, run_id, frames)

        return self._database.submit(operation)

    async def read(self, run_id: RunId, after: int, limit_bytes: int) -> Page:
        """Return what follows *after*; see the port."""
        return await self._database.read(lambda connection: _page(connection, run_id, after, limit_bytes))

    async def seq_at(self, run_id: RunId, timestamp: str) -> int:
        """Return the number of the last event before *timestamp*."""

        def query(connection: sqlite3.Connection) -> int:
            seq = 0
            for row in connection.execute(
                "SELECT first_seq, last_seq, frames FROM events WHERE run_id = ? ORDER BY first_seq", (run_id,)
            ):
                for event in Frames(*row).events():
                    if event.timestamp >= timestamp:
                        return seq
                    seq += 1
            return seq

        return await self._database.read(query)

    async def trim(self, run_id: RunId, before: int) -> int:
        """Forget the events before *before*, in whole rows; see the port."""

        def operation(cursor: sqlite3.Cursor) -> int:
            where = "WHERE run_id = ? AND last_seq < ?"
            count = cursor.execute(
                f"SELECT coalesce(sum(last_seq - first_seq + 1), 0) FROM events {where}", (run_id, before)
            ).fetchone()[0]
            cursor.execute(f"DELETE FROM events {where}", (run_id, before))
            return int(count)

        return await self._database.submit(operation)


def advance(cursor: sqlite3.Cursor, run_id: RunId, fence: Fence, frames: Frames, now: str) -> bool:
    """Move the log's head over *frames*; False when they are there already.

    Raises:
        Fenced: the run has a newer epoch, or is gone.
        LogConflict: the head is elsewhere.
    """
    cursor.execute(
        "UPDATE runs SET last_seq = ?, updated_at = ? WHERE id = ? AND epoch = ? AND last_seq = ?",
        (frames.last_seq, now, run_id, fence.epoch, fence.last_seq),
    )
    if cursor.rowcount == 1:
        return True
    head = cursor.execute("SELECT epoch, last_seq FROM runs WHERE id = ?", (run_id,)).fetchone()
    if head is None or head[0] != fence.epoch:
        raise Fenced
    if head[1] < frames.last_seq or not _is_stored(cursor, run_id, frames):
        raise LogConflict
    return False


def insert(cursor: sqlite3.Cursor, run_id: RunId, frames: Frames) -> None:
    """Add the row; the head was moved before."""
    cursor.execute(
        "INSERT INTO events (run_id, first_seq, last_seq, frames) VALUES (?, ?, ?, ?)",
        (run_id, frames.first_seq, frames.last_seq, frames.data),
    )


def _is_stored(cursor: sqlite3.Cursor, run_id: RunId, frames: Frames) -> bool:
    row = cursor.execute(
        "SELECT frames FROM events WHERE run_id = ? AND first_seq = ?", (run_id, frames.first_seq)
    ).fetchone()
    return row is not None and row[0] == frames.data


def _page(connection: sqlite3.Connection, run_id: RunId, after: int, limit_bytes: int) -> Page:
    rows = connection.execute(
        # From the row that holds the event after the cursor, if retention has left it.
        "SELECT first_seq, last_seq, frames FROM events WHERE run_id = ?1 AND first_seq >= coalesce("
        " (SELECT max(first_seq) FROM events WHERE run_id = ?1 AND first_seq <= ?2 + 1), 0) ORDER BY first_seq",
        (run_id, after),
    )
    found = _up_to((Frames(*row) for row in rows), after, limit_bytes)
    oldest = connection.execute("SELECT min(first_seq) FROM events WHERE run_id = ?", (run_id,)).fetchone()[0]
    return Page(joined(found) if found else None, oldest or 1)


def _up_to(rows: Any, after: int, limit_bytes: int) -> Sequence[Frames]:
    found: list[Frames] = []
    size = 0
    for frames in rows:
        if frames.last_seq <= after:
            continue
        found.append(frames.after(after))
        size += len(frames.data)
        if size >= limit_bytes:
            break
    return found
