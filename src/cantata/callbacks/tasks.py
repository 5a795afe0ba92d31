"""Which steps a new start makes void: LangGraph repeats tasks after a retry, a crash and an interrupt.

A task is known by its checkpoint namespace, `node:id` parts joined by `|`, which is stable over all three.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from msgspec import UNSET

from cantata.callbacks.events import StepStart, StoredEvent, ToolStart

Position = tuple[str, str, int | None, int | None]
"""The namespace of the graph, the node, the superstep and the branch: what only one task of a graph's run takes."""


def path_of(task_id: str) -> list[str]:
    """Return the nodes from the root graph down to the task's own; a subgraph's number is no node.

    A subgraph compiled with `checkpointer=True` is remembered under its node's name alone, without an id.
    """
    return [part.partition(":")[0] for part in task_id.split("|") if not part.isdigit()]


def graph_of(task_id: str) -> str:
    """Return the namespace of the graph in which the task runs, empty for the root graph."""
    return task_id.rpartition("|")[0]


@dataclass
class _Task:
    span_id: str
    attempt: int
    is_ours: bool  # started by this execution, not read from the log


@dataclass
class TaskLedger:
    """Remembers the steps of a run and works out `attempt` and `replaces` for the next start."""

    _tasks: dict[str, _Task] = field(default_factory=dict)
    _holders: dict[Position, str] = field(default_factory=dict)
    _children: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _steps: dict[str, str] = field(default_factory=dict)  # live step span → its task
    _renewed: set[str] = field(default_factory=set)  # graphs that began anew in this execution

    def restore(self, event: StoredEvent) -> None:
        """Take in one event of the log, in order."""
        if isinstance(event, StepStart):
            superstep = None if event.superstep is UNSET else event.superstep
            branch = None if event.branch is UNSET else event.branch
            self._forget(event.replaces or [])
            self._add(event.task_id, event.span_id, event.parent_span_id or None, event.attempt, is_ours=False)
            self._holders[(graph_of(event.task_id), event.name, superstep, branch)] = event.task_id
        elif isinstance(event, ToolStart) and event.parent_span_id:
            self._children[event.parent_span_id].append(event.span_id)

    def tool(self, span_id: str, parent: str | None) -> None:
        """Note a tool, under which steps may start."""
        if parent:
            self._children[parent].append(span_id)

    def start(self, task_id: str, span_id: str, parent: str | None, position: Position) -> tuple[int, list[str]]:
        """Note a step's start; return its attempt and the spans that it makes void."""
        earlier = self._tasks.get(task_id)
        void = self._void_by_repeat(earlier) if earlier else self._void_by_renewal(task_id, position)
        attempt = earlier.attempt + 1 if earlier else 1
        self._forget(void)
        self._add(task_id, span_id, parent, attempt, is_ours=True)
        self._holders[position] = task_id
        return attempt, void

    def _add(self, task_id: str, span_id: str, parent: str | None, attempt: int, *, is_ours: bool) -> None:
        self._tasks[task_id] = _Task(span_id, attempt, is_ours)
        self._steps[span_id] = task_id
        if parent:
            self._children[parent].append(span_id)

    def _void_by_repeat(self, earlier: _Task) -> list[str]:
        own = [earlier.span_id] if earlier.span_id in self._steps else []
        if not earlier.is_ours:  # a crash or an interrupt: finished nested tasks are not run again
            return own
        return own + self._below(earlier.span_id)

    def _void_by_renewal(self, task_id: str, position: Position) -> list[str]:
        graph = position[0]
        holder = self._holders.get(position)
        if not graph or holder is None or graph in self._renewed or self._tasks[holder].is_ours:
            return []
        self._renewed.add(graph)
        return [
            span for span, task in self._steps.items() if task.startswith(graph + "|") and not self._tasks[task].is_ours
        ]

    def _below(self, span_id: str) -> list[str]:
        found: list[str] = []
        for child in self._children.get(span_id, ()):
            if child in self._steps:
                found.append(child)
            found.extend(self._below(child))
        return found

    def _forget(self, spans: list[str]) -> None:
        for span in spans:
            self._steps.pop(span, None)
