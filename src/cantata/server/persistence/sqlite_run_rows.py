"""What a row of a run is, for whoever reads one."""

import sqlite3
from typing import Any

import msgspec

from cantata.server.runs.ids import RunId
from cantata.server.runs.model import Feedback, Resumption, Run, RunSpec

ACTIVE = "status IN ('queued', 'running', 'interrupted')"
RUN_COLUMNS = (
    "id, owner, session_id, thread_id, spec, status, attempt, epoch, last_seq, created_at, updated_at, started_at,"
    " request_hash, takeover, answers, resumption, base_checkpoint_id, workflow, parent_id, question_id, workspace,"
    " feedback"
)
RUNS = "runs JOIN heads ON heads.run_id = runs.id"
_spec_decoder = msgspec.json.Decoder(RunSpec)


def run_by_id(source: sqlite3.Cursor | sqlite3.Connection, run_id: RunId, owner: str | None = None) -> Run | None:
    """Return the run, of any owner or of that one."""
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
        feedback=None if row[21] is None else msgspec.json.decode(row[21], type=Feedback),
    )


def active_in_session(cursor: sqlite3.Cursor, owner: str, session_id: str) -> RunId | None:
    """Return the active run whose turn in its session it is."""
    row = cursor.execute(
        f"SELECT id FROM runs WHERE owner = ? AND session_id = ? AND {ACTIVE} ORDER BY number LIMIT 1",
        (owner, session_id),
    ).fetchone()
    return row[0] if row else None
