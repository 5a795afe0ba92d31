"""Agents for workflow specs: what each says or does is written down by the test, and what it was told is kept."""

from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.messages import AIMessage
from langgraph.graph import END, START, StateGraph

from cantata.graphs.agent import GraphAgent
from cantata.graphs.compile import compile_spec
from cantata.graphs.state import ChatState
from tests.support.scripted import Piece, ScriptedChat, scripted

Deed = Callable[[str], Awaitable[str]]


class Heard:
    """What agents were told, in order: the texts of the conversations that they got."""

    def __init__(self) -> None:
        self.all: list[tuple[str, list[str]]] = []

    def by(self, name: str) -> list[list[str]]:
        """Return what the agent *name* was told, turn by turn."""
        return [texts for who, texts in self.all if who == name]

    def names(self) -> list[str]:
        """Return who was told something."""
        return [who for who, _ in self.all]


def does(name: str, deed: Deed, heard: Heard | None = None) -> GraphAgent:
    """Make an agent that answers with what *deed* makes of its last message."""

    async def act(state: ChatState) -> dict[str, Any]:
        texts = [str(message.text) for message in state["messages"]]
        if heard is not None:
            heard.all.append((name, texts))
        return {"messages": [AIMessage(await deed(texts[-1]))]}

    return _agent(name, act)


def says_it(name: str, *turns: str | list[Piece | str]) -> GraphAgent:
    """Make an agent whose model says these turns, the last one again and again."""
    return speaks(name, scripted(*([turn] if isinstance(turn, str) else turn for turn in turns)))


def speaks(name: str, model: ScriptedChat) -> GraphAgent:
    """Make an agent of *model*."""

    async def speak(state: ChatState) -> dict[str, Any]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    return _agent(name, speak)


def echoes(name: str, heard: Heard | None = None) -> GraphAgent:
    """Make an agent that answers `name(<what it was told>)`, which shows the way that a value took."""

    async def echo(text: str) -> str:
        return f"{name}({text})"

    return does(name, echo, heard)


def fails(name: str, error: Exception | None = None, times: int | None = None) -> GraphAgent:
    """Make an agent that raises, always or so many times."""
    left = [times]

    async def fail(text: str) -> str:
        if left[0] == 0:
            return f"{name}({text})"
        left[0] = None if left[0] is None else left[0] - 1
        raise error or LookupError(f"{name} knows nothing")

    return does(name, fail)


def team(*agents: GraphAgent) -> dict[str, GraphAgent]:
    """Give agents by their names."""
    return {agent.name: agent for agent in agents}


async def answer(spec: dict[str, Any], given: Any, *agents: GraphAgent) -> dict[str, Any]:
    """Compile *spec* for *agents*, run it without a server, and return its output."""
    output: dict[str, Any] = await compile_spec(spec, team(*agents)).ainvoke({"input": given})
    return output


def steps(*parts: Any, **members: Any) -> dict[str, Any]:
    """Write a sequential spec; a bare name is an agent's step."""
    return {"type": "sequential", "steps": [_part(part) for part in parts], **members}


def tasks(*parts: Any, **members: Any) -> dict[str, Any]:
    """Write a parallel spec."""
    return {"type": "parallel", "tasks": [_part(part) for part in parts], **members}


def led(master: str, *subs: Any, **members: Any) -> dict[str, Any]:
    """Write a hierarchical spec; a bare name is a reference."""
    named = [{"name": sub} if isinstance(sub, str) else sub for sub in subs]
    return {"type": "hierarchical", "master": {"name": master}, "subAgents": named, **members}


def asked(prompt: str = "Go on?", **members: Any) -> dict[str, Any]:
    """Write an approval."""
    return {"type": "approval", "prompt": prompt, **members}


def _part(part: Any) -> Any:
    return {"agent": part} if isinstance(part, str) else part


def _agent(name: str, node: Any) -> GraphAgent:
    builder = StateGraph(ChatState).add_node("speak", node).add_edge(START, "speak").add_edge("speak", END)
    return GraphAgent(name, f"The agent {name}.", builder.compile(name=name))
