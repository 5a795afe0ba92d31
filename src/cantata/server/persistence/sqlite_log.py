"""The event log in the embedded database: a row for each run and flush."""

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cantata.callbacks.events import Timestamps
from cantata.server.errors import CantataError, Fenced, LogConflict
from cantata.server.persistence.sqlite import PAUSE_SECONDS, Database, Outcome
from cantata.server.runs.frames import Frames, joined
from cantata.server.runs.ids import RunId
from cantata.server.runs.model import Fence
from cantata.server.runs.ports.event_log import Page

_MOVE = "UPDATE heads SET last_seq = ?, updated_at = ? WHERE run_id = ? AND epoch = ? AND last_seq = ? AND is_open"
_INSERT = "INSERT INTO events (run_id, first_seq, last_seq, frames) VALUES (?, ?, ?, ?)"

TRIM_BYTES = 262_144  # of the log, per transaction: keeps the loop for a millisecond
ROW_BYTES = 100  # what a row costs beside its frames


class SqliteLog:
    """An `EventLog`."""

    def __init__(self, database: Database, timestamps: Timestamps) -> None:
        self._database = database
        self._now = timestamps.now

    def append(self, run_id: RunId, fence: Fence, frames: Frames) -> "asyncio.Future[None]":
        """Store *frames*; see the port."""
        return self._database.submit_merged(_append_all, _Append(run_id, fence, frames, self._now()))

    async def read(self, run_id: RunId, after: int, limit_bytes: int) -> Page:
        """Return what follows *after*; see the port."""
        return self._database.look(lambda connection: _page(connection, run_id, after, limit_bytes))

    async def seq_at(self, run_id: RunId, timestamp: str) -> int:
        """Return the number of the last event before *timestamp*."""

        def query(connection: sqlite3.Connection) -> int:
            seq = 0  # also where retention has removed what came before: the reader is then told of the gap
            for row in connection.execute(
                "SELECT first_seq, last_seq, frames FROM events WHERE run_id = ? ORDER BY first_seq", (run_id,)
            ):
                for number, event in enumerate(Frames(*row).events(), row[0]):
                    if event.timestamp >= timestamp:
                        return seq
                    seq = number
            return seq

        return await self._database.read(query)

    async def trim(self, run_id: RunId, before: int) -> int:
        """Forget the events before *before*; see the port."""
        removed = 0
        while True:
            count, is_done = await self._database.submit(lambda cursor: _trim(cursor, run_id, before))
            removed += count
            if is_done:
                return removed
            await asyncio.sleep(PAUSE_SECONDS)


@dataclass(frozen=True, slots=True)
class _Append:
    run_id: RunId
    fence: Fence
    frames: Frames
    now: str

    def move(self) -> tuple[Any, ...]:
        return (self.frames.last_seq, self.now, self.run_id, self.fence.epoch, self.fence.last_seq)

    def row(self) -> tuple[Any, ...]:
        return (self.run_id, self.frames.first_seq, self.frames.last_seq, self.frames.data)


def _append_all(cursor: sqlite3.Cursor, appends: Sequence[_Append]) -> Sequence[Outcome]:
    """Store *appends* with two statements; each by itself only when somebody's fence is broken."""
    cursor.execute("SAVEPOINT appends")
    cursor.executemany(_MOVE, [append.move() for append in appends])
    if cursor.rowcount == len(appends):
        cursor.executemany(_INSERT, [append.row() for append in appends])
        outcomes: Sequence[Outcome] = [(None, None)] * len(appends)
    else:
        cursor.execute("ROLLBACK TO appends")
        outcomes = [_append_alone(cursor, append) for append in appends]
    cursor.execute("RELEASE appends")
    return outcomes


def _append_alone(cursor: sqlite3.Cursor, append: _Append) -> Outcome:
    try:
        store(cursor, append.run_id, append.fence, append.frames, append.now)
    except CantataError as refusal:
        return None, refusal
    return None, None


def store(cursor: sqlite3.Cursor, run_id: RunId, fence: Fence, frames: Frames, now: str) -> None:
    """Add *frames* to the run's log, unless they are there already.

    Raises:
        Fenced: the run has a newer epoch, has ended, or is gone.
        LogConflict: the head is elsewhere.
    """
    append = _Append(run_id, fence, frames, now)
    cursor.execute(_MOVE, append.move())
    if cursor.rowcount == 1:
        cursor.execute(_INSERT, append.row())
        return
    head = cursor.execute("SELECT epoch, last_seq, is_open FROM heads WHERE run_id = ?", (run_id,)).fetchone()
    if head is None or head[0] != fence.epoch:
        raise Fenced
    if head[1] >= frames.last_seq and _is_stored(cursor, run_id, frames):
        return
    raise LogConflict if head[2] else Fenced


def begin(cursor: sqlite3.Cursor, run_id: RunId, frames: Frames, now: str) -> None:
    """Open a new run's log with its first events."""
    cursor.execute("INSERT INTO heads (run_id, last_seq, updated_at) VALUES (?, ?, ?)", (run_id, frames.last_seq, now))
    cursor.execute(_INSERT, _Append(run_id, Fence(0, 0), frames, now).row())


def _is_stored(cursor: sqlite3.Cursor, run_id: RunId, frames: Frames) -> bool:
    row = cursor.execute(
        "SELECT frames FROM events WHERE run_id = ? AND first_seq = ?", (run_id, frames.first_seq)
    ).fetchone()
    return row is not None and row[0] == frames.data


def _trim(cursor: sqlite3.Cursor, run_id: RunId, before: int) -> tuple[int, bool]:
    """Remove a portion of the events before *before*; return how many, and whether that was all."""
    rows = cursor.execute(
        # In SQLite the length of a blob is known without reading it.
        "SELECT first_seq, last_seq, length(frames) FROM events WHERE run_id = ? AND first_seq < ? ORDER BY first_seq",
        (run_id, before),
    )
    size, first, end, is_done = 0, 0, 0, True
    for row_first, row_last, row_bytes in rows:
        if size >= TRIM_BYTES:
            is_done = False
            break
        first, end, size = first or row_first, min(row_last + 1, before), size + row_bytes + ROW_BYTES
    if end == 0:
        return 0, True
    kept = cursor.execute(
        "SELECT first_seq, last_seq, frames FROM events WHERE run_id = ? AND first_seq < ? AND last_seq >= ?",
        (run_id, end, end),
    ).fetchone()
    cursor.execute("DELETE FROM events WHERE run_id = ? AND first_seq < ?", (run_id, end))
    if kept is not None:
        rest = Frames(*kept).after(end - 1)
        cursor.execute(_INSERT, (run_id, rest.first_seq, rest.last_seq, rest.data))
    return end - first, is_done


def _page(connection: sqlite3.Connection, run_id: RunId, after: int, limit_bytes: int) -> Page:
    # First, so that an end which is committed meanwhile is not taken for one that was read.
    head = connection.execute("SELECT last_seq, is_open FROM heads WHERE run_id = ?", (run_id,)).fetchone()
    rows = connection.execute(
        # From the row that holds the event after the cursor, if retention has left it.
        "SELECT first_seq, last_seq, frames FROM events WHERE run_id = ?1 AND first_seq >= coalesce("
        " (SELECT max(first_seq) FROM events WHERE run_id = ?1 AND first_seq <= ?2 + 1), 0) ORDER BY first_seq",
        (run_id, after),
    )
    found = _up_to((Frames(*row) for row in rows), after, limit_bytes)
    oldest = connection.execute("SELECT min(first_seq) FROM events WHERE run_id = ?", (run_id,)).fetchone()[0]
    if oldest is None:
        oldest = 1 if head is None else head[0] + 1
    if found:
        oldest = min(oldest, found[0].first_seq)  # what is trimmed between the two reads is not missing here
    return Page(joined(found) if found else None, oldest, is_closed=head is None or not head[1])


def _up_to(rows: Any, after: int, limit_bytes: int) -> Sequence[Frames]:
    found: list[Frames] = []
    size = 0
    for frames in rows:
        if frames.last_seq <= after:
            continue
        found.append(frames.after(after))
        size += len(found[-1].data)
        if size >= limit_bytes:
            break
    return found
