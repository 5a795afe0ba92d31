"""Which graphs can be run: those of a project's `langgraph.json` and the ones we bring; a project's names win.

One broken graph never takes the others down: its error is kept and told when it is asked for.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from langchain_core.runnables import RunnableConfig
from langgraph.store.base import BaseStore

from cantata.graphs.data_types import DataTypes
from cantata.graphs.facts import GraphFacts, facts_of
from cantata.graphs.loading import GraphLoadError, load_object
from cantata.graphs.opening import Access, AnyGraph, Factory, NotAGraph, open_factory, static_graph
from cantata.graphs.project import GraphSpec, Project, read_project

logger = logging.getLogger(__name__)

Origin = Literal["built-in", "project"]

_BUILT_INS = (
    GraphSpec("assistant", "cantata.graphs.agents.assistant:graph", "A model that calls tools until it can answer."),
    GraphSpec("sequential", "cantata.graphs.workflows.sequential:graph", "Researcher, writer and reviewer in a row."),
)


class UnknownGraph(LookupError):
    """No graph has that name."""

    def __init__(self, name: str, known: list[str]) -> None:
        """Say what there is instead."""
        super().__init__(f"No graph is named {name!r}. Known are: {', '.join(known) or 'none'}.")
        self.name = name
        self.known = known


class BrokenGraph(Exception):
    """The graph is listed, but it cannot be had."""

    def __init__(self, name: str, why: str) -> None:
        """Keep the reason, a sentence for whoever wrote the graph."""
        super().__init__(f"The graph {name!r} is broken: {why}")
        self.name = name
        self.why = why


@dataclass(frozen=True)
class GraphEntry:
    """A line in the list of graphs; `error` is a sentence when it cannot be run."""

    name: str
    description: str
    origin: Origin
    error: str | None = None


class GraphSource:
    """A graph that can be opened for a run. One per name and process; its facts are read once."""

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

    @property
    def is_static(self) -> bool:
        """Every run gets the same compiled graph, so what was read from it once stays true."""
        return self._graph is not None

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
            self._facts = await self._read_facts()
        return self._facts

    async def _read_facts(self) -> GraphFacts:
        try:
            async with self.open({"configurable": {}}, access="assistants.read") as graph:
                return await asyncio.to_thread(facts_of, graph)
        except BrokenGraph:
            raise
        # A factory is the user's code and may raise anything.
        except Exception as error:
            raise BrokenGraph(self.name, f"its factory failed: {type(error).__name__}: {error}.") from error


class GraphRegistry:
    """The graphs of this process, by name. Nothing changes after loading."""

    def __init__(
        self, sources: Sequence[GraphSource], entries: Iterable[GraphEntry], project: Project | None = None
    ) -> None:
        """Take what `load` found."""
        self.project = project
        packages = {source.package for source in sources} if project else ()
        self.data_types = DataTypes(project.roots if project else (), packages)
        self._sources = {source.name: source for source in sources}
        self._entries = {entry.name: entry for entry in entries}

    @classmethod
    def load(cls, config_path: Path | None, *, built_ins: bool = True) -> "GraphRegistry":
        """Import every graph; slow and blocking, for the start of a process.

        The project's `env` and import paths are in force from here on, so one process loads one project.

        Raises:
            ProjectError: The `langgraph.json` itself cannot be used.
        """
        loaded: dict[str, tuple[GraphEntry, GraphSource | None]] = {}
        for spec in _BUILT_INS if built_ins else ():
            loaded[spec.name] = _load(spec, Path(), (), "built-in")
        project = read_project(config_path) if config_path is not None else None
        if project is not None:
            project.activate()
            for spec in project.graphs:
                loaded[spec.name] = _load(spec, project.config_path.parent, project.roots, "project")
        return cls(
            [source for _, source in loaded.values() if source is not None],
            [entry for entry, _ in loaded.values()],
            project,
        )

    def names(self) -> list[str]:
        """List the graphs that can be run, sorted."""
        return sorted(self._sources)

    def entries(self) -> list[GraphEntry]:
        """List all graphs, broken ones too, sorted by name."""
        return sorted(self._entries.values(), key=lambda entry: entry.name)

    def get(self, name: str) -> GraphSource:
        """Find a graph.

        Raises:
            UnknownGraph: None has that name.
            BrokenGraph: It could not be loaded.
        """
        if name in self._sources:
            return self._sources[name]
        if name in self._entries:
            raise BrokenGraph(name, self._entries[name].error or "")
        raise UnknownGraph(name, self.names())


def _load(
    spec: GraphSpec, folder: Path, roots: Sequence[Path], origin: Origin
) -> tuple[GraphEntry, GraphSource | None]:
    try:
        exported, module = load_object(spec.target, folder, roots)
        description = spec.description or _first_line(module.__doc__)
        is_built_in = module.__name__.startswith("cantata.graphs.")
        package = module.__name__.partition(".")[0]
        source = GraphSource(spec.name, description, exported, is_built_in=is_built_in, package=package)
    except GraphLoadError as error:
        why = str(error)
        logger.warning("graph %s is left out: %s", spec.name, why, exc_info=error.__cause__)
    except NotAGraph as error:
        why = f"{spec.target} is no graph: {error}."
        logger.warning("graph %s is left out: %s", spec.name, why)
    # Compiling a builder checks what its author wrote and raises ValueError for most of it.
    except Exception as error:
        why = f"{spec.target} could not be compiled: {type(error).__name__}: {error}."
        logger.warning("graph %s is left out: %s", spec.name, why, exc_info=error)
    else:
        return GraphEntry(spec.name, description, origin), source
    return GraphEntry(spec.name, spec.description or "", origin, why), None


def _first_line(docstring: str | None) -> str:
    lines = (docstring or "").strip().splitlines()
    return lines[0].strip() if lines else ""
