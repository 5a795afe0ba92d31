"""The sync half of LangGraph's checkpoint port, over the async one: for sync nodes that invoke a graph.

They run in threads of their own, and wait there for the event loop.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any, TypeVar

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.serde.base import SerializerProtocol

from cantata.server.runs.ports.checkpoints import RunSaver

T = TypeVar("T")

SYNC_CALL_SECONDS = 60.0  # a sync node's thread waits at most so long for the writer

_Config = RunnableConfig


class ThreadedSaver(RunSaver):
    """A saver whose async methods can be called from threads beside the loop that made it."""

    def __init__(self, *, serde: SerializerProtocol | None) -> None:
        super().__init__(serde=serde)
        self._loop = asyncio.get_running_loop()
        self._home = threading.get_ident()

    def get_tuple(self, config: _Config) -> CheckpointTuple | None:
        """Like `aget_tuple`, from a thread."""
        return self._from_thread(self.aget_tuple(config))

    def list(self, config: _Config | None, **options: Any) -> Iterator[CheckpointTuple]:
        """Like `alist`, from a thread."""

        async def collect() -> Sequence[CheckpointTuple]:
            return [item async for item in self.alist(config, **options)]

        yield from self._from_thread(collect())

    def put(
        self, config: _Config, checkpoint: Checkpoint, metadata: CheckpointMetadata, new_versions: ChannelVersions
    ) -> _Config:
        """Like `aput`, from a thread."""
        return self._from_thread(self.aput(config, checkpoint, metadata, new_versions))

    def put_writes(self, config: _Config, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = "") -> None:
        """Like `aput_writes`, from a thread."""
        self._from_thread(self.aput_writes(config, writes, task_id, task_path))

    def delete_thread(self, thread_id: str) -> None:
        """Like `adelete_thread`, from a thread."""
        self._from_thread(self.adelete_thread(thread_id))

    def _from_thread(self, call: Coroutine[Any, Any, T]) -> T:
        if threading.get_ident() == self._home:
            call.close()
            raise RuntimeError(
                "A graph was invoked synchronously on the event loop, which would wait for itself: use ainvoke, or a"
                " sync node, which runs in a thread."
            )
        return asyncio.run_coroutine_threadsafe(call, self._loop).result(SYNC_CALL_SECONDS)
