"""The runs' rows in the embedded database. Every statement names the owner or carries a fence."""

import sqlite3
from datetime import datetime, timedelta
from typing import Any

import msgspec

from cantata.callbacks.events import Timestamps
from cantata.server.errors import Fenced, IdempotencyMismatch, SessionBusy, WorkflowNotFinished, WorkflowNotFound
from cantata.server.persistence.sqlite import Database
from cantata.server.persistence.sqlite_branches import UNSEEN, Place, let_go, place_of
from cantata.server.persistence.sqlite_log import begin, store
from cantata.server.persistence.sqlite_messages import add_answers, add_question, remove_messages
from cantata.server.persistence.sqlite_spending import check_allowance
from cantata.server.runs.frames import Frames
from cantata.server.runs.ids import RunId, traced_run_of
from cantata.server.runs.model import FINAL_STATUSES, Claim, Fence, NewRun, Rest, Resumption, Run, RunSpec, Takeover
from cantata.server.runs.ports.runs import Created, RunFilter

LATELY = 5_000  # runs, among which the last failures are looked for
IDEMPOTENCY_HOURS = 24  # how long a key is kept, as the API promises

ACTIVE = "status IN ('queued', 'running', 'interrupted')"
RUN_COLUMNS = (
    "id, owner, session_id, thread_id, spec, status, attempt, epoch, last_seq, created_at, updated_at, started_at,"
    " request_hash, takeover, answers, resumption, base_checkpoint_id, workflow, parent_id, question_id, workspace"
)
RUNS = "runs JOIN heads ON heads.run_id = runs.id"
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
_spec_decoder = msgspec.json.Decoder(RunSpec)


class SqliteRuns:
    """A `RunStore`."""

    def __init__(self, database: Database, timestamps: Timestamps) -> None:
        self._database = database
        self._now = timestamps.now

    async def create(self, new: NewRun, first: Frames, workflow: bytes) -> Created:
        """Create a run, or find the one of the same key; see the port."""
        now = self._now()

        def operation(cursor: sqlite3.Cursor) -> Created:
            if known := _known(cursor, new, now):
                return Created(known, is_new=False, is_waiting=False)
            busy = None if new.is_session_new else active_in_session(cursor, new.owner, new.session_id)
            if busy is not None and new.if_busy == "reject":
                raise SessionBusy(active_workflow_id=busy)
            check_allowance(cursor, new.owner, new.allowance, now)
            question_id = _question_of(cursor, new)
            place = place_of(cursor, new)
            _touch_session(cursor, new, now)
            if new.question is not None:
                add_question(cursor, new.owner, new.session_id, new.question, place.parent_message_id)
            _insert_run(cursor, new, place, question_id, workflow, now)
            begin(cursor, new.id, first, now)
            run = _queued(new, place, question_id, first, workflow, now)
            return Created(run, is_new=True, is_waiting=busy is not None)

        return await self._database.submit(operation)

    async def get(self, owner: str, run_id: RunId) -> Run | None:
        """Return the run, or None when there is none of this owner."""
        return self._database.look(lambda connection: _by_id(connection, run_id, owner))

    async def by_id(self, run_id: RunId) -> Run | None:
        """Return the run of any owner."""
        return self._database.look(lambda connection: _by_id(connection, run_id))

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
            run = _by_id(cursor, run_id)
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

    async def requeue(self, run_id: RunId, epoch: int) -> None:
        """Put a lost run back into the queue; see the port."""

        def operation(cursor: sqlite3.Cursor) -> None:
            cursor.execute(
                "UPDATE runs SET status = 'queued', takeover = 'recovery'"
                " WHERE id = ? AND status = 'running' AND (SELECT epoch FROM heads WHERE run_id = id) = ?",
                (run_id, epoch),
            )

        await self._database.submit(operation)

    async def delete(self, owner: str, run_id: RunId) -> None:
        """Remove a final run and its log; see the port."""

        def operation(cursor: sqlite3.Cursor) -> None:
            run = _by_id(cursor, run_id, owner)
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


def _known(cursor: sqlite3.Cursor, new: NewRun, now: str) -> Run | None:
    """Find the run that the idempotency key made; a key that has expired is set free."""
    if new.idempotency_key is None:
        return None
    row = cursor.execute(
        f"SELECT {RUN_COLUMNS} FROM {RUNS} WHERE owner = ? AND idempotency_key = ?", (new.owner, new.idempotency_key)
    ).fetchone()
    if row is None:
        return None
    run = read_run(row)
    if run.created_at < _hours_before(now, IDEMPOTENCY_HOURS):
        cursor.execute("UPDATE runs SET idempotency_key = NULL WHERE id = ?", (run.id,))
        return None
    if run.request_hash != new.request_hash:
        raise IdempotencyMismatch
    return run


def _hours_before(now: str, hours: int) -> str:
    return (datetime.fromisoformat(now) - timedelta(hours=hours)).isoformat(timespec="milliseconds")[:23] + "Z"


def active_in_session(cursor: sqlite3.Cursor, owner: str, session_id: str) -> RunId | None:
    """Return the active run whose turn in its session it is."""
    row = cursor.execute(
        f"SELECT id FROM runs WHERE owner = ? AND session_id = ? AND {ACTIVE} ORDER BY number LIMIT 1",
        (owner, session_id),
    ).fetchone()
    return row[0] if row else None


def _next_in_session(cursor: sqlite3.Cursor, run_id: RunId) -> RunId | None:
    row = cursor.execute(
        "SELECT other.id FROM runs JOIN runs AS other ON other.owner = runs.owner"
        " AND other.session_id = runs.session_id WHERE runs.id = ? AND other.status = 'queued'"
        " ORDER BY other.number LIMIT 1",
        (run_id,),
    ).fetchone()
    return row[0] if row else None


def _touch_session(cursor: sqlite3.Cursor, new: NewRun, now: str) -> None:
    cursor.execute(
        "INSERT INTO sessions (owner, id, workspace, created_at, updated_at, head_id) VALUES (?1, ?2, ?5, ?3, ?3, ?4)"
        " ON CONFLICT (owner, id) DO UPDATE SET updated_at = excluded.updated_at, head_id = excluded.head_id",
        (new.owner, new.session_id, now, new.id, new.workspace),
    )


def _question_of(cursor: sqlite3.Cursor, new: NewRun) -> str | None:
    """Name the message that the run answers: its own, or another run's."""
    if new.answers_again is None:
        return None if new.question is None else new.question.message_id
    row = cursor.execute(
        "SELECT question_id FROM runs WHERE id = ? AND owner = ? AND session_id = ?",
        (new.answers_again, new.owner, new.session_id),
    ).fetchone()
    if row is None:
        raise WorkflowNotFound(f"{new.answers_again}, whose question is to be answered again, is gone.")
    question_id: str | None = row[0]
    return question_id


def _insert_run(
    cursor: sqlite3.Cursor, new: NewRun, place: Place, question_id: str | None, workflow: bytes, now: str
) -> None:
    cursor.execute(
        "INSERT INTO runs (id, owner, session_id, parent_id, question_id, last_message_id, thread_id, graph, spec,"
        " status, created_at, request_hash, idempotency_key, workflow, workspace)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8, 'queued', ?9, ?10, ?11, ?12, ?13)",
        (
            new.id,
            new.owner,
            new.session_id,
            place.parent_id,
            question_id,
            place.thread_id,
            new.spec.graph,
            msgspec.json.encode(new.spec),
            now,
            new.request_hash,
            new.idempotency_key,
            workflow,
            new.workspace,
        ),
    )


def _queued(new: NewRun, place: Place, question_id: str | None, first: Frames, workflow: bytes, now: str) -> Run:
    return Run(
        id=new.id,
        owner=new.owner,
        workspace=new.workspace,
        session_id=new.session_id,
        thread_id=place.thread_id,
        spec=new.spec,
        status="queued",
        attempt=1,
        epoch=0,
        last_seq=first.last_seq,
        created_at=now,
        updated_at=now,
        started_at=None,
        request_hash=new.request_hash,
        takeover=None,
        answers=None,
        resumption=None,
        base_checkpoint_id=None,
        parent_id=place.parent_id,
        question_id=question_id,
        workflow=workflow,
    )


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


def _by_id(source: sqlite3.Cursor | sqlite3.Connection, run_id: RunId, owner: str | None = None) -> Run | None:
    where = "id = ?" if owner is None else "id = ? AND owner = ?"
    values = (run_id,) if owner is None else (run_id, owner)
    row = source.execute(f"SELECT {RUN_COLUMNS} FROM {RUNS} WHERE {where}", values).fetchone()
    return read_run(row) if row else None


def read_run(row: tuple[Any, ...]) -> Run:
    """Read a row of `RUN_COLUMNS`."""
    return Run(
        id=row[0],
        owner=row[1],
        session_id=row[2],
        thread_id=row[3],
        spec=_spec_decoder.decode(row[4]),
        status=row[5],
        attempt=row[6],
        epoch=row[7],
        last_seq=row[8],
        created_at=row[9],
        updated_at=row[10],
        started_at=row[11],
        request_hash=row[12],
        takeover=row[13],
        answers=None if row[14] is None else msgspec.json.decode(row[14]),
        resumption=None if row[15] is None else msgspec.json.decode(row[15], type=Resumption),
        base_checkpoint_id=row[16],
        workflow=row[17],
        parent_id=row[18],
        question_id=row[19],
        workspace=row[20],
    )


def _json(value: Any) -> bytes | None:
    return None if value is None else msgspec.json.encode(value)
