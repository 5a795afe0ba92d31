"""Hears what a graph says through `get_stream_writer()`, inline, in order and under plain `ainvoke`.

As a stream mode, "custom" names no speaking node and delivers after the node's end. Seeding the runtime instead needs
three of LangGraph's private names, kept in this module alone; `tests/contracts/test_graph_writer.py` fails if they
stop meaning this.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackManager
from langgraph._internal._constants import CONFIG_KEY_RUNTIME, CONFIG_KEY_STREAM
from langgraph.config import get_config
from langgraph.pregel.protocol import StreamProtocol
from langgraph.runtime import Runtime
from langgraph.store.base import BaseStore

Hear = Callable[[Any, UUID | None], None]
"""Takes a value and the id of the LangChain run that wrote it."""


def seeded(configurable: dict[str, Any], hear: Hear, store: BaseStore | None = None) -> dict[str, Any]:
    """Return *configurable* such that every value that the graph writes reaches *hear* at once.

    LangGraph takes the store of a runtime that it finds, even none, before the graph's own; so *store* goes along.
    """

    def write(value: Any) -> None:
        hear(value, _speaker())

    return {
        **configurable,
        CONFIG_KEY_RUNTIME: Runtime(stream_writer=write, store=store),
        # Without a stream protocol in the config LangGraph replaces the runtime's writer by one that drops.
        CONFIG_KEY_STREAM: StreamProtocol(lambda chunk: None, set()),
    }


def _speaker() -> UUID | None:
    callbacks = get_config().get("callbacks")
    return callbacks.parent_run_id if isinstance(callbacks, BaseCallbackManager) else None
