"""Your own graph in your own program, told as typed events. No server, no database, no key."""

import asyncio
from typing import TypedDict

from langchain_core.language_models import FakeListChatModel
from langchain_core.tools import tool
from langgraph.graph import START, StateGraph

from cantata.callbacks.events import MessageComplete, MessageDelta, StepEnd, StepStart, StoredEvent, ToolEnd
from cantata.callbacks.handler import StreamingWorkflowCallbackHandler


class Trip(TypedDict):
    """What the graph works on."""

    city: str
    weather: str


@tool
def weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"It rains in {city}."


async def look(state: Trip) -> dict[str, str]:
    """Use a tool."""
    return {"weather": await weather.ainvoke({"city": state["city"]})}


async def advise(state: Trip) -> None:
    """Ask a model; any of LangChain's chat models will do."""
    await FakeListChatModel(responses=["Take an umbrella."]).ainvoke(state["weather"])


def show(event: StoredEvent) -> None:
    """Take each event as it happens: show it, store it, send it on."""
    match event:
        case StepStart(name=name):
            print(f"{name} …")
        case ToolEnd(tool=name, output=output):
            print(f"  {name}: {output}")
        case MessageDelta(delta=delta):
            print(delta, end="", flush=True)
        case MessageComplete():
            print()
        case StepEnd(name=name, status=status):
            print(f"{name}: {status}")


async def main() -> None:
    """Run the graph with the handler among its callbacks: that is all."""
    builder = StateGraph(Trip).add_node(look).add_node(advise)
    graph = builder.add_edge(START, "look").add_edge("look", "advise").compile(name="trip")
    handler = StreamingWorkflowCallbackHandler("my-run-1", show)
    await graph.ainvoke({"city": "Cairo", "weather": ""}, {"callbacks": [handler]})


asyncio.run(main())
