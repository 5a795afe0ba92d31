"""Sessions in the embedded database. Every statement names the owner, but for upkeep."""

import logging
import sqlite3
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from cantata.callbacks.events import Timestamps
from cantata.server.errors import SessionBusy, SessionNotFound, StorageUnavailable, WorkflowNotFound
from cantata.server.persistence.sqlite import Database
from cantata.server.persistence.sqlite_messages import COLUMNS, read_message
from cantata.server.persistence.sqlite_removals import remove_session, sweep
from cantata.server.persistence.sqlite_run_rows import ACTIVE, RUN_COLUMNS, RUNS, active_in_session, read_run
from cantata.server.runs.ids import RunId
from cantata.server.runs.model import Message, Run, Session
from cantata.server.runs.ports.sessions import RunPlace, SessionPlace

logger = logging.getLogger(__name__)

FIRST_CHARS = 1_000  # of a session's first message: more than any title takes

_OF_SESSION = "owner = sessions.owner AND session_id = sessions.id"
_LAST = ", ".join(f"last.{name.strip()}" for name in COLUMNS.split(","))
_SESSIONS = (
    "SELECT sessions.id, sessions.title,"
    f" (SELECT substr(content, 1, {FIRST_CHARS}) FROM messages WHERE {_OF_SESSION} ORDER BY timestamp, number LIMIT 1),"
    " head_id, head.last_message_id, head.status,"
    f" (SELECT id FROM runs WHERE {_OF_SESSION} AND {ACTIVE} ORDER BY number LIMIT 1),"
    " sessions.created_at, sessions.updated_at,"
    f" (SELECT count(*) FROM messages WHERE {_OF_SESSION}), (SELECT count(*) FROM runs WHERE {_OF_SESSION}),"
    f" (SELECT json_group_array(graph) FROM (SELECT graph FROM runs WHERE {_OF_SESSION} GROUP BY graph"
    f" ORDER BY min(number))), {_LAST} FROM sessions LEFT JOIN runs AS head ON head.id = head_id"
    " LEFT JOIN messages AS last ON last.message_id = head.last_message_id"
)
_FOUND = (
    " AND (instr(casefold(coalesce(sessions.title, '')), ?) OR EXISTS"
    f" (SELECT 1 FROM messages WHERE {_OF_SESSION} AND instr(casefold(content), ?)))"
)


class SqliteSessions:
    """A `SessionStore`; `SqliteRuns` writes the messages with the runs."""

    def __init__(self, database: Database, timestamps: Timestamps) -> None:
        self._database = database
        self._now = timestamps.now

    async def get(self, owner: str, session_id: str) -> Session | None:
        """Return the session; see the port."""
        return await self._database.read(lambda connection: _by_id(connection, owner, session_id))

    async def find(self, owner: str, text: str | None, before: SessionPlace | None, limit: int) -> list[Session]:
        """Return sessions, the newest activity first; see the port."""
        sql, values = f"{_SESSIONS} WHERE sessions.owner = ?", [owner]
        if before is not None:
            sql += " AND (sessions.updated_at, sessions.id) < (?, ?)"
            values += [before.updated_at, before.session_id]
        if text:
            sql += _FOUND
            values += [text.casefold()] * 2
        sql += " ORDER BY sessions.updated_at DESC, sessions.id DESC LIMIT ?"

        def query(connection: sqlite3.Connection) -> list[Session]:
            # SQLite's own folds ASCII only.
            connection.create_function("casefold", 1, str.casefold, deterministic=True)
            return [_session(row) for row in connection.execute(sql, (*values, limit))]

        return await self._database.read(query)

    async def update(
        self,
        owner: str,
        session_id: str,
        *,
        title: str | UnsetType | None = UNSET,
        head: RunId | UnsetType = UNSET,
    ) -> Session:
        """Change the title, the head, or both; see the port."""
        place = (owner, session_id)

        def operation(cursor: sqlite3.Cursor) -> Session:
            _check_session(cursor, owner, session_id)
            if head is not UNSET:
                found = cursor.execute(
                    "SELECT 1 FROM runs WHERE id = ? AND owner = ? AND session_id = ?", (head, *place)
                ).fetchone()
                if found is None:
                    raise WorkflowNotFound(f"The session has no workflow {head}.")
                cursor.execute("UPDATE sessions SET head_id = ? WHERE owner = ? AND id = ?", (head, *place))
            if title is not UNSET:
                cursor.execute("UPDATE sessions SET title = ? WHERE owner = ? AND id = ?", (title, *place))
            changed = _by_id(cursor, *place)
            assert changed is not None
            return changed

        return await self._database.submit(operation)

    async def messages(self, owner: str, session_id: str) -> list[Message]:
        """Return all messages in order of time."""
        sql = f"SELECT {COLUMNS} FROM messages WHERE owner = ? AND session_id = ? ORDER BY timestamp, number"
        return await self._database.read(
            lambda connection: [read_message(row) for row in connection.execute(sql, (owner, session_id))]
        )

    async def message(self, owner: str, session_id: str, message_id: str) -> Message | None:
        """Return a message of the session."""
        sql = f"SELECT {COLUMNS} FROM messages WHERE message_id = ? AND owner = ? AND session_id = ?"
        row = self._database.look(
            lambda connection: connection.execute(sql, (message_id, owner, session_id)).fetchone()
        )
        return None if row is None else read_message(row)

    async def runs(self, owner: str, session_id: str) -> list[RunPlace]:
        """Return the session's runs in the order of their creation."""
        sql = (
            "SELECT id, parent_id, question_id, graph, status, created_at, heads.updated_at FROM runs"
            " JOIN heads ON heads.run_id = runs.id WHERE owner = ? AND session_id = ? ORDER BY number"
        )
        return await self._database.read(
            lambda connection: [RunPlace(*row) for row in connection.execute(sql, (owner, session_id))]
        )

    async def next_run(self, owner: str, session_id: str, after: RunId | None) -> Run | None:
        """Return the session's first run after that one; see the port."""
        # An id sorts by the time at which it was made: good enough where the run itself is gone.
        sql = (
            f"SELECT {RUN_COLUMNS} FROM {RUNS} WHERE owner = ?1 AND session_id = ?2 AND number > coalesce("
            "(SELECT number FROM runs WHERE id = ?3 AND owner = ?1 AND session_id = ?2),"
            " (SELECT max(number) FROM runs WHERE owner = ?1 AND session_id = ?2 AND id < ?3), 0)"
            " ORDER BY number LIMIT 1"
        )
        row = self._database.look(lambda connection: connection.execute(sql, (owner, session_id, after)).fetchone())
        return None if row is None else read_run(row)

    async def delete(self, owner: str, session_id: str) -> None:
        """Remove the session with everything in it; see the port."""

        def operation(cursor: sqlite3.Cursor) -> None:
            _check_session(cursor, owner, session_id)
            busy = active_in_session(cursor, owner, session_id)
            if busy is not None:
                raise SessionBusy(active_workflow_id=busy)
            remove_session(cursor, owner, session_id)

        await self._database.submit(operation)
        await self.sweep()

    async def sweep(self) -> None:
        """Finish removals that a crash cut short; what cannot be written now waits for the next one."""
        try:
            await sweep(self._database)
        except StorageUnavailable as error:
            logger.warning("what removed sessions left is not removed yet: %s", error)

    async def idle(self, before: str, limit: int) -> list[tuple[str, str]]:
        """Return sessions where nothing happened since; see the port."""
        sql = (
            "SELECT owner, id FROM sessions WHERE updated_at < ? AND NOT EXISTS"
            f" (SELECT 1 FROM runs WHERE {_OF_SESSION} AND {ACTIVE}) ORDER BY updated_at LIMIT ?"
        )
        return await self._database.read(lambda connection: connection.execute(sql, (before, limit)).fetchall())


def _check_session(cursor: sqlite3.Cursor, owner: str, session_id: str) -> None:
    if cursor.execute("SELECT 1 FROM sessions WHERE owner = ? AND id = ?", (owner, session_id)).fetchone() is None:
        raise SessionNotFound(f"No session {session_id!r} exists: one begins with its first message.")


def _by_id(source: sqlite3.Cursor | sqlite3.Connection, owner: str, session_id: str) -> Session | None:
    sql = f"{_SESSIONS} WHERE sessions.owner = ? AND sessions.id = ?"
    row = source.execute(sql, (owner, session_id)).fetchone()
    return None if row is None else _session(row)


def _session(row: tuple[Any, ...]) -> Session:
    return Session(
        id=row[0],
        title=row[1],
        first_words=row[2],
        head_id=row[3],
        head_message_id=row[4],
        status=row[5],
        active_id=row[6],
        created_at=row[7],
        updated_at=row[8],
        message_count=row[9],
        run_count=row[10],
        graphs=msgspec.json.decode(row[11]),
        last_message=None if row[12] is None else read_message(row[12:]),
    )
