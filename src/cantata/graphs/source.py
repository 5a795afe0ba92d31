"""A graph as runs find it: static or made anew for each, with what can be known of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any, TypeVar

from langchain_core.runnables import RunnableConfig
from langgraph.store.base import BaseStore

from cantata.graphs.agent import Agent, GraphAgent
from cantata.graphs.answer_nodes import AGENT_NODE, answer_paths
from cantata.graphs.compile import supersteps
from cantata.graphs.drawing import Drawing, draw, turns
from cantata.graphs.drawing import Path as NodePath
from cantata.graphs.facts import GraphFacts, facts_of
from cantata.graphs.opening import Access, AnyGraph, Factory, NotAGraph, open_factory, static_graph
from cantata.graphs.spec import MOST_LEVELS, MOST_STEPS, WorkflowSpec, parse_spec

T = TypeVar("T")


class BrokenGraph(Exception):
    """The graph is listed, but it cannot be had."""

    def __init__(self, name: str, why: str) -> None:
        """Keep the reason, a sentence for whoever wrote the graph."""
        super().__init__(f"The graph {name!r} is broken: {why}")
        self.name = name
        self.why = why


class GraphSource:
    """A graph that can be opened for a run. One per name and process; its facts are read once."""

    agent: Agent | None = None
    """What the file says of its agent, beside the graph."""
    spec: Mapping[str, Any] | None = None
    """The workflow spec that the graph was compiled from, if it was."""

    def __init__(self, name: str, description: str, exported: object, *, is_built_in: bool, package: str = "") -> None:
        """Take what the file of *package* exports; a builder is compiled here, once.

        Raises:
            NotAGraph: It exports something else.
        """
        self.name = name
        self.description = description
        self.is_built_in = is_built_in
        self.package = package
        self._graph = static_graph(exported)
        self._factory: Factory | None = exported if self._graph is None and callable(exported) else None
        self._facts: GraphFacts | None = None
        self._turns: Mapping[NodePath, str] | None = None

    @cached_property
    def supersteps(self) -> int:
        """How many LangGraph must allow for the workflow to end, at the least; 0 when nothing is known."""
        return 0 if self.spec is None else supersteps(read_stored(self.spec))

    @cached_property
    def answer_nodes(self) -> list[list[str]] | None:
        """The paths of the nodes whose messages are the answer; None when nobody has said, and all may be."""
        if self.spec is not None:
            return [list(path) for path in answer_paths(read_stored(self.spec))] or None
        return [[AGENT_NODE]] if self.agent is not None else None

    @property
    def turns(self) -> Mapping[NodePath, str]:
        """Whose turn each node is, by its path from the root; an agent's own graph is one turn, at the empty path."""
        if self._turns is None:
            if self.spec is not None and self._graph is not None:
                self._turns = dict(turns(self._graph))
            else:
                self._turns = {(): self.name} if self.as_agent() is not None else {}
        return self._turns

    @property
    def is_static(self) -> bool:
        """Every run gets the same compiled graph, so what was read from it once stays true."""
        return self._graph is not None

    def as_agent(self) -> Agent | GraphAgent | None:
        """Give what a step of a workflow can use: an agent, or a graph that holds a conversation and is no factory."""
        if self.agent is not None:
            return self.agent
        if self._graph is None or self.spec is not None or "messages" not in self._graph.channels:
            return None
        return GraphAgent(self.name, self.description, self._graph)

    @asynccontextmanager
    async def open(
        self,
        config: RunnableConfig,
        *,
        access: Access = "threads.create_run",
        context: object = None,
        store: BaseStore | None = None,
    ) -> AsyncIterator[AnyGraph]:
        """Give the compiled graph for one run, and clean up after it.

        A factory is called with `config`, or with a `ServerRuntime` of the rest, and its context manager stays open
        as long as ours. A static graph is shared by all runs: never change it.

        Raises:
            BrokenGraph: The factory gave no graph. What it raises itself passes through.
        """
        if self._graph is not None:
            yield self._graph
            return
        assert self._factory is not None
        try:
            async with open_factory(self._factory, config, access=access, context=context, store=store) as graph:
                yield graph
        except NotAGraph as error:
            raise BrokenGraph(self.name, f"{error}.") from error

    async def facts(self) -> GraphFacts:
        """Read what can be known without running; a factory is opened once for it, with an empty config.

        Raises:
            BrokenGraph: The factory fails.
        """
        if self._facts is None:
            self._facts = await self._read(facts_of)
        return self._facts

    async def drawing(self) -> Drawing:
        """Draw the graph; a factory is opened for it, with an empty config.

        Raises:
            BrokenGraph: The factory fails.
        """
        return await self._read(draw)

    async def _read(self, read: Callable[[AnyGraph], T]) -> T:
        try:
            async with self.open({"configurable": {}}, access="assistants.read") as graph:
                return await asyncio.to_thread(read, graph)
        except BrokenGraph:
            raise
        # A factory is the user's code and may raise anything.
        except Exception as error:
            raise BrokenGraph(self.name, f"its factory failed: {type(error).__name__}: {error}.") from error


def read_stored(spec: Mapping[str, Any]) -> WorkflowSpec:
    """Read a spec; whether it is too large was asked when it came, and a stored one stays what it is."""
    return parse_spec(spec, max_steps=MOST_STEPS, max_depth=MOST_LEVELS)
