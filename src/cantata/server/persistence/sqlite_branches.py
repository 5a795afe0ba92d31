"""Where a new run goes in its session: after which run, and on which thread.

A session's runs are a tree. A thread holds what one graph has seen along one branch of it, so a run goes on with the
thread of the nearest run above it that is of the same graph, as long as nobody else has. Otherwise it gets a new
thread, which begins with a copy of what that run left.
"""

import sqlite3
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET

from cantata.server.errors import SessionBusy, WorkflowNotFound
from cantata.server.persistence.sqlite_forks import check_fork, copy_checkpoint
from cantata.server.runs.ids import RunId, new_thread_id, uuid_of
from cantata.server.runs.model import FINAL_STATUSES, ForkPoint, NewRun, Run

# Up from a run to the first that meets the condition; the rows are the runs on the way.
_UP = (
    "WITH RECURSIVE up (id, parent_id, thread_id, is_met) AS (SELECT runs.id, parent_id, thread_id, {met} FROM runs"
    " JOIN threads ON threads.id = thread_id WHERE runs.id = :start AND runs.owner = :owner"
    " UNION ALL SELECT runs.id, runs.parent_id, runs.thread_id, {met} FROM up JOIN runs ON runs.id = up.parent_id"
    " JOIN threads ON threads.id = runs.thread_id WHERE NOT up.is_met)"
)
_OF_GRAPH = _UP.format(met="threads.graph = :graph")
_STARTED = _UP.format(met="threads.graph = :graph AND started_at IS NOT NULL")
UNSEEN = f"{_STARTED} SELECT id FROM up WHERE NOT is_met"
"""The runs from `:start` up that the thread of `:graph` there has not seen."""


@dataclass(frozen=True)
class Place:
    """Where a run goes."""

    thread_id: str
    parent_id: RunId | None = None
    parent_message_id: str | None = None


def place_of(cursor: sqlite3.Cursor, new: NewRun) -> Place:
    """Find the run's place, and make its thread if it needs a new one.

    Raises:
        WorkflowNotFound: the run that it is to follow is gone.
        UnknownCheckpoint: it is to fork from one that its origin did not make.
        SessionBusy: it would begin with what a run leaves that has not ended.
    """
    if new.is_session_new and new.fork is None:
        return Place(_begun(cursor, new))
    if new.fork is not None:
        check_fork(cursor, new.fork)
    parent_id, message_id = (None, None) if new.is_session_new else _followed(cursor, new)
    return Place(_thread(cursor, new, parent_id), parent_id, message_id)


def let_go(cursor: sqlite3.Cursor, run: Run) -> None:
    """Let what follows a removed run follow what it followed; its thread keeps what it left there.

    So does the thread: it goes on where the removed run began. Elsewhere nobody could tell what it has heard already.
    """
    place = (run.owner, run.session_id)
    cursor.execute(
        "UPDATE runs SET parent_id = ? WHERE parent_id = ? AND owner = ?", (run.parent_id, run.id, run.owner)
    )
    cursor.execute(
        "UPDATE sessions SET head_id = ? WHERE owner = ? AND id = ? AND head_id = ?", (run.parent_id, *place, run.id)
    )
    cursor.execute(
        "UPDATE threads SET last_run_id = ? WHERE owner = ? AND session_id = ? AND last_run_id = ?",
        (run.parent_id, *place, run.id),
    )


def _followed(cursor: sqlite3.Cursor, new: NewRun) -> tuple[RunId | None, str | None]:
    """Return the run that *new* follows, and that run's last message."""
    if new.follows is None:
        return None, None
    place = (new.owner, new.session_id)
    if new.follows is UNSET:
        row = cursor.execute(
            "SELECT runs.id, last_message_id FROM sessions JOIN runs ON runs.id = head_id"
            " WHERE sessions.owner = ? AND sessions.id = ?",
            place,
        ).fetchone()
        return row or (None, None)
    row = cursor.execute(
        "SELECT id, last_message_id FROM runs WHERE owner = ? AND session_id = ? AND id = ?", (*place, new.follows)
    ).fetchone()
    if row is None:
        raise WorkflowNotFound(f"{new.follows}, which the new workflow is to follow, is gone.")
    return row[0], row[1]


def _thread(cursor: sqlite3.Cursor, new: NewRun, parent_id: RunId | None) -> str:
    if new.fork is not None:
        return _begun(cursor, new, new.fork)
    named = cursor.execute(
        "SELECT id, last_run_id FROM threads WHERE owner = ? AND session_id = ? AND graph = ? ORDER BY id DESC",
        (new.owner, new.session_id, new.spec.thread_name),
    ).fetchall()
    if not named:
        return _begun(cursor, new)
    nearest = _nearest(cursor, _OF_GRAPH, new, parent_id)
    goes_on = new.follows is UNSET  # though runs were removed; what is said in another run's place does not
    if nearest is None:
        left = next((id for id, last_run_id in named if last_run_id is None), None) if goes_on else None
        return _begun(cursor, new) if left is None else _taken(cursor, new, left)
    if goes_on and (nearest.thread_id, nearest.id) in named:
        return _taken(cursor, new, nearest.thread_id)
    if nearest.status not in FINAL_STATUSES:
        raise SessionBusy(active_workflow_id=nearest.id)
    return _begun(cursor, new, _left_by(cursor, _nearest(cursor, _STARTED, new, nearest.id)))


@dataclass(frozen=True)
class _Ancestor:
    id: RunId
    thread_id: str
    status: str
    base_checkpoint_id: str | None


def _nearest(cursor: sqlite3.Cursor, way: str, new: NewRun, start: RunId | None) -> _Ancestor | None:
    if start is None:
        return None
    row = cursor.execute(
        f"{way} SELECT up.id, up.thread_id, status, base_checkpoint_id FROM up JOIN runs ON runs.id = up.id"
        " WHERE is_met",
        {"start": start, "owner": new.owner, "graph": new.spec.thread_name},
    ).fetchone()
    return None if row is None else _Ancestor(*row)


def _left_by(cursor: sqlite3.Cursor, ancestor: _Ancestor | None) -> ForkPoint | None:
    """Return the checkpoint that the thread of *ancestor* held when it had ended; None when there is none (any more).

    A run that begins with nothing is told what was said before it, see `earlier`.
    """
    if ancestor is None:
        return None
    row: tuple[Any, ...] = cursor.execute(
        "SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = ? AND namespace = ''"
        " AND (run_id = ? OR checkpoint_id = ?)",
        (ancestor.thread_id, str(uuid_of(ancestor.id)), ancestor.base_checkpoint_id),
    ).fetchone()
    return None if row[0] is None else ForkPoint(ancestor.id, ancestor.thread_id, row[0])


def _begun(cursor: sqlite3.Cursor, new: NewRun, point: ForkPoint | None = None) -> str:
    thread_id = new_thread_id()
    cursor.execute(
        "INSERT INTO threads (id, owner, session_id, graph, last_run_id) VALUES (?, ?, ?, ?, ?)",
        (thread_id, new.owner, new.session_id, new.spec.thread_name, new.id),
    )
    if point is not None:
        copy_checkpoint(cursor, point, thread_id)
    return thread_id


def _taken(cursor: sqlite3.Cursor, new: NewRun, thread_id: str) -> str:
    cursor.execute("UPDATE threads SET last_run_id = ? WHERE id = ? AND owner = ?", (new.id, thread_id, new.owner))
    return thread_id
