"""The runs' rows in the embedded database. Every statement names the owner or carries a fence."""

import sqlite3
from typing import Any

import msgspec

from cantata.callbacks.events import Timestamps
from cantata.server.errors import Fenced, WorkflowNotFinished, WorkflowNotFound
from cantata.server.persistence.sqlite import Database
from cantata.server.persistence.sqlite_branches import UNSEEN, let_go
from cantata.server.persistence.sqlite_creation import create_run
from cantata.server.persistence.sqlite_log import store
from cantata.server.persistence.sqlite_messages import add_answers, remove_messages
from cantata.server.persistence.sqlite_run_rows import ACTIVE, RUN_COLUMNS, RUNS, read_run, run_by_id
from cantata.server.persistence.sqlite_spending import check_allowance
from cantata.server.runs.frames import Frames
from cantata.server.runs.ids import RunId, traced_run_of
from cantata.server.runs.model import FINAL_STATUSES, Claim, Feedback, Fence, NewRun, Rest, Run, Takeover
from cantata.server.runs.ports.runs import Created, RunFilter

LATELY = 5_000  # runs, among which the last failures are looked for
_NEWEST_CHECKPOINT = (
    "(SELECT max(checkpoint_id) FROM checkpoints WHERE checkpoints.thread_id = runs.thread_id AND namespace = '')"
)
_CLAIM = (
    "UPDATE runs SET status = 'running', worker = :worker, attempt = attempt + coalesce(takeover = 'recovery', 0),"
    f" base_checkpoint_id = CASE WHEN started_at IS NULL THEN {_NEWEST_CHECKPOINT} ELSE base_checkpoint_id END,"
    " started_at = coalesce(started_at, :now) WHERE id = :id AND status = 'queued' AND NOT EXISTS (SELECT 1 FROM runs"
    f" AS other WHERE other.owner = runs.owner AND other.session_id = runs.session_id AND other.{ACTIVE}"
    " AND other.number < runs.number)"
)
_REST = (
    "UPDATE runs SET status = ?, workflow = ?, takeover = ?, answers = ?, worker = NULL,"
    " resumption = coalesce(?, resumption), last_message_id = coalesce(?, last_message_id)"
    # Two answers of one millisecond make the same event, which then looks like a repeat: the status tells.
    " WHERE id = ? AND (? IS NULL OR status <> 'queued') AND EXISTS"
    " (SELECT 1 FROM heads WHERE run_id = id AND epoch = ? AND last_seq = ? AND is_open)"
)
_KEEP_RECORD = "INSERT INTO run_records (owner, record) SELECT owner, ? FROM runs WHERE id = ?"
_NOTE_END = "UPDATE sessions SET updated_at = ? WHERE (owner, id) = (SELECT owner, session_id FROM runs WHERE id = ?)"
_EARLIER = (
    f"SELECT {RUN_COLUMNS} FROM {RUNS} WHERE id IN ({UNSEEN}) AND owner = :owner AND status = 'completed'"
    " ORDER BY number"
)


class SqliteRuns:
    """A `RunStore`."""

    def __init__(self, database: Database, timestamps: Timestamps) -> None:
        self._database = database
        self._now = timestamps.now

    async def create(self, new: NewRun, first: Frames, workflow: bytes) -> Created:
        """Create a run, or find the one of the same key; see the port."""
        now = self._now()
        return await self._database.submit(lambda cursor: create_run(cursor, new, first, workflow, now))

    async def get(self, owner: str, run_id: RunId) -> Run | None:
        """Return the run, or None when there is none of this owner."""
        return self._database.look(lambda connection: run_by_id(connection, run_id, owner))

    async def by_id(self, run_id: RunId) -> Run | None:
        """Return the run of any owner."""
        return self._database.look(lambda connection: run_by_id(connection, run_id))

    async def find(self, owner: str, wanted: RunFilter, before: RunId | None, limit: int) -> list[Run]:
        """Return runs, newest first."""
        return await self._find(owner, wanted, before, limit)

    async def find_everybodys(self, wanted: RunFilter, limit: int) -> list[Run]:
        """Return runs of every owner, newest first."""
        return await self._find(None, wanted, None, limit)

    async def _find(self, owner: str | None, wanted: RunFilter, before: RunId | None, limit: int) -> list[Run]:
        filters = {
            "owner": owner,
            "status": wanted.status,
            "session_id": wanted.session_id,
            "graph": wanted.graph,
            "id <": before,
            "id": None if wanted.trace_id is None else traced_run_of(wanted.trace_id) or "",
        }
        given = {name: value for name, value in filters.items() if value is not None}
        where = "".join(f" AND {name}{'' if name.endswith('<') else ' ='} ?" for name in given)
        where += f" AND {ACTIVE}" if wanted.is_active else ""
        sql = f"SELECT {RUN_COLUMNS} FROM {RUNS} WHERE true{where} ORDER BY id DESC LIMIT ?"
        found = await self._database.read(
            lambda connection: [read_run(row) for row in connection.execute(sql, (*given.values(), limit))]
        )
        return [run for run in found if wanted.trace_id is None or run.spec.traced_by]

    async def earlier(self, run: Run) -> list[Run]:
        """Return the completed runs above the run that its thread has not seen, oldest first."""
        if run.parent_id is None:
            return []
        has_memory = run.base_checkpoint_id is not None
        seen_by = run.spec.thread_name if has_memory else ""  # nobody's name: an empty thread has seen nothing
        values = {"start": run.parent_id, "owner": run.owner, "graph": seen_by}
        return self._database.look(lambda connection: [read_run(row) for row in connection.execute(_EARLIER, values)])

    async def claim(self, run_id: RunId, worker: str) -> Claim | None:
        """Take a queued run whose turn in its session it is; None when it cannot be had."""
        now = self._now()

        def operation(cursor: sqlite3.Cursor) -> Claim | None:
            cursor.execute(_CLAIM, {"id": run_id, "worker": worker, "now": now})
            if cursor.rowcount == 0:
                return None
            cursor.execute("UPDATE heads SET epoch = epoch + 1, updated_at = ? WHERE run_id = ?", (now, run_id))
            run = run_by_id(cursor, run_id)
            assert run is not None
            is_first = run.takeover is None and run.answers is None
            return Claim(run=run, checkpoint_id=run.base_checkpoint_id if is_first else _newest(cursor, run))

        return await self._database.submit(operation)

    async def settle(
        self, run_id: RunId, fence: Fence, frames: Frames | None, rest: Rest, workflow: bytes
    ) -> RunId | None:
        """Bring the run to rest or back into the queue; see the port."""
        now = self._now()
        answers, resumption, record = _json(rest.answers), _json(rest.resumption), _json(rest.record)

        def operation(cursor: sqlite3.Cursor) -> RunId | None:
            if rest.resumption is not None:
                check_allowance(cursor, _owner(cursor, run_id), rest.allowance, now)
            if frames is not None:
                store(cursor, run_id, fence, frames, now)
            cursor.execute(
                _REST,
                (
                    rest.status,
                    workflow,
                    rest.takeover,
                    answers,
                    resumption,
                    rest.messages[-1].message_id if rest.messages else None,
                    run_id,
                    resumption,
                    fence.epoch,
                    _head(fence, frames),
                ),
            )
            if cursor.rowcount == 0:
                raise Fenced
            is_open = rest.status not in FINAL_STATUSES
            cursor.execute("UPDATE heads SET is_open = ?, updated_at = ? WHERE run_id = ?", (is_open, now, run_id))
            if record is not None:
                cursor.execute(_KEEP_RECORD, (record, run_id))
            if is_open:
                return None
            add_answers(cursor, run_id, rest.messages)
            cursor.execute(_NOTE_END, (now, run_id))
            return _next_in_session(cursor, run_id)

        return await self._database.submit(operation)

    async def recover(self, cause: Takeover = "recovery") -> list[tuple[RunId, str]]:
        """Put back what is marked running and is not; see the port."""

        def operation(cursor: sqlite3.Cursor) -> list[tuple[RunId, str]]:
            cursor.execute("UPDATE runs SET status = 'queued', takeover = ? WHERE status = 'running'", (cause,))
            return cursor.execute("SELECT id, owner FROM runs WHERE status = 'queued' ORDER BY number").fetchall()

        return await self._database.submit(operation)

    async def failed_lately(self, limit: int) -> list[Run]:
        """Return what failed last; see the port. Older runs than the last few thousand are not looked at."""
        sql = (
            f"SELECT {RUN_COLUMNS} FROM {RUNS} WHERE status = 'failed'"
            f" AND number > (SELECT max(number) FROM runs) - {LATELY} ORDER BY number DESC LIMIT ?"
        )
        return await self._database.read(
            lambda connection: [read_run(row) for row in connection.execute(sql, (limit,))]
        )

    async def running(self) -> list[RunId]:
        """Return what is marked as running; see the port."""
        sql = "SELECT id FROM runs WHERE status = 'running'"
        return self._database.look(lambda connection: [RunId(row[0]) for row in connection.execute(sql)])

    async def interrupted(self) -> int:
        """Count what waits for a human; see the port."""
        sql = "SELECT count(*) FROM runs WHERE status = 'interrupted'"
        return self._database.look(lambda connection: int(connection.execute(sql).fetchone()[0]))

    async def requeue(self, run_id: RunId, epoch: int) -> None:
        """Put a lost run back into the queue; see the port."""

        def operation(cursor: sqlite3.Cursor) -> None:
            cursor.execute(
                "UPDATE runs SET status = 'queued', takeover = 'recovery'"
                " WHERE id = ? AND status = 'running' AND (SELECT epoch FROM heads WHERE run_id = id) = ?",
                (run_id, epoch),
            )

        await self._database.submit(operation)

    async def set_feedback(self, owner: str, run_id: RunId, feedback: Feedback | None) -> Run:
        """Keep what the owner says of a final run; see the port."""
        written = _json(feedback)

        def operation(cursor: sqlite3.Cursor) -> Run:
            run = run_by_id(cursor, run_id, owner)
            if run is None:
                raise WorkflowNotFound
            if feedback is not None and not run.is_final:
                raise WorkflowNotFinished(f"The workflow is {run.status}: say what it is worth when it has ended.")
            cursor.execute("UPDATE runs SET feedback = ? WHERE id = ? AND owner = ?", (written, run_id, owner))
            return run

        return await self._database.submit(operation)

    async def delete(self, owner: str, run_id: RunId) -> None:
        """Remove a final run and its log; see the port."""

        def operation(cursor: sqlite3.Cursor) -> None:
            run = run_by_id(cursor, run_id, owner)
            if run is None:
                return
            if not run.is_final:
                raise WorkflowNotFinished
            remove_messages(cursor, run)
            let_go(cursor, run)
            cursor.execute("DELETE FROM events WHERE run_id = ?", (run_id,))
            cursor.execute("DELETE FROM heads WHERE run_id = ?", (run_id,))
            cursor.execute("DELETE FROM runs WHERE id = ?", (run_id,))

        await self._database.submit(operation)


def _next_in_session(cursor: sqlite3.Cursor, run_id: RunId) -> RunId | None:
    row = cursor.execute(
        "SELECT other.id FROM runs JOIN runs AS other ON other.owner = runs.owner"
        " AND other.session_id = runs.session_id WHERE runs.id = ? AND other.status = 'queued'"
        " ORDER BY other.number LIMIT 1",
        (run_id,),
    ).fetchone()
    return row[0] if row else None


def _owner(cursor: sqlite3.Cursor, run_id: RunId) -> str:
    row = cursor.execute("SELECT owner FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise Fenced
    owner: str = row[0]
    return owner


def _newest(cursor: sqlite3.Cursor, run: Run) -> str | None:
    # Not in the claim's RETURNING: there SQLite 3.40 does not use the key, and reads every checkpoint.
    row = cursor.execute(f"SELECT {_NEWEST_CHECKPOINT} FROM runs WHERE id = ?", (run.id,)).fetchone()
    return None if row is None else row[0]


def _head(fence: Fence, frames: Frames | None) -> int:
    return frames.last_seq if frames is not None else fence.last_seq


def _json(value: Any) -> bytes | None:
    return None if value is None else msgspec.json.encode(value)
