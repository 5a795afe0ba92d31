"""Small agents for workflows to use: some slow, some failing, each tells in a file that it ran."""

import asyncio
import os
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt

DESK = Path(os.environ.get("SCENARIO_DESK", "/tmp/scenario-desk"))


def note(name: str) -> int:
    """Write down that an agent ran; return how often it has."""
    path = DESK / f"{name}.ran"
    with path.open("a") as file:
        file.write(f"{name}\n")
    return len(path.read_text().split())


async def gate(name: str) -> None:
    while not (DESK / f"{name}.open").exists():
        await asyncio.sleep(0.005)


def agent(answer: Any) -> Any:
    """Make a graph of one node; `answer` makes the reply out of what was asked."""

    async def reply(state: MessagesState) -> dict:
        return {"messages": [AIMessage(await answer(str(state["messages"][-1].text)))]}

    return StateGraph(MessagesState).add_node("reply", reply).add_edge(START, "reply").compile()


async def _upper(asked: str) -> str:
    return asked.upper()


async def _exclaim(asked: str) -> str:
    return f"{asked}!"


async def _facts(asked: str) -> str:
    return f'{{"topic": "{asked}", "facts": ["one", "two"]}}'


async def _second(asked: str) -> str:
    await asyncio.sleep(1)
    return f"{asked} after a second"


async def _gated(asked: str) -> str:
    """Wait for the gate that the question names."""
    note(f"gated-{asked}")
    await gate(asked)
    return f"through {asked}"


async def _counted(asked: str) -> str:
    note(f"counted-{asked}")
    return f"counted {asked}"


async def _broken(asked: str) -> str:
    raise RuntimeError("it is broken")


async def _shaky(asked: str) -> str:
    """Fail twice, then answer."""
    if note(f"shaky-{asked}") < 3:
        raise RuntimeError("not yet")
    return "at last"


async def _asking(asked: str) -> str:
    """Ask a human in an agent's own way, with a schema."""
    schema = {"type": "object", "properties": {"colour": {"enum": ["red", "blue"]}}, "required": ["colour"]}
    answer = interrupt({"question": asked, "schema": schema})
    return f"painted {answer['colour']}"


upper = agent(_upper)
exclaim = agent(_exclaim)
facts = agent(_facts)
second = agent(_second)
gated = agent(_gated)
counted = agent(_counted)
broken = agent(_broken)
shaky = agent(_shaky)
asking = agent(_asking)
