"""Cantata in a program: the same runs as over HTTP, without a server."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, cast, get_type_hints

import pytest
from msgspec import to_builtins
from tests.acceptance.reading import folded, told_by_log
from tests.support.invariants import check_invariants

import cantata.server
from cantata.callbacks.events import MessageDelta, StoredEvent, ToolEnd, WorkflowInterrupted, WorkflowStarted
from cantata.server import Cantata, Settings, errors, execute_workflow_with_streaming, new_run_id, streaming_session
from cantata.server.embedded import RunEvent, RunOptions
from cantata.server.routes.bodies import WorkflowBody

QUESTION = "What is 17*23?"
GRAPHS = """
import asyncio
from pathlib import Path
from typing import TypedDict
from langgraph.config import get_stream_writer
from langgraph.graph import StateGraph
from langgraph.types import interrupt

class State(TypedDict):
    key: str

async def hold(state: State) -> None:
    get_stream_writer()({"type": "message_delta", "text": "waiting"})
    while not Path(__file__).with_name("open").exists():
        await asyncio.sleep(0.01)

def ask(state: State) -> State:
    return {"key": interrupt("Which key?")}

def fail(state: State) -> State:
    raise LookupError("no such key")

failing = StateGraph(State).add_node(fail).set_entry_point("fail").compile()
holding = StateGraph(State).add_node(hold).set_entry_point("hold").compile()
asking = StateGraph(State).add_node(ask).set_entry_point("ask").compile()
"""
CONFIG = {"dependencies": ["."], "graphs": {name: f"./held.py:{name}" for name in ("holding", "asking", "failing")}}
GIVEN = {"key": "none"}
PROJECT = Path("langgraph.json")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder of one's own, without anybody's keys."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OFFLINE_DEMO_TOKEN_DELAY_MS", "0")
    monkeypatch.setenv("DEFAULT_MODEL", "offline-demo")
    (tmp_path / "held.py").write_text(GRAPHS)
    (tmp_path / "langgraph.json").write_text(json.dumps(CONFIG))
    return tmp_path


async def test_events_come_typed_and_tell_what_the_workflow_tells() -> None:
    async with Cantata() as cantata, cantata.stream(QUESTION) as stream:
        events = [event async for event in stream]
        workflow = await stream.workflow()

    check_invariants(cast("list[StoredEvent]", events))
    assert told_by_log(workflow) == folded([to_builtins(event) for event in events])
    assert [event.output for event in events if isinstance(event, ToolEnd)] == ["391"]
    assert "391" in workflow["final_response"]


async def test_a_run_returns_the_workflow_and_tells_its_events() -> None:
    heard: list[RunEvent] = []

    async def hear(event: RunEvent) -> None:
        await asyncio.sleep(0)
        heard.append(event)

    async with Cantata() as cantata:
        plain = await cantata.run(QUESTION, on_event=lambda event: None)
        workflow = await cantata.run(QUESTION, on_event=hear, session_id="s", metadata={"by": "me"})

    check_invariants(cast("list[StoredEvent]", heard))
    assert workflow["status"] == plain["status"] == "completed"
    assert (workflow["session_id"], workflow["metadata"]) == ("s", {"by": "me"})
    assert workflow["last_seq"] == len(heard)


async def test_leaving_early_lets_the_run_go_on() -> None:
    async with Cantata() as cantata:
        async with cantata.stream(QUESTION) as stream:
            async for _ in stream:
                break
        workflow = await cantata.run(QUESTION, workflow_id=stream.workflow_id)

    assert workflow["workflow_id"] == stream.workflow_id
    assert workflow["status"] == "completed"


async def test_an_id_of_ones_own_starts_one_run_however_often_it_is_asked_for() -> None:
    mine = new_run_id()

    async with Cantata() as cantata, asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(cantata.run(QUESTION, workflow_id=mine)) for _ in range(5)]
    async with Cantata() as cantata:
        again = await cantata.run(QUESTION, workflow_id=mine)
        async with cantata.stream(QUESTION, workflow_id=mine, after=again["last_seq"] - 1) as stream:
            rest = [event async for event in stream]
        async with cantata.stream(QUESTION, workflow_id=mine, after=again["last_seq"]) as stream:
            nothing = [event async for event in stream]

    assert {task.result()["workflow_id"] for task in asked} == {again["workflow_id"]} == {mine}
    assert [event.seq for event in rest] == [again["last_seq"]]
    assert nothing == []


async def test_what_cannot_be_honoured_is_refused_with_the_field() -> None:
    mine = new_run_id()

    async with Cantata() as cantata:
        await cantata.run(QUESTION, workflow_id=mine)
        with pytest.raises(errors.IdempotencyMismatch):
            await cantata.run("Another question", workflow_id=mine)
        with pytest.raises(errors.Invalid, match="workflow_id"):
            await cantata.run(QUESTION, workflow_id="wf_12345abc")
        with pytest.raises(errors.Invalid, match="timeout_seconds") as refused:
            await cantata.run(QUESTION, timeout_seconds=-1)
        with pytest.raises(errors.Invalid, match="plain JSON"):
            await cantata.run({"messages": [object()]})
        with pytest.raises(errors.Invalid, match="empty"):
            await cantata.run(" ")
        with pytest.raises(errors.UnknownGraph):
            await cantata.run(QUESTION, graph="nobody")
        with pytest.raises(errors.CursorBeyondHead):
            async with cantata.stream(QUESTION, workflow_id=mine, after=1_000):
                pass
        with pytest.raises(errors.Invalid, match="after"):
            async with cantata.stream(QUESTION, after=1):
                pass

    assert refused.value.members["errors"][0]["path"] == "timeout_seconds"


async def test_a_failed_run_is_a_workflow_and_no_exception() -> None:
    async with Cantata(config_path=PROJECT) as cantata:
        workflow = await cantata.run(GIVEN, graph="failing")

    assert (workflow["status"], workflow["failed_node"]) == ("failed", "fail")


async def test_a_question_to_a_human_is_answered_from_the_stream() -> None:
    async with Cantata(config_path=PROJECT) as cantata:
        async with cantata.stream(GIVEN, graph="asking") as stream:
            async for event in stream:
                if isinstance(event, WorkflowInterrupted):
                    await stream.resume({asked.id: "yes" for asked in event.interrupts})
            workflow = await stream.workflow()
        asking = await cantata.run(GIVEN, graph="asking")

    assert workflow["status"] == "completed"
    assert asking["status"] == "interrupted"


async def test_a_run_is_cancelled_from_its_stream() -> None:
    async with (
        Cantata(config_path=PROJECT) as cantata,
        cantata.stream(GIVEN, graph="holding") as stream,
    ):
        async for event in stream:
            if isinstance(event, MessageDelta):
                break
        workflow = await stream.cancel("enough")

    assert workflow["status"] == "cancelled"
    assert workflow["cancelled"]["reason"] == "enough"


async def test_a_reader_learns_that_the_run_goes_on_another_time(folder: Path) -> None:
    settings = Settings(drain_seconds=0)
    mine = new_run_id()

    async def read(cantata: Cantata, begun: asyncio.Event) -> None:
        async with cantata.stream(GIVEN, workflow_id=mine, graph="holding") as stream:
            async for _ in stream:
                begun.set()

    async with asyncio.TaskGroup() as tasks:
        async with Cantata(settings, PROJECT) as cantata:
            begun = asyncio.Event()
            reading = tasks.create_task(_raised_by(read(cantata, begun)))
            await begun.wait()
        cut = await reading
    (folder / "open").touch()
    async with Cantata(settings, PROJECT) as cantata:
        workflow = await cantata.run(GIVEN, workflow_id=mine, graph="holding")

    assert isinstance(cut, errors.ShuttingDown)
    assert workflow["status"] == "completed"


async def test_an_exception_leaves_as_it_is() -> None:
    with pytest.raises(LookupError, match="mine"):
        async with Cantata():
            raise LookupError("mine")


async def test_the_functions_use_what_is_open() -> None:
    mine = new_run_id()

    async with Cantata() as cantata:
        async with streaming_session(None, QUESTION, graph="sequential") as stream:
            started = await anext(aiter(stream))
        workflow = await execute_workflow_with_streaming(mine, QUESTION)
        known = await cantata.run(QUESTION, workflow_id=mine)

    assert isinstance(started, WorkflowStarted)
    assert started.graph == "sequential"
    assert known == workflow


async def test_the_functions_open_what_they_need_and_close_it() -> None:
    mine = new_run_id()

    workflow = await execute_workflow_with_streaming(mine, QUESTION)
    async with Cantata() as cantata:  # which a second one on the same file could not
        known = await cantata.run(QUESTION, workflow_id=mine)

    assert known == workflow


async def test_two_that_are_open_at_once_are_refused() -> None:
    async with Cantata():
        with pytest.raises(errors.DatabaseInUse):
            async with Cantata():
                pass


SHOUTS = """
from langchain_core.messages import AIMessage
from langgraph.graph import MessagesState, StateGraph

def shout(state: MessagesState) -> dict:
    return {"messages": [AIMessage(state["messages"][-1].text.upper())]}

graph = StateGraph(MessagesState).add_node(shout).set_entry_point("shout").compile()
"""
TWICE = {"type": "sequential", "steps": [{"agent": "shouts"}, {"agent": "shouts"}]}


def shouting() -> Any:
    """Make a graph that holds a conversation."""
    names: dict[str, Any] = {}
    exec(compile(SHOUTS, "shouts.py", "exec"), names)
    return names["graph"]


async def test_what_is_registered_can_be_run_and_named_by_steps() -> None:
    async with Cantata() as cantata:
        cantata.register_agent("shouts", shouting())
        cantata.register_workflow("twice", TWICE, "Shout, and again.")

        alone = await cantata.run("ahoy", graph="shouts")
        within = await cantata.run("ahoy", graph="twice")

    assert (alone["final_response"], within["final_response"]) == ("AHOY", "AHOY")
    assert within["strategy"] == "sequential"


async def test_what_is_registered_before_the_opening_is_there_for_runs_that_were_left(folder: Path) -> None:
    asks = {"type": "sequential", "steps": [{"agent": "shouts"}, {"type": "approval", "prompt": "Go on?"}]}

    def made() -> Cantata:
        cantata = Cantata()
        cantata.register_agent("shouts", shouting())
        cantata.register_workflow("asks", asks)
        return cantata

    async with made() as cantata, cantata.stream("ahoy", graph="asks") as events:
        await anext(event async for event in events if isinstance(event, WorkflowInterrupted))
        workflow = await events.workflow()
    async with made() as cantata:
        responses = {asked["id"]: {"approved": True} for asked in workflow["interrupts"]}
        service = cantata.resources.service
        await service.resume("local", workflow["workflow_id"], responses, None)
        async with cantata.stream("ahoy", graph="shouts"):
            pass
        run = await service.get("local", workflow["workflow_id"])
        done = await service.wait(run, 0, cantata.streams.pulse().watch)

    assert (done["status"], done["final_response"]) == ("completed", "AHOY")


@pytest.mark.parametrize(
    ("name", "spec", "where"),
    [
        ("not a name", TWICE, "name"),
        ("twice", {"type": "sequential", "steps": [{"agent": "nobody"}]}, "spec.steps.0.agent"),
    ],
)
async def test_a_workflow_that_cannot_be_registered_is_refused_with_the_field(
    name: str, spec: dict[str, Any], where: str
) -> None:
    async with Cantata() as cantata:
        with pytest.raises(errors.Invalid) as refusal:
            cantata.register_workflow(name, spec)

    assert refusal.value.members["errors"][0]["path"] == where


async def test_a_graph_without_a_conversation_is_no_agent(folder: Path) -> None:
    async with Cantata(config_path=PROJECT) as cantata, cantata.resources.engine.graphs.get("asking").open({}) as graph:
        with pytest.raises(errors.Invalid, match="has no `messages`"):
            cantata.register_agent("asking", graph)


def test_importing_the_package_is_cheap() -> None:
    program = "import cantata, cantata.server, sys; print({'fastapi', 'langgraph', 'pydantic'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"


@pytest.mark.parametrize("name", cantata.server.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(cantata.server, name).__module__.startswith("cantata.server.")


def test_options_are_the_fields_of_the_route() -> None:
    assert set(get_type_hints(RunOptions)) - {"owner"} == set(WorkflowBody.model_fields) - {"input"}


async def _raised_by(work: Awaitable[None]) -> BaseException | None:
    try:
        await work
    except errors.CantataError as error:
        return error
    return None


async def test_reading_a_run_that_is_deleted_meanwhile_says_so() -> None:
    """It must not look as if the run would go on later."""
    long_question = QUESTION + " " * 90_000  # so that its first event fills a page of the log
    async with Cantata() as cantata:
        run_id = new_run_id()
        await cantata.run(long_question, workflow_id=run_id)
        async with cantata.stream(long_question, workflow_id=run_id) as stream:
            events = aiter(stream)
            first = await anext(events)
            await cantata.resources.service.delete("local", run_id)
            with pytest.raises(errors.WorkflowNotFound):
                await anext(events)

    assert isinstance(first, WorkflowStarted)
