"""How runs went, by strategy, by agent and by graph, since the last reset.

A run that ends leaves a small record, written in its last transaction. Whoever asks reads only the records that came
since somebody last asked, so neither a run's end nor a question costs more as runs become many.
"""

import asyncio
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cantata.graphs.registry import GraphRegistry, UnknownGraph
from cantata.graphs.source import BrokenGraph, read_stored
from cantata.graphs.spec import BadSpec, steps_of
from cantata.server.runs.model import RunRecord, RunSpec, Turn
from cantata.server.runs.ports.statistics import StatsStore

MEASURED = 1_000  # of the last runs, whose durations make the percentiles
MAX_OWNERS = 100  # whose sums are held; others are read anew

KINDS = ("strategies", "agents", "workflows")

_PERCENTILES = (50, 95, 99)
_TURN_ENDS = {"ok": "completed", "error": "failed"}

Entry = Mapping[str, Any]


def record_of(spec: RunSpec, workflow: Entry, turns: Mapping[tuple[str, ...], str]) -> RunRecord:
    """Sum up an ended run; *turns* says whose turn each node is, by its path."""
    whole = _turn(workflow["status"], workflow["execution_time_ms"], [workflow["usage"]])
    agents = [(turns[()], whole)] if () in turns else list(_turns(workflow, turns)) if turns else []
    return RunRecord(spec.strategy, spec.graph, whole, agents, spec.is_stream)


def _turns(workflow: Entry, turns: Mapping[tuple[str, ...], str]) -> Iterator[tuple[str, Turn]]:
    """Yield the turns that stand. What a node's model calls used, void ones too, goes with its first turn."""
    used: defaultdict[tuple[str, ...], list[Entry]] = defaultdict(list)
    for call in workflow["reasoning"]:
        path = tuple(call["path"])
        place = next((path[:n] for n in range(len(path), 0, -1) if path[:n] in turns), None)
        if place is not None:
            used[place].append({"model_calls": 1, **call["usage"]})
    for step in workflow["steps"]:
        path = tuple(step["path"])
        if path in turns and not step["void"]:
            yield (
                turns[path],
                _turn(_TURN_ENDS.get(step["status"], "cancelled"), step["duration_ms"], used.pop(path, [])),
            )


def _turn(status: str, duration_ms: int | None, usages: Sequence[Entry]) -> Turn:
    costs = [usage.get("cost_usd") for usage in usages]
    return Turn(
        status,
        duration_ms or 0,
        sum(usage.get("input_tokens") or 0 for usage in usages),
        sum(usage.get("output_tokens") or 0 for usage in usages),
        sum(usage.get("model_calls") or 0 for usage in usages),
        None if None in costs else sum(cost for cost in costs if cost is not None),
    )


@dataclass
class _Group:
    """All turns of one name."""

    runs: Counter[str] = field(default_factory=Counter)
    durations_ms: deque[int] = field(default_factory=lambda: deque(maxlen=MEASURED))
    total_ms: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    model_calls: int = 0
    cost_usd: float | None = 0.0

    def add(self, turn: Turn) -> None:
        self.runs[turn.status] += 1
        self.durations_ms.append(turn.duration_ms)
        self.total_ms += turn.duration_ms
        self.input_tokens += turn.input_tokens
        self.output_tokens += turn.output_tokens
        self.model_calls += turn.model_calls
        self.cost_usd = None if None in (self.cost_usd, turn.cost_usd) else (self.cost_usd or 0) + (turn.cost_usd or 0)

    def told(self, active: int) -> dict[str, Any]:
        count = self.runs.total()
        ordered = sorted(self.durations_ms)
        return {
            "runs": {status: self.runs[status] for status in ("completed", "failed", "cancelled")},
            "success_rate": self.runs["completed"] / count if count else None,
            "duration_ms": {f"p{p}": ordered[-(-p * len(ordered) // 100) - 1] if count else None for p in _PERCENTILES},
            "active": active,
            "usage": {
                "input_tokens": self.input_tokens,
                "output_tokens": self.output_tokens,
                "total_tokens": self.input_tokens + self.output_tokens,
                "model_calls": self.model_calls,
                "cost_usd": self.cost_usd,
            },
        }


def no_streams(agent: str) -> dict[str, Any]:
    """Tell of an agent that was never streamed."""
    return _streams(agent, [], 0)


def _streams(agent: str | None, groups: Sequence[_Group], active: int) -> dict[str, Any]:
    """Write the sums as those of streams; the success rate is the share that has not failed."""
    ended: Counter[str] = sum((group.runs for group in groups), Counter())
    total = ended.total() + active
    average = sum(group.total_ms for group in groups) / ended.total() if ended else 0
    return {
        "agent": agent,
        "totalStreams": total,
        "activeStreams": active,
        "completedStreams": ended["completed"],
        "failedStreams": ended["failed"],
        "cancelledStreams": ended["cancelled"],
        "successRate": f"{100 * (total - ended['failed']) / total if total else 0:.2f}%",
        "avgDuration": f"{average:.0f}ms",
    }


class _Tally:
    """The sums of one owner, as far as they were read."""

    def __init__(self, since: tuple[str | None, int]) -> None:
        self.since = since
        self.read_to = since[1]
        self.groups: dict[str, defaultdict[str, _Group]] = {kind: defaultdict(_Group) for kind in (*KINDS, "streams")}

    def add(self, records: Iterable[tuple[int, RunRecord]]) -> None:
        for number, record in records:
            self.read_to = number
            self.groups["strategies"][record.strategy].add(record.run)
            self.groups["workflows"][record.graph].add(record.run)
            if record.is_stream:
                self.groups["streams"][record.graph].add(record.run)
            for agent, turn in record.agents:
                self.groups["agents"][agent].add(turn)


class Statistics:
    """Keeps the sums of who asks."""

    def __init__(self, store: StatsStore, graphs: GraphRegistry) -> None:
        self._store = store
        self._graphs = graphs
        self._tallies: OrderedDict[str, _Tally] = OrderedDict()

    async def told(self, owner: str) -> dict[str, Any]:
        """Tell how the owner's runs went, and what is active now: of agents, the runs that use them."""
        tally = await self._tally(owner)
        specs = await self._store.active(owner)
        active: dict[str, Counter[str]] = {
            "strategies": Counter(str(spec.strategy) for spec in specs),
            "agents": await asyncio.to_thread(self._agents_of, specs),
            "workflows": Counter(spec.graph for spec in specs),
        }
        told: dict[str, Any] = {"since": tally.since[0]}
        for kind in KINDS:
            groups = tally.groups[kind]
            names = sorted({*groups, *active[kind]})
            told[kind] = {name: groups.get(name, _Group()).told(active[kind][name]) for name in names}
        return told

    async def streams(self, owner: str) -> dict[str | None, dict[str, Any]]:
        """Tell how the streams went that were asked for as such, by agent, and all of them under None."""
        groups = (await self._tally(owner)).groups["streams"]
        active = Counter(spec.graph for spec in await self._store.active(owner) if spec.is_stream)
        told: dict[str | None, dict[str, Any]] = {None: _streams(None, list(groups.values()), active.total())}
        for name in {*groups, *active}:
            told[name] = _streams(name, [groups[name]] if name in groups else [], active[name])
        return told

    async def reset(self, owner: str) -> None:
        """Begin anew."""
        await self._store.reset(owner)

    async def _tally(self, owner: str) -> _Tally:
        since = await self._store.since(owner)
        tally = self._tallies.get(owner)
        if tally is None or tally.since != since:
            tally = self._tallies[owner] = _Tally(since)
        self._tallies.move_to_end(owner)
        while len(self._tallies) > MAX_OWNERS:
            self._tallies.popitem(last=False)
        while records := await self._store.ended(owner, position := tally.read_to):
            if tally.read_to == position:  # and nobody else has added them meanwhile
                tally.add(records)
        return tally

    def _agents_of(self, specs: Sequence[RunSpec]) -> Counter[str]:
        return Counter(name for spec in specs for name in agents_named(self._graphs, spec.graph, spec.definition))


def agents_named(graphs: GraphRegistry, graph: str, definition: dict[str, Any] | None) -> set[str]:
    """Name the agents that work in a graph, or in the workflow that *definition* tells."""
    try:
        if definition is None:
            return set(graphs.get(graph).turns.values())
        parsed = read_stored(definition)
    except (UnknownGraph, BrokenGraph, BadSpec):
        return set()
    return {step.agent for _, step, _ in steps_of(parsed)}
