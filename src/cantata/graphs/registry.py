"""Which graphs can be run: those of a project's `langgraph.json` and the ones we bring; a project's names win.

One broken graph never takes the others down: its error is kept and told when it is asked for.
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from cantata.graphs.agent import Agent, GraphAgent
from cantata.graphs.compile import compile_spec
from cantata.graphs.data_types import DataTypes
from cantata.graphs.loading import LOAD_SECONDS, GraphLoadError, load_object, within
from cantata.graphs.opening import AnyGraph, NotAGraph
from cantata.graphs.project import GraphSpec, Project, read_project
from cantata.graphs.recent import Recent
from cantata.graphs.shapes.steps import leaves
from cantata.graphs.source import BrokenGraph, GraphSource, read_stored
from cantata.graphs.spec import BadSpec, parse_spec, steps_of

logger = logging.getLogger(__name__)

Origin = Literal["built-in", "project", "program"]

_BUILT_INS = (
    GraphSpec("assistant", "cantata.graphs.agents.assistant:graph", "A model that calls tools until it can answer."),
    GraphSpec("communications", "cantata.graphs.agents.communications:graph", None),
    GraphSpec("content", "cantata.graphs.agents.content:graph", None),
    GraphSpec("researcher", "cantata.graphs.agents.researcher:graph", None),
    GraphSpec("reviewer", "cantata.graphs.agents.reviewer:graph", None),
    GraphSpec("travel", "cantata.graphs.agents.travel:graph", None),
    GraphSpec("writer", "cantata.graphs.agents.writer:graph", None),
    GraphSpec("sequential", "cantata.graphs.workflows.sequential:graph", "Researcher, writer and reviewer in a row."),
    GraphSpec("compare_perspectives", "cantata.graphs.workflows.compare_perspectives:graph", None),
    GraphSpec("content_pipeline", "cantata.graphs.workflows.content_pipeline:graph", None),
    GraphSpec("hierarchical", "cantata.graphs.workflows.hierarchical:graph", None),
    GraphSpec("parallel", "cantata.graphs.workflows.parallel:graph", None),
    GraphSpec("research_report", "cantata.graphs.workflows.research_report:graph", None),
    GraphSpec("trip_planner", "cantata.graphs.workflows.trip_planner:graph", None),
)


RESERVED_NAMES = frozenset({"stats"})
"""What no graph can be called: `GET /api/stream/stats` means something else."""


class UnknownGraph(LookupError):
    """No graph has that name."""

    def __init__(self, name: str, known: list[str]) -> None:
        """Say what there is instead."""
        super().__init__(f"No graph is named {name!r}. Known are: {', '.join(known) or 'none'}.")
        self.name = name
        self.known = known


@dataclass(frozen=True)
class GraphEntry:
    """A line in the list of graphs; `error` is a sentence when it cannot be run."""

    name: str
    description: str
    origin: Origin
    error: str | None = None


class GraphRegistry:
    """The graphs of this process, by name. After loading only what a program registers is added."""

    def __init__(
        self, sources: Sequence[GraphSource], entries: Iterable[GraphEntry], project: Project | None = None
    ) -> None:
        """Take what `load` found."""
        self.project = project
        packages = {source.package for source in sources} if project else ()
        self.data_types = DataTypes(project.roots if project else (), packages)
        self._sources = {source.name: source for source in sources}
        self._compiled: Recent[GraphSource] = Recent()
        self._entries = {entry.name: entry for entry in entries}

    @classmethod
    def load(
        cls, config_path: Path | None, *, built_ins: bool = True, seconds: float = LOAD_SECONDS
    ) -> "GraphRegistry":
        """Import every graph, each in *seconds* at most; slow and blocking, for the start of a process.

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
                loaded[spec.name] = _load_in_time(seconds, spec, project.config_path.parent, project.roots, "project")
        return cls(
            [source for _, source in loaded.values() if source is not None],
            [entry for entry, _ in loaded.values()],
            project,
        )

    def register_agent(self, name: str, agent: Agent | AnyGraph) -> None:
        """Add an agent, or a graph that holds a conversation, under *name*; one of that name is replaced."""
        exported = agent.graph() if isinstance(agent, Agent) else agent
        description = agent.description if isinstance(agent, Agent) else (_first_line(agent.__doc__) or name)
        source = GraphSource(name, description, exported, is_built_in=isinstance(agent, Agent))
        source.agent = agent if isinstance(agent, Agent) else None
        self._add(source)

    def register_workflow(self, name: str, spec: Mapping[str, Any], description: str = "") -> None:
        """Add the workflow that *spec* tells under *name*; one of that name is replaced.

        Raises:
            BadSpec: it cannot be run.
        """
        source = GraphSource(
            name, description or name, compile_spec(read_stored(spec), self.agents()), is_built_in=True
        )
        source.spec = dict(spec)
        self._add(source)

    def agents(self) -> dict[str, Agent | GraphAgent]:
        """Return what steps of workflows can use, by name."""
        found = {name: source.as_agent() for name, source in list(self._sources.items())}
        return {name: agent for name, agent in found.items() if agent is not None}

    def find(self, name: str, spec: Mapping[str, Any] | None) -> GraphSource:
        """Give the graph of that name, or that of a spec which a run brings along, compiled once for equal ones.

        Raises:
            UnknownGraph, BrokenGraph: see `get`.
            BadSpec: it cannot be run, or not any more: its agents are gone.
        """
        if spec is None:
            return self.get(name)
        key = _key_of(spec)
        source = self._compiled.get(key)
        if source is None:
            parsed = read_stored(spec)
            source = GraphSource(name, "", compile_spec(parsed, self.agents()), is_built_in=True)
            source.spec = spec
            self._compiled.keep(key, source, leaves(parsed) + sum(1 for _ in steps_of(parsed)))
        return source

    def names(self) -> list[str]:
        """List the graphs that can be run, sorted."""
        return sorted(self._sources)

    def entries(self) -> list[GraphEntry]:
        """List all graphs, broken ones too, sorted by name."""
        return sorted(self._entries.values(), key=lambda entry: entry.name)

    def __contains__(self, name: str) -> bool:
        """Tell whether a graph of that name is listed, a broken one too."""
        return name in self._sources or name in self._entries

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

    def _add(self, source: GraphSource) -> None:
        self._sources[source.name] = source
        self._entries[source.name] = GraphEntry(source.name, source.description, "program")
        self._compiled.clear()  # what was compiled may have used the one that is replaced


def _key_of(spec: Mapping[str, Any]) -> bytes:
    try:
        return hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).digest()
    except (RecursionError, TypeError, ValueError) as error:
        parse_spec(spec)  # which names the place, if it is one
        raise BadSpec([("", "The workflow is nested too deep, or no plain JSON.")]) from error


def _load_in_time(
    seconds: float, spec: GraphSpec, folder: Path, roots: Sequence[Path], origin: Origin
) -> tuple[GraphEntry, GraphSource | None]:
    try:
        return within(seconds, lambda: _load(spec, folder, roots, origin))
    except TimeoutError:
        why = f"{spec.target} was not loaded within {seconds:g} s (GRAPH_LOAD_SECONDS)."
        logger.warning("graph %s is left out: %s", spec.name, why)
        return GraphEntry(spec.name, spec.description or "", origin, why), None


def _load(
    spec: GraphSpec, folder: Path, roots: Sequence[Path], origin: Origin
) -> tuple[GraphEntry, GraphSource | None]:
    if spec.name in RESERVED_NAMES:
        why = f"The name {spec.name!r} is reserved: give the graph another one."
        logger.warning("graph %s is left out: %s", spec.name, why)
        return GraphEntry(spec.name, spec.description or "", origin, why), None
    try:
        exported, module = load_object(spec.target, folder, roots)
        description = spec.description or _first_line(module.__doc__)
        is_built_in = module.__name__.startswith("cantata.graphs.")
        package = module.__name__.partition(".")[0]
        source = GraphSource(spec.name, description, exported, is_built_in=is_built_in, package=package)
        source.agent = _agent_of(module, exported)
        source.spec = _spec_of(module, exported)
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


def _agent_of(module: ModuleType, exported: object) -> Agent | None:
    agent = getattr(module, "agent", None)
    return agent if isinstance(agent, Agent) and exported is agent.graph() else None


def _spec_of(module: ModuleType, exported: object) -> Mapping[str, Any] | None:
    spec = getattr(module, "spec", None)
    is_compiled = isinstance(spec, Mapping) and exported is getattr(module, "graph", None)
    return spec if is_compiled else None


def _first_line(docstring: str | None) -> str:
    lines = (docstring or "").strip().splitlines()
    return lines[0].strip() if lines else ""
