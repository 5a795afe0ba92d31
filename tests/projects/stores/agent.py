"""An agent whose tools write to the store and read from it."""

import asyncio
import os
from typing import Annotated, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.config import get_store
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import InjectedStore, ToolNode, tools_condition
from langgraph.store.base import BaseStore

WORK_SECONDS = float(os.environ.get("WORK_SECONDS", "0"))


@tool
def save_memory(memory: str, store: Annotated[BaseStore, InjectedStore()]) -> str:
    """Save a memory."""
    store.put(("memories",), memory, {"memory": memory})
    return "saved"


@tool
async def list_memories() -> str:
    """List all memories."""
    await asyncio.sleep(WORK_SECONDS)
    return "; ".join(sorted(item.key for item in await get_store().asearch(("memories",))))


class SecretaryModel(BaseChatModel):
    """Saves what it is told, then lists all, then says it."""

    @property
    def _llm_type(self) -> str:
        return "secretary"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kw: Any
    ) -> ChatResult:
        results = []
        for message in reversed(messages):
            if message.type == "human":
                break
            if isinstance(message, ToolMessage):
                results.append(message)
        if not results:
            asked = [message for message in messages if message.type == "human"][-1]
            answer = AIMessage("", tool_calls=[{"name": "save_memory", "args": {"memory": asked.text}, "id": "1"}])
        elif len(results) == 1:
            answer = AIMessage("", tool_calls=[{"name": "list_memories", "args": {}, "id": "2"}])
        else:
            answer = AIMessage(f"I know: {results[0].text}")
        return ChatResult(generations=[ChatGeneration(message=answer)])


tools = [save_memory, list_memories]
model = SecretaryModel().bind_tools(tools)


def call_model(state: MessagesState) -> dict:
    return {"messages": [model.invoke(state["messages"])]}


graph = (
    StateGraph(MessagesState)
    .add_node("agent", call_model)
    .add_node("tools", ToolNode(tools))
    .add_edge(START, "agent")
    .add_conditional_edges("agent", tools_condition)
    .add_edge("tools", "agent")
    .compile(name="secretary")
)
