"""What every saver promises of pruning: a conversation goes on as if nothing had happened, and nothing else is left."""

import copy
import operator
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.channels.delta import DeltaChannel
from langgraph.graph import START, StateGraph
from langgraph.types import Command

from cantata.server.errors import UnknownCheckpoint
from cantata.server.runs.ids import uuid_of
from cantata.server.runs.model import Claim, Fence, ForkPoint, Rest
from tests.support.backends import Backend, a_run, first_frames
from tests.support.graphs import NOTHING, asks, chain, nested, quiet, wrote


class Memory(TypedDict):
    """A conversation, and what is written once."""

    said: Annotated[list[str], operator.add]
    once: str


def extended(said: list[str], more: Sequence[list[str]]) -> list[str]:
    return [*said, *(word for words in more for word in words)]


class DeltaMemory(TypedDict):
    """A conversation of which each checkpoint holds only what is new."""

    said: Annotated[list[str], DeltaChannel(extended)]


async def answers_in_deltas(state: DeltaMemory) -> Any:
    return {"said": [f"answer {len(state['said'])}"]}


async def answers(state: Memory) -> Any:
    return {"said": [f"answer {len(state['said'])}"]}


def conversation(**members: Any) -> Any:
    return StateGraph(Memory).add_node("answers", answers).add_edge(START, "answers").compile(**members)


def with_memory_inside() -> Any:
    """Compile a graph whose node is a conversation that remembers what was said in it alone."""
    inner = conversation(checkpointer=True)
    return StateGraph(Memory).add_node("team", inner).add_edge(START, "team").compile()


async def told(backend: Backend, claim: Claim, graph: Any, given: Any) -> Any:
    attached = copy.copy(graph)
    attached.checkpointer = backend.checkpoints.unbound()
    return await attached.ainvoke(given, config(claim), durability="sync")


async def end(backend: Backend, claim: Claim) -> None:
    await backend.store.settle(claim.run.id, Fence(claim.run.epoch, 1), None, Rest(status="cancelled"), b"{}")


def config(claim: Claim) -> Any:
    return {
        "configurable": {"thread_id": claim.run.thread_id},
        "metadata": {"run_id": str(uuid_of(claim.run.id))},
    }


async def spoken(backend: Backend, graph: Any, given: Any, session_id: str = "s1") -> tuple[Claim, Any]:
    """Say something in a conversation, as a run of its own; return what came of it."""
    claim = await backend.claimed(a_run(session_id=session_id))
    output = await told(backend, claim, graph, given)
    await end(backend, claim)
    return claim, output


async def saved(backend: Backend, claim: Claim) -> list[Any]:
    place: Any = {"configurable": {"thread_id": claim.run.thread_id}}
    return [found async for found in backend.checkpoints.unbound().alist(place)]


def count(folder: Path, table: str) -> int:
    with sqlite3.connect(folder / "cantata.db") as connection:
        found: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    connection.close()
    return found


async def test_a_conversation_goes_on_after_its_checkpoints_were_pruned(backend: Backend) -> None:
    await spoken(backend, conversation(), {"said": ["one"], "once": "kept"})
    claim, _ = await spoken(backend, conversation(), {"said": ["two"]})
    before = await saved(backend, claim)

    removed = await backend.checkpoints.unbound().keep_newest(claim.run.thread_id)
    left = await saved(backend, claim)
    _, output = await spoken(backend, conversation(), {"said": ["three"]})

    assert removed == len(before) - 1
    assert [found.config for found in left] == [before[0].config]
    assert left[0].checkpoint == before[0].checkpoint
    assert output == {"said": ["one", "answer 1", "two", "answer 3", "three", "answer 5"], "once": "kept"}


async def test_pruning_leaves_no_value_that_nobody_needs(backend: Backend, tmp_path: Path) -> None:
    await spoken(backend, conversation(), {"said": ["one"], "once": "kept"})
    claim, _ = await spoken(backend, conversation(), {"said": ["two"]})

    await backend.checkpoints.unbound().keep_newest(claim.run.thread_id)

    (left,) = await saved(backend, claim)
    assert count(tmp_path, "checkpoint_values") == len(left.checkpoint["channel_versions"])
    assert count(tmp_path, "checkpoint_writes") == 0
    assert await backend.checkpoints.unbound().keep_newest(claim.run.thread_id) == 0


async def test_a_long_thread_is_pruned_to_the_end(backend: Backend) -> None:
    """It goes in portions, so that nobody waits for long."""
    for _ in range(20):
        claim, _ = await spoken(backend, conversation(), {"said": ["more"]})

    removed = await backend.checkpoints.unbound().keep_newest(claim.run.thread_id)

    assert removed == 59
    assert len(await saved(backend, claim)) == 1


@pytest.mark.parametrize("status", ["queued", "running", "interrupted"])
async def test_the_thread_of_an_active_run_is_left_alone(backend: Backend, status: Any) -> None:
    claim = await backend.claimed()
    await told(backend, claim, conversation(), {"said": ["one"]})
    await backend.store.settle(claim.run.id, Fence(1, 1), None, Rest(status=status), b"{}")

    removed = await backend.checkpoints.unbound().keep_newest(claim.run.thread_id)

    assert removed == 0
    assert len(await saved(backend, claim)) == 3


async def test_a_subgraph_with_a_memory_of_its_own_keeps_it(backend: Backend) -> None:
    """One conversation is pruned between its messages, the other is not: nobody can tell them apart."""
    for session in ("pruned", "whole"):
        await spoken(backend, with_memory_inside(), {"said": ["one"]}, session)
        claim, _ = await spoken(backend, with_memory_inside(), {"said": ["two"]}, session)
        await backend.checkpoints.unbound().keep_newest(claim.run.thread_id if session == "pruned" else "none")
    _, pruned = await spoken(backend, with_memory_inside(), {"said": ["three"]}, "pruned")
    _, whole = await spoken(backend, with_memory_inside(), {"said": ["three"]}, "whole")

    assert pruned == whole
    assert len(pruned["said"]) > 6


async def test_delta_channels_are_left_alone(backend: Backend) -> None:
    """Their newest checkpoint is made of all its ancestors."""
    graph = StateGraph(DeltaMemory).add_node("answers", answers_in_deltas).add_edge(START, "answers").compile()
    await spoken(backend, graph, {"said": ["one"]})
    claim, _ = await spoken(backend, graph, {"said": ["two"]})
    before = len(await saved(backend, claim))

    removed = await backend.checkpoints.unbound().keep_newest(claim.run.thread_id)
    _, output = await spoken(backend, graph, {"said": ["three"]})

    assert (removed, before) == (0, 6)
    assert output["said"] == ["one", "answer 1", "two", "answer 3", "three", "answer 5"]


async def test_what_the_subgraph_of_a_finished_task_saved_goes_whole(backend: Backend) -> None:
    """Each task has a namespace of its own: keeping one checkpoint of each would grow for ever."""

    async def works(state: Any) -> Any:
        return wrote("worked")

    graph = nested(chain(inner=works))
    await spoken(backend, graph, NOTHING)
    claim, before = await spoken(backend, graph, NOTHING)

    await backend.checkpoints.unbound().keep_newest(claim.run.thread_id)

    left = await saved(backend, claim)
    assert [found.config["configurable"]["checkpoint_ns"] for found in left] == [""]
    _, output = await spoken(backend, graph, NOTHING)
    assert len(output["log"]) == 2 * len(before["log"]) + 1  # the node gives back what it was given, and its own word


async def test_what_a_cut_task_has_done_so_far_is_kept(backend: Backend) -> None:
    """A question whose run was cancelled may still be forked, and answered there."""
    graph = nested(chain(before=quiet, ask=asks("who?")))
    claim, _ = await spoken(backend, graph, NOTHING)
    before = await saved(backend, claim)

    removed = await backend.checkpoints.unbound().keep_newest(claim.run.thread_id)
    left = {found.config["configurable"]["checkpoint_ns"]: found for found in await saved(backend, claim)}
    point = ForkPoint(claim.run.id, claim.run.thread_id, left[""].config["configurable"]["checkpoint_id"])
    fork = await backend.claimed(a_run(session_id="fork", fork=point))
    output = await told(backend, fork, graph, Command(resume="me"))

    assert (removed, len(left)) == (len(before) - 2, 2)
    assert output["log"] == ["who? me"]


async def test_a_fork_from_a_pruned_checkpoint_is_refused(backend: Backend) -> None:
    claim, _ = await spoken(backend, conversation(), {"said": ["one"]})
    oldest = (await saved(backend, claim))[-1].config["configurable"]["checkpoint_id"]
    await backend.checkpoints.unbound().keep_newest(claim.run.thread_id)
    wanted = a_run(session_id="fork", fork=ForkPoint(claim.run.id, claim.run.thread_id, oldest))

    with pytest.raises(UnknownCheckpoint):
        await backend.store.create(wanted, first_frames(wanted), b"{}")


async def test_other_threads_are_left_alone(backend: Backend) -> None:
    claims = [(await spoken(backend, conversation(), {"said": ["one"]}, name))[0] for name in ("s1", "s2")]

    await backend.checkpoints.unbound().keep_newest(claims[0].run.thread_id)

    assert [len(await saved(backend, claim)) for claim in claims] == [1, 3]
