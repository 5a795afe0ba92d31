"""Stream tickets in the embedded database. Who holds one is told by its digest; the row names the owner."""

import sqlite3
from collections.abc import Mapping

from cantata.callbacks.events import Timestamps
from cantata.server.persistence.sqlite import Database, Visit
from cantata.server.runs.ids import RunId
from cantata.server.runs.ports.credentials import Ticket

SWEEP_SECONDS = 60  # between two looks at all tickets, of which there may be many

_VALID = "(used_at IS NOT NULL OR connect_by > :now) AND (expires_at IS NULL OR expires_at > :now)"
_ONE = (
    "SELECT owner, run_id, workspace, connect_by, expires_at, key_id, used_at FROM tickets"
    f" WHERE digest = :digest AND {_VALID}"
)


class SqliteTickets:
    """A `TicketStore`."""

    def __init__(self, database: Database | Visit, timestamps: Timestamps) -> None:
        self._database = database
        self._now, self._ago = timestamps.now, timestamps.ago
        self._swept = ""

    async def add(self, digest: bytes, ticket: Ticket) -> None:
        """Store a new ticket; see the port."""
        values = (ticket.owner, ticket.run_id, ticket.workspace, ticket.connect_by, ticket.expires_at, ticket.key_id)
        now = self._now()
        is_due = self._swept <= self._ago(SWEEP_SECONDS)
        self._swept = now if is_due else self._swept

        def operation(cursor: sqlite3.Cursor) -> None:
            if is_due:
                cursor.execute(f"DELETE FROM tickets WHERE NOT ({_VALID})", {"now": now})
            cursor.execute(
                "INSERT INTO tickets (digest, owner, run_id, workspace, connect_by, expires_at, key_id)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (digest, *values),
            )

        await self._database.submit(operation)

    async def use(self, digest: bytes) -> Ticket | None:
        """Return the ticket if it is valid now; see the port."""
        values = {"digest": digest, "now": self._now()}
        row = self._database.look(lambda connection: connection.execute(_ONE, values).fetchone())
        if row is None:
            return None
        if row[6] is None:
            await self._database.submit(lambda cursor: _note_use(cursor, values))
        owner, run_id, workspace, connect_by, expires_at, key_id, _ = row
        return Ticket(
            owner=owner,
            run_id=RunId(run_id),
            workspace=workspace,
            connect_by=connect_by,
            expires_at=expires_at,
            key_id=key_id,
        )


def _note_use(cursor: sqlite3.Cursor, values: Mapping[str, object]) -> None:
    cursor.execute("UPDATE tickets SET used_at = :now WHERE digest = :digest AND used_at IS NULL", values)
