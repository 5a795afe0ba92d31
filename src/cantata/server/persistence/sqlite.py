"""The embedded database: one SQLite file, one writer, group commit.

    submit ─▶ gathers ─▶ one batch, one transaction ─▶ COMMIT, in a thread ─▶ every future of the batch is done
                 ▲                                                                        │
                 └────────────────── what came meanwhile is the next batch ◀──────────────┘

Statements run on the loop: each takes microseconds, but in a thread beside a busy loop each would wait twice for the
interpreter's lock (0.5 ms here, and 80 ms for a batch). Only the commit waits for the disk, and only it has the thread.

Operations run in the order of their submission, so whoever submits events before checkpoints finds them durable in
that order. An operation checks first and writes after: when it refuses, nothing of it is left in the batch.
"""

import asyncio
import fcntl
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from cantata.server.errors import CantataError, DatabaseInUse, DatabaseUnusable, SchemaMismatch, StorageUnavailable
from cantata.server.metrics import Metrics
from cantata.server.persistence.private_file import keep_private

logger = logging.getLogger(__name__)

T = TypeVar("T")
Operation = Callable[[sqlite3.Cursor], T]
Outcome = tuple[Any, BaseException | None]
"""What an operation returned, or what it refused with."""
Merged = Callable[[sqlite3.Cursor, Sequence[Any]], Sequence[Outcome]]
"""Carries out many operations of one kind with few statements."""

SCHEMA_VERSION = 6
MAX_BATCH = 200  # operations; keeps the loop for some 3 ms at most
BUSY_SECONDS = 0.1  # another program may hold the file for a moment; the loop waits meanwhile
VISIT_MILLISECONDS = 5_000  # how long a command waits for the server's commit
SATURATED_SECONDS = 0.004  # a turn of the loop that takes longer means that it has more to do than it can
GAP_SECONDS = 0.008  # between commits while it is so
PAUSE_SECONDS = 0.005  # between the portions of upkeep, for what else is to be written
READERS = 2  # threads; reads wait for the disk, not for the writer


class Database:
    """An open database file, held by this process alone until `close`."""

    def __init__(self, path: Path, metrics: Metrics | None = None) -> None:
        self.path = path
        self.metrics = metrics or Metrics()
        self._lock_file = _lock(path)
        try:
            self._writer = _opened(path)
        except BaseException:
            self._lock_file.close()
            raise
        self._looker = _connect(path)
        self._looker.execute("PRAGMA query_only = ON")
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._reads: queue.SimpleQueue[Callable[[sqlite3.Connection], None] | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._gathered: list[_Job] = []
        self._is_busy = False
        self._threads = [threading.Thread(target=self._write_loop, name="cantata-writer", daemon=True)]
        self._threads += [
            threading.Thread(target=self._read_loop, name=f"cantata-reader-{n}", daemon=True) for n in range(READERS)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, operation: Operation[T]) -> "asyncio.Future[T]":
        """Run *operation* in the next transaction; the future is done once that is durable.

        The future fails with what the operation raised, or with `StorageUnavailable` for the whole batch.
        """
        return self._gather(lambda cursor, items: [_outcome(operation, cursor)], None)

    def submit_merged(self, merged: Merged, item: object) -> "asyncio.Future[Any]":
        """Run *item* with its neighbours of the same kind in the next transaction; otherwise like `submit`.

        Each statement costs the writer two waits for the interpreter's lock beside a busy loop, however little it
        does, so the frequent ones must share theirs.
        """
        return self._gather(merged, item)

    def look(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run *query* at once, on the loop; for what takes microseconds: a row by its key, a page of a log."""
        try:
            return query(self._looker)
        except sqlite3.Error as error:
            raise _unavailable(error) from error

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run *query* in a reader's thread, however long it takes; it sees what is committed, as `look` does."""
        future: asyncio.Future[T] = self._loop.create_future()

        def job(connection: sqlite3.Connection) -> None:
            try:
                result = query(connection)
            except sqlite3.Error as error:
                self._loop.call_soon_threadsafe(_fail, future, _unavailable(error))
            except Exception as error:  # noqa: BLE001 — the caller's, as what a damaged row raises; the thread goes on
                self._loop.call_soon_threadsafe(_fail, future, error)
            else:
                self._loop.call_soon_threadsafe(_resolve, future, result)

        self._reads.put(job)
        return await future

    def size(self) -> int:
        """Return the bytes of the file and of what is not yet merged into it."""
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    async def close(self) -> None:
        """Write what was submitted, then release the file. Idempotent."""
        while self._is_busy:
            await asyncio.wait({self.submit(lambda cursor: None)})
        self._jobs.put(None)
        for _ in range(READERS):
            self._reads.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        self._looker.close()
        self._writer.close()
        self._lock_file.close()

    def _gather(self, execute: Merged, item: object) -> "asyncio.Future[Any]":
        future: asyncio.Future[Any] = self._loop.create_future()
        self._gathered.append((execute, item, future))
        if not self._is_busy:
            self._is_busy = True
            self._loop.call_soon(self._start_batch)  # what else this turn of the loop submits goes along
        return future

    def _start_or_wait(self, since: float) -> None:
        """Let more gather while one turn of the loop takes long: then every commit's wake-ups are what is dear."""
        if self._loop.time() - since > SATURATED_SECONDS:
            self._loop.call_later(GAP_SECONDS, self._start_batch)
        else:
            self._start_batch()

    def _start_batch(self) -> None:
        batch, self._gathered = self._gathered[:MAX_BATCH], self._gathered[MAX_BATCH:]
        if not batch:
            self._is_busy = False
            return
        since = self._loop.time()
        futures = [future for _, _, future in batch]
        outcomes = _execute(self._writer, batch)
        self._jobs.put(lambda: self._commit(futures, outcomes, since))

    def _write_loop(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _commit(self, futures: "Sequence[asyncio.Future[Any]]", outcomes: Sequence[Outcome], since: float) -> None:
        """Make the batch durable; in the writer's thread, for only this waits for the disk."""
        try:
            if self._writer.in_transaction:
                self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            outcomes = _undone(self._writer, error, len(outcomes))
        self._loop.call_soon_threadsafe(self._hand_back, futures, outcomes, since)

    def _hand_back(self, futures: "Sequence[asyncio.Future[Any]]", outcomes: Sequence[Outcome], since: float) -> None:
        self.metrics.commit_seconds.observe(self._loop.time() - since)
        self.metrics.commit_operations.observe(len(futures))
        for future, (result, error) in zip(futures, outcomes, strict=True):
            if error is not None:
                _fail(future, error)
            else:
                _resolve(future, result)
        # After the futures' own callbacks, which submit what gathered meanwhile.
        self._loop.call_soon(self._start_or_wait, self._loop.time())

    def _read_loop(self) -> None:
        connection = _connect(self.path)
        connection.execute("PRAGMA query_only = ON")
        while (job := self._reads.get()) is not None:
            job(connection)
        connection.close()


class Visit:
    """The file of a database for a moment, also while a server holds it: for a command that changes a row or two."""

    def __init__(self, path: Path) -> None:
        self._connection = _opened(path)
        self._connection.execute(f"PRAGMA busy_timeout = {VISIT_MILLISECONDS}")

    async def submit(self, operation: Operation[T]) -> T:
        """Run *operation* in a transaction of its own."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            result = operation(self._connection.cursor())
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise _unavailable(error) from error
        return result

    def look(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run *query* at once."""
        return query(self._connection)

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run *query*."""
        return query(self._connection)

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()


_Job = tuple[Merged, object, "asyncio.Future[Any]"]


def _execute(connection: sqlite3.Connection, batch: Sequence[_Job]) -> Sequence[Outcome]:
    """Run *batch* in a transaction that is left open; a refusal is the refused one's, a storage failure everybody's."""
    outcomes: list[Outcome] = []
    try:
        connection.execute("BEGIN IMMEDIATE")
        cursor = connection.cursor()
        for execute, jobs in groupby(batch, key=lambda job: job[0]):
            outcomes.extend(execute(cursor, [item for _, item, _ in jobs]))
    except sqlite3.Error as error:
        return _undone(connection, error, len(batch))
    except Exception as error:  # the writer's edge: else everybody would wait for ever, with the transaction open
        logger.exception("an operation failed in a way that none should; its batch is undone")
        return _undone(connection, error, len(batch))
    return outcomes


def _undone(connection: sqlite3.Connection, error: Exception, count: int) -> Sequence[Outcome]:
    if connection.in_transaction:
        connection.rollback()
    return [(None, _unavailable(error))] * count


def _outcome(operation: Operation[Any], cursor: sqlite3.Cursor) -> Outcome:
    try:
        return operation(cursor), None
    except CantataError as refusal:
        return None, refusal


def _unavailable(error: Exception) -> StorageUnavailable:
    unavailable = StorageUnavailable()
    unavailable.__cause__ = error
    return unavailable


def _resolve(future: "asyncio.Future[T]", result: T) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: "asyncio.Future[Any]", error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)


def _lock(path: Path) -> Any:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = open(f"{path}.lock", "a+")  # noqa: SIM115 — held until the database is closed
    except OSError as error:
        raise DatabaseUnusable(f"{path} cannot be used as a database: {error}. Set DATABASE_URL.") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.close()
        raise DatabaseInUse(f"Another server uses {path}: stop it, or set DATABASE_URL to another file.") from error
    return handle


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=512
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # costs nothing under group commit, and survives a power cut
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -65536")  # KiB
    return connection


def _opened(path: Path) -> sqlite3.Connection:
    try:
        keep_private(path)
        connection = _connect(path)
        _migrate(connection)
    except (sqlite3.Error, OSError) as error:
        raise DatabaseUnusable(f"{path} cannot be used as a database: {error}. Set DATABASE_URL.") from error
    return connection


def _migrate(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        script = resources.files("cantata.server.persistence").joinpath("sql/sqlite.sql").read_text()
        connection.executescript(f"BEGIN;\n{script}\nCOMMIT;")
    elif version != SCHEMA_VERSION:
        raise SchemaMismatch(
            f"The database has schema {version}, this server needs {SCHEMA_VERSION}: use the server that wrote it."
        )
