"""Stored workflows in the embedded database. Every statement names the owner."""

import sqlite3
from typing import Any

import msgspec

from cantata.callbacks.events import Timestamps
from cantata.server.errors import DefinitionNotFound, NameTaken
from cantata.server.persistence.sqlite import Database
from cantata.server.runs.ports.definitions import Content, Definition

_COLUMNS = "name, version, description, spec, input_schema, created_at, is_retired"
_NEWEST = f"SELECT {_COLUMNS} FROM definitions WHERE owner = ? AND name = ? ORDER BY version DESC"
_ALL = (
    f"SELECT {_COLUMNS} FROM definitions AS one WHERE owner = ?1 AND NOT is_retired AND version ="
    " (SELECT max(version) FROM definitions WHERE owner = ?1 AND name = one.name) ORDER BY name"
)


class SqliteDefinitions:
    """A `DefinitionStore`."""

    def __init__(self, database: Database, timestamps: Timestamps) -> None:
        self._database = database
        self._now = timestamps.now

    async def add(self, owner: str, name: str, content: Content, *, is_new: bool) -> Definition:
        """Store the next version; see the port."""
        now = self._now()

        def operation(cursor: sqlite3.Cursor) -> Definition:
            newest = _definition(cursor.execute(_NEWEST, (owner, name)).fetchone())
            is_there = newest is not None and not newest.is_retired
            if is_there and is_new:
                raise NameTaken(f"A workflow {name!r} is stored already: PUT makes a new version of it.")
            if not is_there and not is_new:
                raise DefinitionNotFound(f"No stored workflow is named {name!r}; what is ready-made cannot be changed.")
            version = newest.version + 1 if newest else 1
            cursor.execute(
                "INSERT INTO definitions (owner, name, version, description, spec, input_schema, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (owner, name, version, content.description, _json(content.spec), _json(content.input_schema), now),
            )
            return Definition(
                name=name,
                version=version,
                description=content.description,
                spec=content.spec,
                input_schema=content.input_schema,
                created_at=now,
            )

        return await self._database.submit(operation)

    async def newest(self, owner: str, name: str) -> Definition | None:
        """Return the version that a run gets now; see the port."""
        found = self._database.look(lambda connection: connection.execute(_NEWEST, (owner, name)).fetchone())
        newest = _definition(found)
        return None if newest is None or newest.is_retired else newest

    async def versions(self, owner: str, name: str) -> list[Definition]:
        """Return all versions, newest first."""
        rows = await self._database.read(lambda connection: connection.execute(_NEWEST, (owner, name)).fetchall())
        return [_known(row) for row in rows]

    async def all(self, owner: str) -> list[Definition]:
        """Return the newest version of each name that is not retired, by name."""
        rows = await self._database.read(lambda connection: connection.execute(_ALL, (owner,)).fetchall())
        return [_known(row) for row in rows]

    async def retire(self, owner: str, name: str) -> None:
        """Let nobody start it any more; see the port."""

        def operation(cursor: sqlite3.Cursor) -> None:
            cursor.execute(
                "UPDATE definitions SET is_retired = 1 WHERE owner = ? AND name = ? AND NOT is_retired", (owner, name)
            )
            if cursor.rowcount == 0:
                raise DefinitionNotFound(f"No stored workflow is named {name!r}; what is ready-made cannot be changed.")

        await self._database.submit(operation)


def _definition(row: tuple[Any, ...] | None) -> Definition | None:
    return None if row is None else _known(row)


def _known(row: tuple[Any, ...]) -> Definition:
    return Definition(
        name=row[0],
        version=row[1],
        description=row[2],
        spec=msgspec.json.decode(row[3]),
        input_schema=None if row[4] is None else msgspec.json.decode(row[4]),
        created_at=row[5],
        is_retired=bool(row[6]),
    )


def _json(value: Any) -> bytes | None:
    return None if value is None else msgspec.json.encode(value)
