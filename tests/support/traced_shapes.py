"""A workflow of each shape whose agents say and call what is written here: for the tests of traces, and their page."""

from pathlib import Path
from typing import Any, TypedDict

from langchain_core.messages import BaseMessage
from langchain_core.tools import ToolException, tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

from tests.support.scripted import ScriptedChat, call, scripted, used
from tests.support.specs import led, says_it, steps, tasks
from tests.support.tracing import Traced, traced

QUESTION = "How many people live in Cairo?"


class Shape(TypedDict):
    """A run to start: the graph's name, its spec if it has one, and its input."""

    graph: str
    definition: dict[str, Any] | None
    given: Any
    model: str | None


@tool
async def population(city: str) -> str:
    """Tell how many people live in a city."""
    if city == "Atlantis":
        raise ToolException("no such city: Atlantis")
    return f"{city}: 10 million"


def agent(model: ScriptedChat) -> Any:
    """Compile the usual loop of a model and its tools."""

    async def think(state: MessagesState) -> dict[str, list[BaseMessage]]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    builder = StateGraph(MessagesState).add_node("model", think).add_node("tools", ToolNode([population]))
    builder.add_edge(START, "model").add_conditional_edges("model", tools_condition).add_edge("tools", "model")
    return builder.compile()


def gemini(*turns: Any) -> ScriptedChat:
    """Script a model whose price is known."""
    return scripted(*turns, model_name="gemini-2.5-flash", provider="google_genai")


def asking(city: str) -> Any:
    """Compile an agent that asks its tool about *city* once."""
    first = [call("population", {"city": city}), used(1_000, 100, cached=200, thoughts=40)]
    return agent(gemini(first, ["Ten ", "million.", used(2_000, 10)]))


def graphs() -> dict[str, Any]:
    """Return the graphs that the shapes name."""
    named = [
        says_it("manager", "Tea it is."),
        says_it("one", ["Tea is a drink.", used(9, 4)]),
        says_it("two", ["It comes from China.", used(9, 6)]),
    ]
    return {
        "asking": asking("Cairo"),
        "failing": asking("Atlantis"),
        **{made.name: made.compiled for made in named},
    }


SHAPES: dict[str, Shape] = {
    "single": {"graph": "asking", "definition": None, "given": QUESTION, "model": None},
    "sequential": {"graph": "in_turn", "definition": steps("one", "two"), "given": "tea", "model": None},
    # One at a time, so that the tree is the same each time.
    "parallel": {
        "graph": "at_once",
        "definition": tasks("one", "two", max_concurrency=1),
        "given": "tea",
        "model": None,
    },
    "hierarchical": {
        "graph": "managed",
        "definition": led("manager", "one"),
        "given": "tea",
        "model": "offline-demo",  # of the manager, who has none of its own
    },
}


async def traced_shape(folder: Path, name: str, *tools: str, **members: Any) -> Traced:
    """Run a shape to its end, and return what these tools got of it."""
    shape = SHAPES[name]
    told = {"definition": shape["definition"], "model": shape["model"], **members}
    return await traced(folder, graphs(), shape["graph"], shape["given"], *tools, **told)
