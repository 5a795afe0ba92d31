"""The messages of sessions as rows, written in the transactions that create, end and remove their runs."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from cantata.server.runs.ids import RunId
from cantata.server.runs.model import Message, Run

COLUMNS = (
    "message_id, run_id, parent_id, role, content, content_parts, cause_by, sent_from, send_to, trace_id, timestamp,"
    " metadata"
)
_INSERT = f"INSERT INTO messages (owner, session_id, {COLUMNS}) SELECT owner, session_id{', ?' * 12} FROM runs"
_LINK = (
    "UPDATE messages SET parent_id = ? WHERE owner = ? AND message_id IN"
    " (SELECT question_id FROM runs WHERE parent_id = ? AND owner = ?)"
)


def add_question(cursor: sqlite3.Cursor, owner: str, session_id: str, question: Message, parent_id: str | None) -> None:
    """Write what the user said, after the message *parent_id*."""
    cursor.execute(
        f"INSERT INTO messages (owner, session_id, {COLUMNS}) VALUES (?, ?{', ?' * 12})",
        (owner, session_id, *_row(question, parent_id)),
    )


def add_answers(cursor: sqlite3.Cursor, run_id: RunId, messages: Sequence[Message]) -> None:
    """Write what a run said that has just ended; questions that follow it go on from its last message."""
    if not messages:
        return
    cursor.executemany(f"{_INSERT} WHERE id = ?", [(*_row(one, one.parent_id), run_id) for one in messages])
    last = messages[-1].message_id
    cursor.execute(
        "UPDATE messages SET parent_id = ?1 WHERE message_id IN (SELECT question_id FROM runs WHERE parent_id = ?2)",
        (last, run_id),
    )


def remove_messages(cursor: sqlite3.Cursor, run: Run) -> None:
    """Remove what a run said, and its question if it alone answers it; what follows goes on from what it followed."""
    place = (run.owner, run.session_id)
    before = cursor.execute(
        "SELECT parent_id FROM messages WHERE owner = ? AND message_id = ?", (run.owner, run.question_id)
    ).fetchone()
    cursor.execute(_LINK, (before[0] if before else None, run.owner, run.id, run.owner))
    other = cursor.execute(
        "SELECT id FROM runs WHERE owner = ? AND session_id = ? AND question_id = ? AND id <> ?"
        " ORDER BY number LIMIT 1",
        (*place, run.question_id, run.id),
    ).fetchone()
    if other is not None:
        cursor.execute(
            "UPDATE messages SET run_id = ? WHERE owner = ? AND message_id = ?", (other[0], run.owner, run.question_id)
        )
    cursor.execute("DELETE FROM messages WHERE owner = ? AND session_id = ? AND run_id = ?", (*place, run.id))


def read_message(row: Sequence[Any]) -> Message:
    """Read a row of `COLUMNS`."""
    return Message(
        message_id=row[0],
        run_id=row[1],
        parent_id=row[2],
        role=row[3],
        content=row[4],
        content_parts=msgspec.json.decode(row[5]),
        cause_by=row[6],
        sent_from=row[7],
        send_to=msgspec.json.decode(row[8]),
        trace_id=row[9],
        timestamp=row[10],
        metadata=msgspec.json.decode(row[11]),
    )


def _row(message: Message, parent_id: str | None) -> tuple[Any, ...]:
    return (
        message.message_id,
        message.run_id,
        parent_id,
        message.role,
        message.content,
        msgspec.json.encode(message.content_parts),
        message.cause_by,
        message.sent_from,
        msgspec.json.encode(message.send_to),
        message.trace_id,
        message.timestamp,
        msgspec.json.encode(message.metadata),
    )
