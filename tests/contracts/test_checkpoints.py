"""What every `Checkpoints` promises: LangGraph's own contract, the fence, the order with events, types that last."""

import copy
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict

import pytest
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointMetadata, empty_checkpoint
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.serde import _msgpack
from langgraph.graph import END, START, StateGraph
from langgraph.pregel._loop import AsyncPregelLoop
from langgraph.types import Command, interrupt
from pydantic import BaseModel

from cantata.graphs.data_types import DataTypes
from cantata.server.errors import Fenced
from cantata.server.persistence.checkpoints import SqliteSaver
from cantata.server.persistence.serializer import serializer
from cantata.server.persistence.sqlite import Database
from cantata.server.persistence.uncheckpointed import mend_subgraphs_without_checkpointer
from cantata.server.runs.model import Claim, Fence, Rest
from cantata.server.runs.ports.checkpoints import RunSaver
from tests.support.backends import ALL, Backend, a_run, said, seqs
from tests.support.graphs import NOTHING, Log, asks, by_hand, chain, chain_without_checkpointer, nested, quiet, wrote

METADATA: CheckpointMetadata = {"source": "loop", "step": 0, "parents": {}}


def nothing_before() -> None:
    """Have no events to submit."""


def place_of(claim: Claim) -> Any:
    return {"configurable": {"thread_id": claim.run.thread_id, "checkpoint_ns": ""}}


async def put(saver: RunSaver, claim: Claim) -> Any:
    return await saver.aput(place_of(claim), empty_checkpoint(), METADATA, {})


# LangGraph's contract


async def test_everything_that_langgraph_asks_of_a_saver_holds(backend: Backend) -> None:
    async def savers() -> AsyncGenerator[BaseCheckpointSaver[str], None]:
        yield backend.checkpoints.unbound()

    report = await validate(checkpointer_test("unbound")(savers))

    assert {name: result.failures for name, result in report.results.items() if not result.passed} == {}
    assert report.passed_all()


async def test_a_bound_saver_holds_the_same(backend: Backend) -> None:
    """Being fenced, and knowing that a thread is new, must not show."""
    claim = await backend.claimed()

    async def savers() -> AsyncGenerator[BaseCheckpointSaver[str], None]:
        yield backend.checkpoints.bound(claim, nothing_before)

    report = await validate(
        checkpointer_test("bound")(savers), capabilities={"put", "put_writes", "get_tuple", "list", "delete_thread"}
    )

    tried = {name: result for name, result in report.results.items() if result.detected}
    assert len(tried) == 5
    assert {name: result.failures for name, result in tried.items() if not result.passed} == {}


# The fence


async def test_a_saver_of_an_older_epoch_stores_no_checkpoint(backend: Backend) -> None:
    claim = await backend.claimed()
    saver = backend.checkpoints.bound(claim, nothing_before)
    await backend.store.recover()
    await backend.store.claim(claim.run.id, "another")

    with pytest.raises(Fenced):
        await put(saver, claim)

    assert await backend.checkpoints.unbound().aget_tuple(place_of(claim)) is None


async def test_a_saver_of_an_older_epoch_stores_no_writes(backend: Backend) -> None:
    claim = await backend.claimed()
    saver = backend.checkpoints.bound(claim, nothing_before)
    saved = await put(saver, claim)
    await backend.store.recover()
    await backend.store.claim(claim.run.id, "another")

    with pytest.raises(Fenced):
        await saver.aput_writes(saved, [("log", "late")], "task")

    found = await backend.checkpoints.unbound().aget_tuple(place_of(claim))
    assert found is not None
    assert found.pending_writes == []


async def test_a_saver_of_a_run_that_ended_stores_nothing(backend: Backend) -> None:
    """A cancelled run's graph may go on for a moment."""
    claim = await backend.claimed()
    saver = backend.checkpoints.bound(claim, nothing_before)
    await backend.store.settle(claim.run.id, Fence(1, 1), None, Rest(status="cancelled"), b"{}")

    with pytest.raises(Fenced):
        await put(saver, claim)


# The order with events


async def test_events_are_submitted_before_a_checkpoint(backend: Backend) -> None:
    claim = await backend.claimed()
    saver = backend.checkpoints.bound(claim, _says_one(backend, claim))

    await put(saver, claim)

    assert seqs(await backend.log.read(claim.run.id, 0, ALL)) == [1, 2]


async def test_events_are_submitted_before_a_tasks_writes(backend: Backend) -> None:
    claim = await backend.claimed()
    saved = await put(backend.checkpoints.bound(claim, nothing_before), claim)
    saver = backend.checkpoints.bound(claim, _says_one(backend, claim))

    await saver.aput_writes(saved, [("log", "done")], "task")

    assert seqs(await backend.log.read(claim.run.id, 0, ALL)) == [1, 2]


async def test_a_nodes_events_are_in_the_log_before_the_next_node_begins(backend: Backend) -> None:
    """The rule with a real graph: a node's writes, and so its successor, never come before what it said."""
    claim = await backend.claimed()
    pending: list[int] = []
    seen: list[list[int]] = []

    def submit() -> None:
        count = len(seen) - len(pending)
        pending.extend([0] * count)
        if count:
            backend.log.append(claim.run.id, Fence(1, len(seen)), said(claim.run.id, len(seen), count))

    async def speaks(state: Log) -> Any:
        seen.append(seqs(await backend.log.read(claim.run.id, 0, ALL)))
        return wrote("spoke")

    graph = chain(a=speaks, b=speaks, c=speaks)
    graph.checkpointer = backend.checkpoints.bound(claim, submit)
    await graph.ainvoke(NOTHING, place_of(claim), durability="sync")

    assert seen == [[1], [1, 2], [1, 2, 3]]


def _says_one(backend: Backend, claim: Claim) -> Any:
    def submit() -> None:
        backend.log.append(claim.run.id, Fence(claim.run.epoch, 1), said(claim.run.id, 1))

    return submit


# Where a run stands


async def test_a_claim_knows_the_threads_newest_checkpoint(backend: Backend) -> None:
    claim = await backend.claimed()
    saver = backend.checkpoints.bound(claim, nothing_before)
    await put(saver, claim)
    last = await put(saver, claim)
    await backend.store.recover()

    again = await backend.store.claim(claim.run.id, "tester")

    assert again is not None
    assert again.checkpoint_id == last["configurable"]["checkpoint_id"] == saver.latest_checkpoint_id
    assert again.has_checkpoint


async def test_a_threads_older_checkpoints_are_not_the_new_runs(backend: Backend) -> None:
    """A second message must start from its input, not go on from where the first one ended."""
    first = await backend.claimed()
    await put(backend.checkpoints.bound(first, nothing_before), first)
    await backend.store.settle(first.run.id, Fence(1, 1), None, Rest(status="completed"), b"{}")

    second = await backend.claimed(a_run())

    assert second.run.thread_id == first.run.thread_id
    assert second.checkpoint_id is not None
    assert not second.has_checkpoint


async def test_a_bound_saver_reads_what_earlier_runs_of_its_thread_left(backend: Backend) -> None:
    first = await backend.claimed()
    saved = await put(backend.checkpoints.bound(first, nothing_before), first)
    await backend.store.settle(first.run.id, Fence(1, 1), None, Rest(status="completed"), b"{}")
    second = await backend.claimed(a_run())

    found = await backend.checkpoints.bound(second, nothing_before).aget_tuple(place_of(second))

    assert found is not None
    assert found.config == saved


async def test_progress_sets_the_attempts_back(backend: Backend) -> None:
    """A long run may crash many times, as long as it gets on between."""
    claim = await backend.claimed()
    await backend.store.recover()
    second = await backend.store.claim(claim.run.id, "tester")
    assert second is not None
    assert second.run.attempt == 2

    await put(backend.checkpoints.bound(second, nothing_before), second)

    run = await backend.store.by_id(claim.run.id)
    assert run is not None
    assert run.attempt == 1


async def test_a_saver_knows_which_questions_were_asked(backend: Backend) -> None:
    """After a crash an answer is given only to a question that still stands."""
    claim = await backend.claimed()
    saver = backend.checkpoints.bound(claim, nothing_before)
    graph = nested(chain(ask=asks("who?")))
    graph.checkpointer = saver
    output = await graph.ainvoke(NOTHING, place_of(claim), durability="sync")

    asked = await saver.asked(claim.run.thread_id)

    assert asked == {question.id: question.value for question in output["__interrupt__"]}
    assert await saver.asked("another thread") == {}


# Types that last


@dataclass
class Point:
    """A place."""

    x: int
    tags: list[str] = field(default_factory=list)


class Order(BaseModel):
    """What was ordered."""

    item: str
    count: int = 1


@dataclass
class Foreign:
    """A class that no state schema names."""

    x: int


class Typed(TypedDict):
    """State of several kinds."""

    point: Point
    order: Order
    anything: Any
    seen: str


@dataclass
class PointState:
    """State that is itself a dataclass."""

    point: Point
    seen: str = ""


class OrderState(BaseModel):
    """State that is itself a pydantic model."""

    order: Order
    seen: str = ""


def waits_and_looks(schema: type, *keys: str) -> Any:
    """Compile a graph that waits for a human and then notes the types of *keys*."""

    async def waits(state: Any) -> Any:
        interrupt("go on?")
        return {}

    async def looks(state: Any) -> Any:
        got = [state[key] if isinstance(state, dict) else getattr(state, key) for key in keys]
        return {"seen": ", ".join(f"{type(value).__name__} {value}" for value in got)}

    builder: Any = StateGraph(schema)
    builder.add_node("waits", waits)
    builder.add_node("looks", looks)
    builder.add_edge(START, "waits")
    builder.add_edge("waits", "looks")
    builder.add_edge("looks", END)
    return builder.compile()


async def resumed(backend: Backend, graph: Any, given: Any) -> Any:
    """Run *graph* until it waits, and go on under another claim, as another process would."""
    first = await backend.claimed()
    await _invoke(backend, graph, given, first)
    await backend.store.recover()
    second = await backend.store.claim(first.run.id, "another")
    assert second is not None
    return await _invoke(backend, graph, Command(resume="yes"), second)


async def _invoke(backend: Backend, graph: Any, given: Any, claim: Claim) -> Any:
    attached = copy.copy(graph)
    attached.checkpointer = backend.checkpoints.bound(claim, nothing_before)
    return await attached.ainvoke(given, place_of(claim), durability="sync")


def test_strict_msgpack_is_on() -> None:
    """Else the tests below would say nothing: LangGraph reads it once, at its import."""
    assert _msgpack.STRICT_MSGPACK_ENABLED


async def test_dataclass_pydantic_and_any_members_come_back_as_they_were(backend: Backend) -> None:
    graph = waits_and_looks(Typed, "point", "order", "anything")

    output = await resumed(
        backend, graph, {"point": Point(1, ["a"]), "order": Order(item="tea"), "anything": {"k": [1, None, 2.5]}}
    )

    assert output["seen"] == "Point Point(x=1, tags=['a']), Order item='tea' count=1, dict {'k': [1, None, 2.5]}"


async def test_a_dataclass_state_comes_back_as_it_was(backend: Backend) -> None:
    output = await resumed(backend, waits_and_looks(PointState, "point"), PointState(Point(1)))

    assert output["seen"] == "Point Point(x=1, tags=[])"


async def test_a_pydantic_state_comes_back_as_it_was(backend: Backend) -> None:
    output = await resumed(backend, waits_and_looks(OrderState, "order"), OrderState(order=Order(item="tea")))

    assert output["seen"] == "Order item='tea' count=1"


async def test_a_class_that_nobody_allowed_is_not_revived(backend: Backend) -> None:
    """A tampered database must not choose which code runs."""
    graph = waits_and_looks(Typed, "anything")

    output = await resumed(backend, graph, {"anything": Foreign(1)})

    assert not output["seen"].startswith("Foreign")


async def test_an_allowed_class_is_revived(tmp_path: Path) -> None:
    """The CHECKPOINT_TYPES setting, for what a schema calls `Any`."""
    database = Database(tmp_path / "cantata.db")
    graph = waits_and_looks(Typed, "anything")
    graph.checkpointer = SqliteSaver(database, serde=serializer([f"{__name__}:Foreign"]))
    config = {"configurable": {"thread_id": "t"}}
    await graph.ainvoke({"anything": Foreign(1)}, config, durability="sync")

    output = await graph.ainvoke(Command(resume="yes"), config, durability="sync")

    await database.close()

    assert output["seen"] == "Foreign Foreign(x=1)"


async def test_data_of_the_projects_own_modules_is_revived(tmp_path: Path) -> None:
    """What no schema names: state called `Any`, what the tasks of a function hand each other."""
    database = Database(tmp_path / "cantata.db")
    graph = waits_and_looks(Typed, "anything")
    own = DataTypes(packages=[__name__.partition(".")[0]])
    graph.checkpointer = SqliteSaver(database, serde=serializer((), own))
    config = {"configurable": {"thread_id": "t"}}
    await graph.ainvoke({"anything": Foreign(1)}, config, durability="sync")

    output = await graph.ainvoke(Command(resume="yes"), config, durability="sync")

    await database.close()

    assert output["seen"] == "Foreign Foreign(x=1)"


async def test_the_users_graph_is_not_changed(backend: Backend) -> None:
    graph = waits_and_looks(Typed, "point")

    await resumed(backend, graph, {"point": Point(1)})

    assert graph.checkpointer is None


# Graphs in graphs


@pytest.fixture
def mended() -> None:
    """Mend, as the server does at its start."""
    mend_subgraphs_without_checkpointer()


@pytest.mark.parametrize("put_inside", [nested, lambda inner: chain(team=by_hand(inner))], ids=["node", "by hand"])
async def test_a_nested_graph_without_checkpointer_runs(backend: Backend, mended: None, put_inside: Any) -> None:
    async def works(state: Log) -> Any:
        return wrote("worked")

    claim = await backend.claimed()
    graph = put_inside(chain_without_checkpointer(inner=works, more=quiet))
    graph.checkpointer = backend.checkpoints.bound(claim, nothing_before)

    output = await graph.ainvoke(NOTHING, place_of(claim), durability="sync")

    assert output["log"] == ["worked"]


async def test_a_nested_graph_that_saves_still_waits_for_its_saves(backend: Backend, mended: None) -> None:
    """The mend is a class default; a loop that saves must replace it with its own future."""
    claim = await backend.claimed()
    graph = nested(chain(inner=quiet, more=quiet))
    graph.checkpointer = backend.checkpoints.bound(claim, nothing_before)
    await graph.ainvoke(NOTHING, place_of(claim), durability="sync")

    found = [t async for t in backend.checkpoints.unbound().alist({"configurable": {"thread_id": claim.run.thread_id}})]

    namespaces = [saved.config["configurable"]["checkpoint_ns"].partition(":")[0] for saved in found]
    assert namespaces.count("") == 5
    assert namespaces.count("team") == 4


async def test_langgraph_still_needs_the_mend(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    """When this fails, LangGraph has mended itself and ours can go."""
    monkeypatch.delattr(AsyncPregelLoop, "_put_checkpoint_fut", raising=False)
    claim = await backend.claimed()
    graph = nested(chain_without_checkpointer(inner=quiet))
    graph.checkpointer = backend.checkpoints.bound(claim, nothing_before)

    with pytest.raises(AttributeError, match="_put_checkpoint_fut"):
        await graph.ainvoke(NOTHING, place_of(claim), durability="sync")


async def test_a_sync_node_may_invoke_a_graph_in_its_thread(backend: Backend) -> None:
    inner = chain(inner=quiet)

    def works(state: Log) -> Any:
        inner.invoke(NOTHING)
        return wrote("worked")

    claim = await backend.claimed()
    graph = chain(team=works)
    graph.checkpointer = backend.checkpoints.bound(claim, nothing_before)

    output = await graph.ainvoke(NOTHING, place_of(claim), durability="sync")

    assert output["log"] == ["worked"]


async def test_a_graph_invoked_synchronously_on_the_loop_is_told_why_it_cannot(backend: Backend) -> None:
    """It would wait for itself for ever."""
    claim = await backend.claimed()
    graph = chain(a=quiet)
    graph.checkpointer = backend.checkpoints.bound(claim, nothing_before)

    with pytest.raises(RuntimeError, match="use ainvoke"):
        graph.invoke(NOTHING, place_of(claim))
