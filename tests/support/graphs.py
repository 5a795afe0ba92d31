"""Small real graphs, one for each thing that LangGraph does differently."""

import operator
import threading
from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise
from typing import Annotated, Any, TypedDict

from langgraph.func import entrypoint, task
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, RetryPolicy, Send, interrupt

from tests.support.scripted import ScriptedChat


class Log(TypedDict):
    """What the nodes wrote, in order."""

    log: Annotated[list[str], operator.add]


class Item(TypedDict):
    """What a node sends to one of many."""

    item: int


Node = Callable[[Any], Any] | Callable[[Any], Awaitable[Any]] | Any

NOTHING: dict[str, list[str]] = {"log": []}
ONCE_MORE = RetryPolicy(initial_interval=0.001, max_attempts=2, jitter=False, retry_on=ValueError)


def wrote(words: str) -> dict[str, list[str]]:
    """Return the update of a node that writes *words*."""
    return {"log": [words]}


def says(model: ScriptedChat, prompt: str = "go", *, tags: Sequence[str] = ()) -> Node:
    """Return a node that asks *model*."""

    async def node(state: Log) -> Any:
        answer = await model.ainvoke(prompt, {"tags": list(tags)})
        return wrote(answer.text)

    return node


def says_in_thread(model: ScriptedChat, prompt: str = "go") -> Node:
    """Return a sync node that asks *model*; LangGraph runs it in a thread."""

    def node(state: Log) -> Any:
        return wrote(model.invoke(prompt).text)

    return node


def quiet(state: Log) -> Any:
    """Do nothing."""
    return NOTHING


def chain(**nodes: Node) -> Any:
    """Compile a graph of *nodes* in a row."""
    return _in_a_row(nodes).compile()


def chain_without_checkpointer(**nodes: Node) -> Any:
    """Compile a graph that starts over whenever its node does."""
    return _in_a_row(nodes).compile(checkpointer=False)


def parallel(**nodes: Node) -> Any:
    """Compile a graph whose *nodes* run at once, and a quiet `join` after them."""
    builder = StateGraph(Log)
    builder.add_node("join", quiet)
    for name, node in nodes.items():
        builder.add_node(name, node)
        builder.add_edge(START, name)
    builder.add_edge(list(nodes), "join")
    builder.add_edge("join", END)
    return builder.compile()


def fan_out(count: int, node: Node) -> Any:
    """Compile a graph that sends *count* items to the node `each`, and joins."""
    builder = StateGraph(Log)
    builder.add_node("each", node, input_schema=Item)
    builder.add_node("join", quiet)
    builder.add_conditional_edges(START, lambda state: [Send("each", {"item": n}) for n in range(count)], ["each"])
    builder.add_edge("each", "join")
    builder.add_edge("join", END)
    return builder.compile()


def nested(inner: Any, *, retry: bool = False) -> Any:
    """Compile a graph whose node `team` is the graph *inner*, between two quiet ones."""
    builder = StateGraph(Log)
    builder.add_node("before", quiet)
    builder.add_node("team", inner, retry_policy=ONCE_MORE if retry else None)
    builder.add_node("after", quiet)
    builder.add_edge(START, "before")
    builder.add_edge("before", "team")
    builder.add_edge("team", "after")
    builder.add_edge("after", END)
    return builder.compile()


def by_hand(inner: Any) -> Node:
    """Return a node that invokes *inner* itself."""

    async def node(state: Log) -> Any:
        result = await inner.ainvoke(NOTHING)
        return {"log": result["log"]}

    return node


def asks(question: str) -> Node:
    """Return a node that asks a human."""

    async def node(state: Log) -> Any:
        return wrote(f"{question} {interrupt(question)}")

    return node


def handoff() -> Any:
    """Compile a graph whose nested `clerk` hands over to the outer `boss`."""

    async def clerk(state: Log) -> Any:
        return Command(graph=Command.PARENT, goto="boss", update=wrote("over to the boss"))

    builder = StateGraph(Log)
    builder.add_node("office", chain(clerk=clerk), destinations=("boss",))
    builder.add_node("boss", quiet)
    builder.add_edge(START, "office")
    builder.add_edge("boss", END)
    return builder.compile()


def functional(model: ScriptedChat) -> Any:
    """Make a workflow of the functional API, which calls the task `ask` twice."""

    @task
    async def ask(number: int) -> str:
        return (await model.ainvoke(str(number))).text

    @entrypoint()
    async def flow(given: Any) -> list[str]:
        return [await ask(1), await ask(2)]

    return flow


class Flaky:
    """A node that raises on its first *failures* calls."""

    def __init__(self, failures: int = 1, error: Exception | None = None, before: Node | None = None) -> None:
        self.calls = 0
        self._failures = failures
        self._error = error or ValueError("not yet")
        self._before = before
        self.__name__ = "flaky"

    async def __call__(self, state: Log) -> Any:
        """Do what comes before, then fail while it is too early."""
        self.calls += 1
        if self._before is not None:
            await self._before(state)
        if self.calls <= self._failures:
            raise self._error
        return wrote("at last")


class Latch:
    """Holds a thread until the test lets it go."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.go = threading.Event()

    def wait(self) -> None:
        """Hold here."""
        self.reached.set()
        assert self.go.wait(10)


def _in_a_row(nodes: dict[str, Node]) -> Any:
    builder = StateGraph(Log)
    names = [START, *nodes, END]
    for name, node in nodes.items():
        builder.add_node(name, node)
    for before, after in pairwise(names):
        builder.add_edge(before, after)
    return builder
