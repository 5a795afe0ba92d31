"""LangGraph's store, the memory that graphs share across sessions: one SQLite file of its own, one thread.

LangGraph's own `SqliteStore` does the work. It is imported and its file is opened at the first use, so a server whose
graphs remember nothing does not pay for it, and nothing here can wait for the log's writer or make that one wait.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from langgraph.store.base import BaseStore, Op, Result

from cantata.graphs.store_config import IndexConfig, TTLConfig
from cantata.server.persistence.embeddings import BlockingEmbeddings
from cantata.server.persistence.private_file import keep_private
from cantata.server.persistence.vectors import IS_NATIVE, SlowVectors

if TYPE_CHECKING:
    from langgraph.store.sqlite import SqliteStore

T = TypeVar("T")

logger = logging.getLogger(__name__)

BUSY_SECONDS = 5.0  # another program may hold the file for a moment; only the store's thread waits


class GraphStore(BaseStore):
    """A store for every run of this process; usable from its loop, from other loops and from threads."""

    supports_ttl = True

    def __init__(
        self,
        path: Path,
        *,
        index: IndexConfig | None = None,
        embeddings: BlockingEmbeddings | None = None,
        ttl: TTLConfig | None = None,
    ) -> None:
        self._path = path
        self._loop = asyncio.get_running_loop()
        # Of one thread: a connection has one transaction, and a cancelled run must not leave its own open.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="cantata-store")
        self._opened: SqliteStore | None = None
        self._embeddings = embeddings
        self._index: Any = None  # the library's type lacks a key that it reads
        if index is not None:
            # `text_fields` is what LangGraph's configuration, and the library's own documentation, call `fields`.
            self._index = {"dims": index.dims, "embed": embeddings, "text_fields": index.fields or ["$"]}
        self.ttl_config = None
        self._sweep_minutes = ttl.sweep_interval_minutes if ttl else None
        if ttl is not None:
            self.ttl_config = {"refresh_on_read": ttl.refresh_on_read, "default_ttl": ttl.default_ttl}

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Carry out operations in one transaction; from a thread, such as a sync node's.

        Raises:
            RuntimeError: It was called on the server's event loop, which would stand still meanwhile.
        """
        if _running_loop() is self._loop:
            raise RuntimeError(
                "The store was used synchronously on the event loop: in an async node say `await store.aget(...)`,"
                " `await store.aput(...)` and so on."
            )
        return self._begin(ops).result()

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Carry out operations in one transaction; once begun they are finished, even when the caller is cancelled."""
        return await asyncio.wrap_future(self._begin(ops))

    async def sweep(self) -> int:
        """Remove what has expired; return how many items that were."""
        return await asyncio.wrap_future(self._thread.submit(self._execute, lambda store: store.sweep_ttl()))

    async def sweep_regularly(self) -> None:
        """Sweep until cancelled, if an interval is configured; after a sweep that fails the next one may succeed."""
        while self._sweep_minutes is not None:
            await asyncio.sleep(self._sweep_minutes * 60)
            try:
                await self.sweep()
            except sqlite3.Error as error:
                logger.warning("the store %s cannot be swept", self._path, exc_info=error)

    async def close(self) -> None:
        """Finish what was begun, then release the file and the thread."""
        if self._embeddings is not None:
            self._thread.submit(self._embeddings.close)
        await asyncio.to_thread(self._thread.shutdown)
        if self._opened is not None:
            self._opened.conn.close()

    def _begin(self, ops: Iterable[Op]) -> Future[list[Result]]:
        told = list(ops)
        return self._thread.submit(self._execute, lambda store: store.batch(told))

    def _execute(self, work: "Callable[[SqliteStore], T]") -> T:
        store = self._open()
        try:
            return work(store)
        except sqlite3.Error as error:
            # The library commits after a failure too, and what that raises hides what went wrong first.
            raise (error.__context__ or error) from None
        finally:
            if store.conn.in_transaction:  # the commit failed: the next transaction must be able to begin
                store.conn.rollback()

    def _open(self) -> "SqliteStore":
        if self._opened is None:
            self._opened = _opened(self._path, self._index, self.ttl_config)
        return self._opened


def _opened(path: Path, index: Any, ttl: Any) -> "SqliteStore":
    # 20 ms and a native extension, useless to a server whose graphs remember nothing.
    from langgraph.store.sqlite import SqliteStore  # noqa: PLC0415

    keep_private(path)
    connection = sqlite3.connect(
        path,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        factory=sqlite3.Connection if IS_NATIVE else SlowVectors,
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        store = SqliteStore(connection, index=index, ttl=ttl)
        store.setup()
    except sqlite3.Error as error:
        connection.close()
        error.add_note(f"The store of the graphs is {path}.")  # for the log: a client gets the error's own words
        raise
    return store


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
