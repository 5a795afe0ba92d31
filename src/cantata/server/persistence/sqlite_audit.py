"""The audit log in the embedded database."""

import sqlite3

from cantata.callbacks.events import Timestamps
from cantata.server.persistence.sqlite import Database
from cantata.server.runs.ports.credentials import Look

PART_ROWS = 500  # removed in one transaction

_FORGET = (
    "DELETE FROM audit WHERE number IN"
    " (SELECT number FROM (SELECT number, at FROM audit ORDER BY number LIMIT ?) WHERE at < ?)"
)


class SqliteAudit:
    """An `AuditLog`."""

    def __init__(self, database: Database, timestamps: Timestamps) -> None:
        self._database = database
        self._now = timestamps.now

    async def note(self, admin: str, action: str, owner: str, target: str) -> None:
        """Write a look down."""
        values = (self._now(), admin, action, owner, target)

        def operation(cursor: sqlite3.Cursor) -> None:
            cursor.execute("INSERT INTO audit (at, admin, action, owner, target) VALUES (?, ?, ?, ?, ?)", values)

        await self._database.submit(operation)

    async def looks(self, limit: int) -> list[Look]:
        """Return the newest looks, newest first."""
        sql = "SELECT at, admin, action, owner, target FROM audit ORDER BY number DESC LIMIT ?"

        def query(connection: sqlite3.Connection) -> list[Look]:
            rows = connection.execute(sql, (limit,))
            return [
                Look(at=at, admin=admin, action=action, owner=owner, target=target)
                for at, admin, action, owner, target in rows
            ]

        return await self._database.read(query)

    async def forget(self, before: str) -> int:
        """Remove some of the looks that are older; see the port."""
        return await self._database.submit(lambda cursor: cursor.execute(_FORGET, (PART_ROWS, before)).rowcount)
