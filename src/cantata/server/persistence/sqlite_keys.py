"""API keys and the server's own secrets in the embedded database. Upkeep: of every owner."""

import secrets
import sqlite3
from collections.abc import Mapping
from typing import Any

from cantata.callbacks.events import Timestamps
from cantata.server.persistence.sqlite import Database, Visit
from cantata.server.runs.ports.credentials import ApiKey

SECRET_BYTES = 32

_COLUMNS = "id, owner, name, role, scopes, workspace, created_at, expires_at, revoked_at, last_used_at, digest"
_ONE = f"SELECT {_COLUMNS} FROM api_keys WHERE id = ?"


class SqliteKeys:
    """A `KeyStore`."""

    def __init__(self, database: Database | Visit, timestamps: Timestamps) -> None:
        self._database = database
        self._now = timestamps.now

    async def add(self, key: ApiKey) -> None:
        """Store a new key."""
        values = (key.id, key.owner, key.name, key.role, " ".join(key.scopes), key.workspace, key.created_at)
        rest = (key.expires_at, key.revoked_at, key.last_used_at, key.digest)

        def operation(cursor: sqlite3.Cursor) -> None:
            places = ", ".join("?" * (len(values) + len(rest)))
            cursor.execute(f"INSERT INTO api_keys ({_COLUMNS}) VALUES ({places})", (*values, *rest))

        await self._database.submit(operation)

    async def get(self, key_id: str) -> ApiKey | None:
        """Return the key as it is now."""
        row = self._database.look(lambda connection: connection.execute(_ONE, (key_id,)).fetchone())
        return None if row is None else _key(row)

    async def all(self) -> list[ApiKey]:
        """Return all keys, newest first."""
        sql = f"SELECT {_COLUMNS} FROM api_keys ORDER BY created_at DESC, id"
        return await self._database.read(lambda connection: [_key(row) for row in connection.execute(sql)])

    async def revoke(self, key_id: str) -> bool:
        """Let the key be refused from now on; see the port."""
        now = self._now()

        def operation(cursor: sqlite3.Cursor) -> bool:
            cursor.execute("UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?", (now, key_id))
            return cursor.rowcount > 0

        return await self._database.submit(operation)

    async def used(self, at: Mapping[str, str]) -> None:
        """Note when keys were used last."""

        def operation(cursor: sqlite3.Cursor) -> None:
            cursor.executemany(
                "UPDATE api_keys SET last_used_at = ? WHERE id = ?", [(when, key_id) for key_id, when in at.items()]
            )

        await self._database.submit(operation)

    async def secret(self, name: str) -> bytes:
        """Return the server's own secret of that name; see the port."""

        def operation(cursor: sqlite3.Cursor) -> bytes:
            made = secrets.token_bytes(SECRET_BYTES)
            cursor.execute("INSERT INTO secrets (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", (name, made))
            value: bytes = cursor.execute("SELECT value FROM secrets WHERE name = ?", (name,)).fetchone()[0]
            return value

        return await self._database.submit(operation)


def _key(row: tuple[Any, ...]) -> ApiKey:
    return ApiKey(
        id=row[0],
        owner=row[1],
        name=row[2],
        role=row[3],
        scopes=tuple(row[4].split()),
        workspace=row[5],
        created_at=row[6],
        expires_at=row[7],
        revoked_at=row[8],
        last_used_at=row[9],
        digest=row[10],
    )
