"""Two agents that hand the conversation to each other."""

import asyncio
import os

from fake_model import FakeModel, calls
from langchain.agents import create_agent
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph_swarm import create_handoff_tool, create_swarm


@tool
async def add(a: int, b: int) -> int:
    """Add two numbers."""
    await asyncio.sleep(float(os.environ.get("WORK_SECONDS", "0")))
    return a + b


alice = create_agent(
    FakeModel(
        speaker="Alice",
        lines=[calls(("add", {"a": 1, "b": 2})), calls(("transfer_to_bob", {})), AIMessage("You are back.")],
    ),
    tools=[add, create_handoff_tool(agent_name="Bob", description="Transfer to Bob")],
    system_prompt="You are Alice, an addition expert.",
    name="Alice",
)

bob = create_agent(
    FakeModel(speaker="Bob", lines=[AIMessage("Ahoy, it be 3!")]),
    tools=[create_handoff_tool(agent_name="Alice", description="Transfer to Alice, she can help with math")],
    system_prompt="You are Bob, you speak like a pirate.",
    name="Bob",
)

app = create_swarm([alice, bob], default_active_agent="Alice").compile()
