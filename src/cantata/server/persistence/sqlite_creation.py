"""Creates runs: everything that stands in the transaction which makes one."""

import sqlite3
from datetime import datetime, timedelta

import msgspec

from cantata.server.errors import IdempotencyMismatch, SessionBusy, WorkflowNotFound
from cantata.server.persistence.sqlite_branches import Place, place_of
from cantata.server.persistence.sqlite_log import begin
from cantata.server.persistence.sqlite_messages import add_question
from cantata.server.persistence.sqlite_run_rows import RUN_COLUMNS, RUNS, active_in_session, read_run
from cantata.server.persistence.sqlite_spending import check_allowance
from cantata.server.runs.frames import Frames
from cantata.server.runs.model import NewRun, Run
from cantata.server.runs.ports.runs import Created

IDEMPOTENCY_HOURS = 24  # how long a key is kept, as the API promises


def create_run(cursor: sqlite3.Cursor, new: NewRun, first: Frames, workflow: bytes, now: str) -> Created:
    """Create a run, or find the one of the same key; see `RunStore.create`."""
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
