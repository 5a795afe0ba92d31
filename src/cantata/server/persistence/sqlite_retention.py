"""Finds in the embedded database what has become old. Upkeep: of every owner."""

import sqlite3

from cantata.server.persistence.sqlite import Database
from cantata.server.runs.ports.retention import EndedLog, Ending, IdleThread, Workspaces

_ENDED = "heads.is_open = 0 AND (heads.updated_at, heads.run_id) > (?, ?) AND heads.updated_at < ?"
_ENDED_LOGS = (
    f"SELECT updated_at, run_id, last_seq FROM heads WHERE {_ENDED} AND EXISTS (SELECT 1 FROM events"
    " WHERE events.run_id = heads.run_id AND events.first_seq < heads.last_seq){}"
    " ORDER BY updated_at, run_id LIMIT ?"
)
# The session's newest runs first: of a long conversation nearly every run has a later one. As a value and not with
# EXISTS, for which SQLite drops the order and looks at all of them.
_LATER = (
    "SELECT 1 FROM runs AS other JOIN heads AS later ON later.run_id = other.id WHERE other.owner = runs.owner"
    " AND other.session_id = runs.session_id AND other.thread_id = runs.thread_id AND (later.is_open"
    " OR (later.updated_at, later.run_id) > (heads.updated_at, heads.run_id)) ORDER BY other.number DESC LIMIT 1"
)
_IDLE_THREADS = (
    "SELECT heads.updated_at, heads.run_id, runs.thread_id FROM heads CROSS JOIN runs ON runs.id = heads.run_id"
    f" WHERE {_ENDED} AND ({_LATER}) IS NULL AND EXISTS (SELECT 1 FROM checkpoints"
    " WHERE checkpoints.thread_id = runs.thread_id GROUP BY namespace HAVING count(*) > 1)"
    " ORDER BY heads.updated_at, heads.run_id LIMIT ?"
)


class SqliteRetention:
    """A `RetentionStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ended_logs(
        self, after: Ending, before: str, limit: int, workspaces: Workspaces | None = None
    ) -> list[EndedLog]:
        """Return logs of runs that ended before *before*; see the port."""
        within, names = _within(workspaces)

        def query(connection: sqlite3.Connection) -> list[EndedLog]:
            rows = connection.execute(_ENDED_LOGS.format(within), (*after, before, *names, limit))
            return [EndedLog(Ending(ended_at, run_id), last_seq) for ended_at, run_id, last_seq in rows]

        return await self._database.read(query)

    async def idle_threads(self, after: Ending, before: str, limit: int) -> list[IdleThread]:
        """Return threads on which every run has ended; see the port."""

        def query(connection: sqlite3.Connection) -> list[IdleThread]:
            rows = connection.execute(_IDLE_THREADS, (*after, before, limit))
            return [IdleThread(Ending(ended_at, run_id), thread_id) for ended_at, run_id, thread_id in rows]

        return await self._database.read(query)


def _within(workspaces: Workspaces | None) -> tuple[str, tuple[str, ...]]:
    """Return the condition for a run's workspace, and its values."""
    if workspaces is None:
        return "", ()
    workspace = " AND (SELECT workspace FROM runs WHERE runs.id = heads.run_id)"
    if workspaces.only is not None:
        return f"{workspace} = ?", (workspaces.only,)
    places = ", ".join("?" * len(workspaces.without))
    return f"{workspace} NOT IN ({places})", workspaces.without
