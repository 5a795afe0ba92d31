"""A supervisor of two experts, and one above it."""

import asyncio
import os

from fake_model import FakeModel, calls
from langchain.agents import create_agent
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph_supervisor import create_supervisor


@tool
async def web_search(query: str) -> str:
    """Search the web for information."""
    await asyncio.sleep(float(os.environ.get("WORK_SECONDS", "0")))
    return "1.2 million people"


@tool
def multiply(a: float, b: float) -> float:
    """Multiply two numbers."""
    return a * b


math_agent = create_agent(
    FakeModel(
        speaker="math_expert",
        lines=[calls(("multiply", {"a": 3.0, "b": 4.0})), AIMessage("The product is {last}.")],
    ),
    tools=[multiply],
    name="math_expert",
    system_prompt="You are a math expert.",
)

research_agent = create_agent(
    FakeModel(
        speaker="research_expert",
        lines=[calls(("web_search", {"query": "headcount"})), AIMessage("They are {last}.")],
    ),
    tools=[web_search],
    name="research_expert",
    system_prompt="You are a world class researcher.",
)


def boss(name: str, *lines: AIMessage) -> FakeModel:
    return FakeModel(speaker=name, lines=list(lines))


app = create_supervisor(
    [research_agent, math_agent],
    model=boss(
        "supervisor",
        calls(("transfer_to_research_expert", {})),
        calls(("transfer_to_math_expert", {})),
        AIMessage("All is known."),
    ),
    prompt="You are a team supervisor.",
).compile()

team = create_supervisor(
    [research_agent, math_agent],
    model=boss("team_lead", calls(("transfer_to_research_expert", {})), AIMessage("The team knows.")),
    supervisor_name="team_lead",
).compile(name="research_team")

company = create_supervisor(
    [team],
    model=boss("ceo", calls(("transfer_to_research_team", {})), AIMessage("The company knows.")),
    supervisor_name="ceo",
).compile(name="company")
