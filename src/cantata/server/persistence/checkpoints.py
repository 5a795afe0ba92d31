"""LangGraph's checkpoints in the log's own file, through the log's writer and in its transactions.

One order and one fence for events and checkpoints: before a node's writes are submitted the run's pending events are,
so a crash can repeat a task but never lose what a finished one said. Beside a database of its own this costs a tenth.
"""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_id,
    get_checkpoint_metadata,
)
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.serde.types import INTERRUPT

from cantata.server.errors import Fenced
from cantata.server.persistence.sqlite import PAUSE_SECONDS, Database
from cantata.server.persistence.sqlite_pruning import PORTION, outdated, read_thread, remove
from cantata.server.persistence.threaded_saver import ThreadedSaver
from cantata.server.runs.ids import RunId
from cantata.server.runs.model import Claim
from cantata.server.runs.ports.checkpoints import RunSaver

T = TypeVar("T")

ROOT = ""  # the namespace of a run's own graph
MAX_ROWS = 100  # of one statement

_Config = RunnableConfig
_TUPLE = "checkpoint_id, parent_id, type, checkpoint, metadata_type, metadata, namespace, thread_id"


@dataclass(frozen=True)
class RunBinding:
    """Ties a saver to one execution of a run."""

    run_id: RunId
    epoch: int
    before_write: Callable[[], None]
    """Submits the events emitted so far."""
    is_thread_new: bool
    """The thread has no checkpoint yet, so what this saver has not written need not be looked for."""
    is_retry: bool
    """The attempt is not the first: a new checkpoint is progress and sets it back."""


class SqliteSaver(ThreadedSaver):
    """A checkpointer; bound to a run it is fenced, unbound it serves reads and upkeep."""

    def __init__(
        self, database: Database, *, serde: SerializerProtocol | None = None, binding: RunBinding | None = None
    ) -> None:
        super().__init__(serde=serde)
        self._database = database
        self._binding = binding
        # LangGraph works with a shallow copy, which shares these two.
        self._written: set[tuple[str, str]] = set()
        self._latest: dict[str, str] = {}
        self._is_retry = binding is not None and binding.is_retry

    @property
    def latest_checkpoint_id(self) -> str | None:
        """The newest checkpoint of the run's own graph that was written here."""
        return self._latest.get(ROOT)

    async def aput(
        self, config: _Config, checkpoint: Checkpoint, metadata: CheckpointMetadata, new_versions: ChannelVersions
    ) -> _Config:
        """Store a checkpoint; returns when it is durable."""
        place = config["configurable"]
        thread_id, namespace = place["thread_id"], place.get("checkpoint_ns", ROOT)
        values = checkpoint["channel_values"]
        rows = [
            (thread_id, namespace, channel, str(version), *self._dump(values, channel))
            for channel, version in new_versions.items()
        ]
        whole = {**checkpoint, "channel_values": {}}
        told = get_checkpoint_metadata(config, metadata)
        row = (
            thread_id,
            namespace,
            checkpoint["id"],
            place.get("checkpoint_id"),
            told.get("run_id"),
            *self.serde.dumps_typed(whole),
            *self.serde.dumps_typed(told),
        )

        def operation(cursor: sqlite3.Cursor) -> None:
            self._check(cursor)
            _insert(cursor, "REPLACE INTO checkpoint_values", rows)
            _insert(cursor, "REPLACE INTO checkpoints", [row])
            self._note_progress(cursor)

        self._written.add((thread_id, namespace))
        await self._write(operation)
        self._latest[namespace] = checkpoint["id"]
        return _config(thread_id, namespace, checkpoint["id"])

    async def aput_writes(
        self, config: _Config, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Store what a task wrote; returns when it is durable."""
        place = config["configurable"]
        key = (place["thread_id"], place.get("checkpoint_ns", ROOT), place["checkpoint_id"], task_id)
        rows = [
            (*key, WRITES_IDX_MAP.get(channel, position), task_path, channel, *self.serde.dumps_typed(value))
            for position, (channel, value) in enumerate(writes)
        ]

        def operation(cursor: sqlite3.Cursor) -> None:
            self._check(cursor)
            # A task's ordinary writes stand; its error, interrupt and resume are replaced.
            _insert(cursor, "IGNORE INTO checkpoint_writes", [row for row in rows if row[4] >= 0])
            _insert(cursor, "REPLACE INTO checkpoint_writes", [row for row in rows if row[4] < 0])

        await self._write(operation)

    async def aget_tuple(self, config: _Config) -> CheckpointTuple | None:
        """Return the named checkpoint, or the newest of its namespace."""
        place = config["configurable"]
        thread_id, namespace = place["thread_id"], place.get("checkpoint_ns", ROOT)
        if self._binding and self._binding.is_thread_new and (thread_id, namespace) not in self._written:
            return None
        wanted = get_checkpoint_id(config)
        which = "AND checkpoint_id = ?" if wanted else "ORDER BY checkpoint_id DESC LIMIT 1"
        values = (thread_id, namespace, *([wanted] if wanted else []))

        def query(connection: sqlite3.Connection) -> CheckpointTuple | None:
            sql = f"SELECT {_TUPLE} FROM checkpoints WHERE thread_id = ? AND namespace = ? {which}"
            row = connection.execute(sql, values).fetchone()
            return self._tuple(connection, row) if row else None

        return await self._database.read(query)

    async def alist(
        self,
        config: _Config | None,
        *,
        filter: dict[str, Any] | None = None,
        before: _Config | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Yield checkpoints, newest first."""
        clauses, values = _conditions(config, before)

        def query(connection: sqlite3.Connection) -> list[CheckpointTuple]:
            found: list[CheckpointTuple] = []
            sql = f"SELECT {_TUPLE} FROM checkpoints WHERE {clauses} ORDER BY checkpoint_id DESC"
            for row in connection.execute(sql, values):
                if limit is not None and len(found) >= limit:
                    break
                # Keys of a filter are compared here: they may come from a client and never reach the SQL.
                metadata = self.serde.loads_typed((row[4], row[5]))
                if all(metadata.get(key) == value for key, value in (filter or {}).items()):
                    found.append(self._tuple(connection, row))
            return found

        for item in await self._database.read(query):
            yield item

    async def asked(self, thread_id: str) -> dict[str, Any]:
        """Return what the thread's tasks asked last, by the interrupts' ids."""

        def query(connection: sqlite3.Connection) -> dict[str, Any]:
            sql = "SELECT type, value FROM checkpoint_writes WHERE thread_id = ? AND channel = ?"
            rows = connection.execute(sql, (thread_id, INTERRUPT))
            return {asked.id: asked.value for row in rows for asked in self.serde.loads_typed(row)}

        return await self._database.read(query)

    async def adelete_thread(self, thread_id: str) -> None:
        """Forget a thread, subgraphs included."""

        def operation(cursor: sqlite3.Cursor) -> None:
            for table in ("checkpoints", "checkpoint_values", "checkpoint_writes"):
                cursor.execute(f"DELETE FROM {table} WHERE thread_id = ?", (thread_id,))

        await self._write(operation)

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        """Forget the checkpoints that these runs made, and their writes."""

        def operation(cursor: sqlite3.Cursor) -> None:
            for run_id in run_ids:
                found = cursor.execute(
                    "SELECT thread_id, namespace, checkpoint_id FROM checkpoints WHERE run_id = ?", (run_id,)
                ).fetchall()
                _delete(cursor, found)

        await self._write(operation)

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Copy a thread whole, with every ancestor."""
        columns = {
            "checkpoints": "namespace, checkpoint_id, parent_id, run_id, type, checkpoint, metadata_type, metadata",
            "checkpoint_values": "namespace, channel, version, type, value",
            "checkpoint_writes": "namespace, checkpoint_id, task_id, position, task_path, channel, type, value",
        }

        def operation(cursor: sqlite3.Cursor) -> None:
            for table, names in columns.items():
                cursor.execute(
                    f"INSERT OR REPLACE INTO {table} (thread_id, {names}) SELECT ?, {names} FROM {table}"
                    " WHERE thread_id = ?",
                    (target_thread_id, source_thread_id),
                )

        await self._write(operation)

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Keep only what `keep_newest` keeps, or nothing with *strategy* `delete`."""
        for thread_id in thread_ids:
            if strategy == "delete":
                await self.adelete_thread(thread_id)
            else:
                await self.keep_newest(thread_id)

    async def keep_newest(self, thread_id: str) -> int:
        """Forget the thread's checkpoints but those that it needs to go on; see the port."""
        thread = await self._database.read(lambda connection: read_thread(connection, thread_id))
        plan = await asyncio.to_thread(outdated, self.serde, thread)
        removed = 0
        for start in range(0, len(plan), PORTION):
            count = await self._write(partial(remove, thread_id=thread_id, portion=plan[start : start + PORTION]))
            removed += count
            if count == 0:  # a run has begun
                break
            await asyncio.sleep(PAUSE_SECONDS)
        return removed

    def get_next_version(self, current: str | None, channel: None) -> str:
        """Return a version that sorts after *current*; the random part keeps forks of one thread apart."""
        number = 0 if current is None else int(str(current).split(".")[0])
        return f"{number + 1:032}.{random.random():016}"

    async def _write(self, operation: Callable[[sqlite3.Cursor], T]) -> T:
        if self._binding:
            self._binding.before_write()
        return await self._database.submit(operation)

    def _check(self, cursor: sqlite3.Cursor) -> None:
        if self._binding is None:
            return
        cursor.execute(
            "SELECT 1 FROM runs JOIN heads ON run_id = id WHERE id = ? AND epoch = ? AND status = 'running'",
            (self._binding.run_id, self._binding.epoch),
        )
        if cursor.fetchone() is None:
            raise Fenced

    def _note_progress(self, cursor: sqlite3.Cursor) -> None:
        if self._binding and self._is_retry:
            self._is_retry = False
            cursor.execute("UPDATE runs SET attempt = 1 WHERE id = ?", (self._binding.run_id,))

    def _dump(self, values: dict[str, Any], channel: str) -> tuple[str, bytes]:
        return self.serde.dumps_typed(values[channel]) if channel in values else ("empty", b"")

    def _tuple(self, connection: sqlite3.Connection, row: tuple[Any, ...]) -> CheckpointTuple:
        checkpoint_id, parent_id, kind, data, metadata_kind, metadata, namespace, thread_id = row
        checkpoint: Checkpoint = self.serde.loads_typed((kind, data))
        return CheckpointTuple(
            config=_config(thread_id, namespace, checkpoint_id),
            checkpoint=checkpoint
            | {
                "channel_values": self._values(connection, thread_id, namespace, checkpoint["channel_versions"]),
            },
            metadata=self.serde.loads_typed((metadata_kind, metadata)),
            parent_config=_config(thread_id, namespace, parent_id) if parent_id else None,
            pending_writes=[
                (task_id, channel, self.serde.loads_typed((type_, value)))
                for task_id, channel, type_, value in connection.execute(
                    "SELECT task_id, channel, type, value FROM checkpoint_writes WHERE thread_id = ? AND namespace = ?"
                    " AND checkpoint_id = ? ORDER BY task_path, task_id, position",
                    (thread_id, namespace, checkpoint_id),
                )
            ],
        )

    def _values(
        self, connection: sqlite3.Connection, thread_id: str, namespace: str, versions: ChannelVersions
    ) -> dict[str, Any]:
        sql = (
            "SELECT type, value FROM checkpoint_values WHERE thread_id = ? AND namespace = ? AND channel = ?"
            " AND version = ? AND type <> 'empty'"
        )
        found = {}
        for channel, version in versions.items():
            row = connection.execute(sql, (thread_id, namespace, channel, str(version))).fetchone()
            if row:
                found[channel] = self.serde.loads_typed(row)
        return found


class SqliteCheckpoints:
    """The `Checkpoints` of the embedded database."""

    def __init__(self, database: Database, serde: SerializerProtocol) -> None:
        self._database = database
        self._serde = serde

    def bound(self, claim: Claim, before_write: Callable[[], None]) -> RunSaver:
        """Return a fenced saver; see the port."""
        run = claim.run
        binding = RunBinding(
            run.id, run.epoch, before_write, is_thread_new=claim.checkpoint_id is None, is_retry=run.attempt > 1
        )
        return SqliteSaver(self._database, serde=self._serde, binding=binding)

    def unbound(self) -> RunSaver:
        """Return a saver for reading and upkeep."""
        return SqliteSaver(self._database, serde=self._serde)


def _config(thread_id: str, namespace: str, checkpoint_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id, "checkpoint_ns": namespace, "checkpoint_id": checkpoint_id}}


def _conditions(config: RunnableConfig | None, before: RunnableConfig | None) -> tuple[str, list[Any]]:
    place = (config or {}).get("configurable", {})
    wanted = {
        "thread_id =": place.get("thread_id"),
        "namespace =": place.get("checkpoint_ns"),
        "checkpoint_id =": get_checkpoint_id(config) if config else None,
        "checkpoint_id <": get_checkpoint_id(before) if before else None,
    }
    given = {clause: value for clause, value in wanted.items() if value is not None}
    return " AND ".join(f"{clause} ?" for clause in given) or "1", list(given.values())


def _insert(cursor: sqlite3.Cursor, target: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert *rows* with as few statements as there can be; each waits for the interpreter's lock."""
    for start in range(0, len(rows), MAX_ROWS):
        part = rows[start : start + MAX_ROWS]
        row = f"({', '.join('?' * len(part[0]))})"
        values = [value for values in part for value in values]
        cursor.execute(f"INSERT OR {target} VALUES {', '.join([row] * len(part))}", values)


def _delete(cursor: sqlite3.Cursor, places: Sequence[tuple[str, str, str]]) -> None:
    """Remove checkpoints with their writes, and the values that no checkpoint of theirs needs any more."""
    for table in ("checkpoints", "checkpoint_writes"):
        cursor.executemany(f"DELETE FROM {table} WHERE thread_id = ? AND namespace = ? AND checkpoint_id = ?", places)
    for thread_id, namespace in {place[:2] for place in places}:
        left = cursor.execute(
            "SELECT 1 FROM checkpoints WHERE thread_id = ? AND namespace = ?", (thread_id, namespace)
        ).fetchone()
        if left is None:
            cursor.execute(
                "DELETE FROM checkpoint_values WHERE thread_id = ? AND namespace = ?", (thread_id, namespace)
            )
