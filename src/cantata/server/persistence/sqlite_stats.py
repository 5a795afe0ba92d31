"""What is kept for statistics in the embedded database. Every statement names the owner."""

import sqlite3

import msgspec

from cantata.callbacks.events import Timestamps
from cantata.server.persistence.sqlite import Database
from cantata.server.persistence.sqlite_run_rows import ACTIVE
from cantata.server.runs.model import RunRecord, RunSpec

PAGE_ROWS = 2_000

_record_decoder = msgspec.json.Decoder(RunRecord)
_spec_decoder = msgspec.json.Decoder(RunSpec)


class SqliteStats:
    """A `StatsStore`; `SqliteRuns.settle` writes the records."""

    def __init__(self, database: Database, timestamps: Timestamps) -> None:
        self._database = database
        self._now = timestamps.now

    async def ended(self, owner: str, after: int) -> list[tuple[int, RunRecord]]:
        """Return what ended after that record; see the port."""
        sql = "SELECT number, record FROM run_records WHERE owner = ? AND number > ? ORDER BY number LIMIT ?"

        def query(connection: sqlite3.Connection) -> list[tuple[int, RunRecord]]:
            rows = connection.execute(sql, (owner, max(after, _reset(connection, owner)[1]), PAGE_ROWS))
            return [(number, _record_decoder.decode(record)) for number, record in rows]

        return await self._database.read(query)

    async def active(self, owner: str) -> list[RunSpec]:
        """Return what the runs that have not ended are to run."""
        sql = f"SELECT spec FROM runs WHERE owner = ? AND {ACTIVE}"
        return await self._database.read(
            lambda connection: [_spec_decoder.decode(row[0]) for row in connection.execute(sql, (owner,))]
        )

    async def since(self, owner: str) -> tuple[str | None, int]:
        """Return when the statistics were reset; see the port."""
        return self._database.look(lambda connection: _reset(connection, owner))

    async def reset(self, owner: str) -> None:
        """Begin anew: the records stay, and do not count."""
        now = self._now()

        def operation(cursor: sqlite3.Cursor) -> None:
            cursor.execute(
                "INSERT OR REPLACE INTO stats_resets (owner, reset_at, last_number) VALUES"
                " (?1, ?2, coalesce((SELECT max(number) FROM run_records WHERE owner = ?1), 0))",
                (owner, now),
            )

        await self._database.submit(operation)


def _reset(connection: sqlite3.Connection, owner: str) -> tuple[str | None, int]:
    sql = "SELECT reset_at, last_number FROM stats_resets WHERE owner = ?"
    return connection.execute(sql, (owner,)).fetchone() or (None, 0)
