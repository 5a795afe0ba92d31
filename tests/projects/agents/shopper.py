"""An agent whose tools see its state and write to it."""

import asyncio
import os
from typing import Annotated

from fake_model import FakeModel, calls
from langchain.agents import AgentState, create_agent
from langchain.tools import ToolRuntime
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.prebuilt import InjectedState
from langgraph.types import Command


class Shop(AgentState):
    basket: list[str]


@tool
def put(item: str, runtime: ToolRuntime) -> Command:
    """Put something into the basket."""
    return Command(
        update={
            "basket": [*runtime.state.get("basket", []), item],
            "messages": [ToolMessage(f"{item} is in", tool_call_id=runtime.tool_call_id)],
        }
    )


@tool
async def pay(state: Annotated[Shop, InjectedState], tool_call_id: Annotated[str, InjectedToolCallId]) -> Command:
    """Pay for what is in the basket."""
    await asyncio.sleep(float(os.environ.get("WORK_SECONDS", "0")))
    paid = f"paid for {', '.join(state['basket'])}"
    return Command(update={"basket": [], "messages": [ToolMessage(paid, tool_call_id=tool_call_id)]})


agent = create_agent(
    FakeModel(lines=[calls(("put", {"item": "tea"})), calls(("pay", {})), AIMessage("You {last}.")]),
    tools=[put, pay],
    state_schema=Shop,
)
