"""The measured graph of tracing: a few nodes in turn, each with a streaming model call, in a Cantata of its own."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langgraph.graph import START, MessagesState, StateGraph

from benchmarks.tracing import NODES, TOKENS
from cantata.graphs.opening import AnyGraph
from cantata.server import Cantata
from cantata.server.settings import Settings

_USED = UsageMetadata(input_tokens=12, output_tokens=TOKENS, total_tokens=12 + TOKENS)


class Talker(BaseChatModel):
    """Streams a fixed number of tokens."""

    @property
    def _llm_type(self) -> str:
        return "talker"

    def _generate(self, messages: list[BaseMessage], *args: object, **kwargs: object) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage("word " * TOKENS))])

    async def _astream(
        self, messages: list[BaseMessage], *args: object, **kwargs: object
    ) -> AsyncIterator[ChatGenerationChunk]:
        for _ in range(TOKENS):
            yield ChatGenerationChunk(message=AIMessageChunk(content="word "))
        yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=_USED))


def opened(database: Path, told: Mapping[str, Any]) -> AbstractAsyncContextManager[Cantata]:
    """Make a Cantata with the graph `measured`; *told* are settings, and no others of the environment's."""
    settings = Settings.model_validate(
        {**Settings.model_construct().model_dump(), "database_url": f"sqlite:///{database}", **told}
    )
    cantata = Cantata(settings)
    cantata.register_agent("measured", _graph())
    return cantata


def _graph() -> AnyGraph:
    model = Talker()

    async def talk(state: MessagesState) -> dict[str, list[BaseMessage]]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    builder = StateGraph(MessagesState)
    names = [f"node{number}" for number in range(NODES)]
    for before, name in zip([START, *names], names, strict=False):
        builder.add_node(name, talk)
        builder.add_edge(before, name)
    return builder.compile()
