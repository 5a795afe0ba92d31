"""The event log in the embedded database: a row for each run and flush."""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cantata.callbacks.events import Timestamps
from cantata.server.errors import CantataError, Fenced, LogConflict
from cantata.server.persistence.sqlite import Database, Outcome
from cantata.server.runs.frames import Frames, joined
from cantata.server.runs.ids import RunId
from cantata.server.runs.model import Fence
from cantata.server.runs.ports import Page

ACTIVE = "status IN ('queued', 'running', 'interrupted')"
_BROKEN = Fence(-1, -1)  # which no run's head is: the appends are looked at one by one
CHUNK_SIZES = (64, 16, 4, 1)  # appends that share their statements; few sizes, so that these stay prepared


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
            seq = 0
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
        """Forget the events before *before*, in whole rows; see the port."""

        def operation(cursor: sqlite3.Cursor) -> int:
            where = "WHERE run_id = ? AND last_seq < ?"
            count = cursor.execute(
                f"SELECT coalesce(sum(last_seq - first_seq + 1), 0) FROM events {where}", (run_id, before)
            ).fetchone()[0]
            cursor.execute(f"DELETE FROM events {where}", (run_id, before))
            return int(count)

        return await self._database.submit(operation)


@dataclass(frozen=True)
class _Append:
    run_id: RunId
    fence: Fence
    frames: Frames
    now: str


def _append_all(cursor: sqlite3.Cursor, appends: Sequence[_Append]) -> Sequence[Outcome]:
    """Store *appends*, all with the same few statements when nobody's fence is broken."""
    return [outcome for chunk in _chunks(appends) for outcome in _append_chunk(cursor, chunk)]


def _append_chunk(cursor: sqlite3.Cursor, chunk: Sequence[_Append]) -> Sequence[Outcome]:
    moves = _moves(chunk)
    fences = [value for fence, move in moves for value in (move.run_id, fence.epoch, fence.last_seq)]
    if cursor.execute(_fences_sql(len(moves)), fences).fetchone()[0] < len(moves):
        return [_append_alone(cursor, append) for append in chunk]
    heads = [value for _, move in moves for value in (move.run_id, move.frames.last_seq, move.now)]
    cursor.execute(_moves_sql(len(moves)), heads)
    rows = [value for a in chunk for value in (a.run_id, a.frames.first_seq, a.frames.last_seq, a.frames.data)]
    cursor.execute(_rows_sql(len(chunk)), rows)
    return [(None, None)] * len(chunk)


def _moves(chunk: Sequence[_Append]) -> list[tuple[Fence, _Append]]:
    """Pair what each run's head must be before with its last append; a run may append several times in a row."""
    by_run: dict[RunId, tuple[Fence, _Append]] = {}
    for append in chunk:
        fence, before = by_run.get(append.run_id, (append.fence, None))
        is_next = before is None or append.fence == Fence(fence.epoch, before.frames.last_seq)
        by_run[append.run_id] = (fence if is_next else _BROKEN, append)
    return list(by_run.values())


def _append_alone(cursor: sqlite3.Cursor, append: _Append) -> Outcome:
    try:
        if advance(cursor, append.run_id, append.fence, append.frames, append.now):
            insert(cursor, append.run_id, append.frames)
    except CantataError as refusal:
        return None, refusal
    return None, None


def _fences_sql(count: int) -> str:
    values = _values("(?, ?, ?)", count)
    return (
        f"WITH fence (id, epoch, last_seq) AS (VALUES {values}) SELECT count(*) FROM fence CROSS JOIN runs"
        f" ON runs.id = fence.id AND runs.epoch = fence.epoch AND runs.last_seq = fence.last_seq WHERE {ACTIVE}"
    )


def _moves_sql(count: int) -> str:
    values = _values("(?, ?, ?)", count)
    return (
        f"WITH move (id, last_seq, now) AS (VALUES {values})"
        " UPDATE runs SET last_seq = move.last_seq, updated_at = move.now FROM move WHERE runs.id = move.id"
    )


def _rows_sql(count: int) -> str:
    return f"INSERT INTO events (run_id, first_seq, last_seq, frames) VALUES {_values('(?, ?, ?, ?)', count)}"


def _values(row: str, count: int) -> str:
    return ", ".join([row] * count)


def _chunks(items: Sequence[_Append]) -> Iterator[Sequence[_Append]]:
    start = 0
    while start < len(items):
        size = next(size for size in CHUNK_SIZES if size <= len(items) - start)
        yield items[start : start + size]
        start += size


def advance(cursor: sqlite3.Cursor, run_id: RunId, fence: Fence, frames: Frames, now: str) -> bool:
    """Move the log's head over *frames*; False when they are there already.

    Raises:
        Fenced: the run has a newer epoch, has ended, or is gone.
        LogConflict: the head is elsewhere.
    """
    cursor.execute(
        f"UPDATE runs SET last_seq = ?, updated_at = ? WHERE id = ? AND epoch = ? AND last_seq = ? AND {ACTIVE}",
        (frames.last_seq, now, run_id, fence.epoch, fence.last_seq),
    )
    if cursor.rowcount == 1:
        return True
    head = cursor.execute(f"SELECT epoch, last_seq, {ACTIVE} FROM runs WHERE id = ?", (run_id,)).fetchone()
    if head is None or head[0] != fence.epoch:
        raise Fenced
    if head[1] >= frames.last_seq and _is_stored(cursor, run_id, frames):
        return False
    raise LogConflict if head[2] else Fenced


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
    oldest = connection.execute(
        "SELECT coalesce((SELECT min(first_seq) FROM events WHERE run_id = ?1),"
        " (SELECT last_seq + 1 FROM runs WHERE id = ?1), 1)",
        (run_id,),
    ).fetchone()[0]
    return Page(joined(found) if found else None, oldest)


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
