"""What every backend promises of a fork: a copy on a thread of its own, as of one checkpoint, made with the run."""

from typing import Any

import pytest
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

from cantata.server.errors import UnknownCheckpoint
from cantata.server.runs.ids import uuid_of
from cantata.server.runs.model import Claim, ForkPoint, NewRun, Run
from tests.support.backends import Backend, a_run, first_frames


class State(TypedDict, total=False):
    said: str
    answer: str


def ask(state: State) -> State:
    return {"answer": interrupt("colour?")}


def asking() -> Any:
    builder = StateGraph(State).add_node("say", lambda state: {"said": "hello"}).add_node("ask", ask)
    return builder.add_edge(START, "say").add_edge("say", "ask").compile()


async def executed(backend: Backend, claim: Claim, given: Any) -> Any:
    graph = asking()
    graph.checkpointer = backend.checkpoints.unbound()
    return await graph.ainvoke(given, config(claim.run), durability="sync")


def config(run: Run) -> Any:
    return {"configurable": {"thread_id": run.thread_id}, "metadata": {"run_id": str(uuid_of(run.id))}}


async def state(backend: Backend, run: Run) -> Any:
    graph = asking()
    graph.checkpointer = backend.checkpoints.unbound()
    return await graph.aget_state(config(run))


async def history(backend: Backend, run: Run) -> list[Any]:
    graph = asking()
    graph.checkpointer = backend.checkpoints.unbound()
    return [snapshot async for snapshot in graph.aget_state_history(config(run))]


def fork_of(run: Run, checkpoint_id: str) -> NewRun:
    return a_run(session_id="fork", fork=ForkPoint(run.id, run.thread_id, checkpoint_id))


def id_in(snapshot: Any) -> str:
    return str(snapshot.config["configurable"]["checkpoint_id"])


async def test_a_fork_has_the_state_and_the_open_questions_of_its_checkpoint(backend: Backend) -> None:
    claim = await backend.claimed()
    await executed(backend, claim, {})
    origin = await state(backend, claim.run)

    fork = (await backend.claimed(fork_of(claim.run, id_in(origin)))).run
    copy = await state(backend, fork)

    assert fork.thread_id != claim.run.thread_id
    assert (copy.values, copy.next) == ({"said": "hello"}, ("ask",))
    assert [asked.id for asked in copy.interrupts] == [asked.id for asked in origin.interrupts]


async def test_a_fork_and_its_origin_go_on_apart(backend: Backend) -> None:
    claim = await backend.claimed()
    await executed(backend, claim, {})
    fork = await backend.claimed(fork_of(claim.run, id_in(await state(backend, claim.run))))

    first = await executed(backend, claim, Command(resume="red"))
    second = await executed(backend, fork, Command(resume="blue"))

    assert (first["answer"], second["answer"]) == ("red", "blue")


async def test_a_fork_from_a_checkpoint_that_was_left_behind_takes_nothing_of_what_followed(backend: Backend) -> None:
    claim = await backend.claimed()
    await executed(backend, claim, {})
    await executed(backend, claim, Command(resume="red"))
    asked = next(s for s in await history(backend, claim.run) if s.next == ("ask",))

    fork = await backend.claimed(fork_of(claim.run, id_in(asked)))
    copy = await state(backend, fork.run)
    output = await executed(backend, fork, None)

    assert (copy.values, copy.interrupts) == ({"said": "hello"}, ())
    assert [question.value for question in output["__interrupt__"]] == ["colour?"]


async def test_a_checkpoint_that_the_run_did_not_make_is_refused_and_nothing_is_left(backend: Backend) -> None:
    claim = await backend.claimed()
    await executed(backend, claim, {})
    other = await backend.claimed(a_run(session_id="other"))
    wanted = fork_of(other.run, id_in(await state(backend, claim.run)))

    with pytest.raises(UnknownCheckpoint):
        await backend.store.create(wanted, first_frames(wanted), b"{}")

    assert await backend.store.by_id(wanted.id) is None
