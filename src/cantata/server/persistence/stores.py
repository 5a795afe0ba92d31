"""Opens the store of a process: the one in our own file, or the one that the project brings."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from langgraph.store.base import BaseStore

from cantata.graphs.loading import GraphLoadError
from cantata.graphs.project import Project, ProjectError
from cantata.graphs.store_config import StoreConfig
from cantata.server.persistence.embeddings import load_embeddings
from cantata.server.persistence.graph_store import GraphStore


@asynccontextmanager
async def open_store(project: Project | None, path: Path) -> AsyncIterator[BaseStore]:
    """Give the store for all runs of the process, as the project's `langgraph.json` asks for it.

    Raises:
        ProjectError: What it asks for cannot be had.
    """
    config = project.store if project else StoreConfig()
    if project is not None and config.path is not None:
        async with _brought(project, config.path) as store:
            yield store
        return
    embeddings = await asyncio.to_thread(load_embeddings, project, config.index) if project and config.index else None
    store = GraphStore(path, index=config.index, embeddings=embeddings, ttl=config.ttl)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def _brought(project: Project, target: str) -> AsyncIterator[BaseStore]:
    told = f"{project.config_path}: store.path"
    async with AsyncExitStack() as opened:
        try:
            store = await _entered(opened, await asyncio.to_thread(project.load, target))
        except GraphLoadError as error:
            raise ProjectError(f"{told}: {error}") from error
        # Opening it runs the project's code, which may raise anything.
        except Exception as error:
            raise ProjectError(f"{told}: {target} failed: {type(error).__name__}: {error}") from error
        if not isinstance(store, BaseStore):
            raise ProjectError(f"{told}: {target} gives {type(store).__name__}, which is no LangGraph store.")
        yield store


async def _entered(opened: AsyncExitStack, value: Any) -> Any:
    """Follow *value* to the store: a store, a function or class that gives one, or a context manager around one."""
    if isinstance(value, BaseStore):
        return value
    if inspect.isawaitable(value):
        return await _entered(opened, await value)
    if isinstance(value, AbstractAsyncContextManager):
        return await opened.enter_async_context(value)
    if isinstance(value, AbstractContextManager):
        return opened.enter_context(value)
    if callable(value):
        return await _entered(opened, value())
    return value
