"""Sync nodes and tools run in threads, and go on in them after they were cancelled."""

import asyncio
import threading
from typing import Any
from uuid import uuid4

from langchain_core.callbacks import dispatch_custom_event
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, LLMResult
from langchain_core.tools import tool

from cantata.callbacks.events import MessageComplete, StepEnd, StepStart, StoredEvent
from cantata.callbacks.handler import StreamingWorkflowCallbackHandler
from tests.support.graphs import NOTHING, Latch, Log, nested, parallel, wrote
from tests.support.harness import WORKFLOW_ID, GraphRun, of_type, run_graph
from tests.support.invariants import check_invariants
from tests.support.scripted import scripted


@tool
def idle() -> str:
    """Do nothing."""
    return ""


async def test_parallel_threads_number_their_steps_and_messages_densely() -> None:
    model = scripted(["hi"])

    def node(state: Log) -> Any:
        model.invoke("go")
        idle.invoke({})
        dispatch_custom_event("note", {})
        return NOTHING

    events = await run_graph(parallel(**{f"n{n}": node for n in range(10)}), NOTHING)

    assert len(of_type(events, StepStart)) == 11
    assert {message.content for message in of_type(events, MessageComplete)} == {"hi"}


async def test_a_thread_left_behind_by_a_failed_sibling_says_nothing_after_its_step() -> None:
    """Its step was closed when the run ended; a word after that would have no place."""
    latch, model, done = Latch(), scripted(["late"]), threading.Event()

    def stays(state: Log) -> Any:
        latch.wait()
        model.invoke("go")
        done.set()
        return wrote("late")

    async def fails(state: Log) -> Any:
        raise LookupError("no luck")

    run = GraphRun(parallel(a=stays, b=fails))
    events = list(await run.invoke(NOTHING))

    latch.go.set()
    await asyncio.to_thread(done.wait, 10)

    assert run.events == events


async def test_a_thread_left_behind_by_a_failed_try_says_nothing_in_the_next() -> None:
    """The retry runs in the same execution, so nothing is sealed: the closed step itself must silence it."""
    latch, model = Latch(), scripted(["late"])
    seen: list[str] = []
    done = threading.Event()

    def stays(state: Log) -> Any:
        if "stays" in seen:
            return NOTHING
        seen.append("stays")
        latch.wait()
        model.invoke("go")
        idle.invoke({})
        dispatch_custom_event("note", {})
        dispatch_custom_event("message_delta", {"text": "late"})
        done.set()
        return NOTHING

    async def fails_first(state: Log) -> Any:
        seen.append("fails")
        if seen.count("fails") == 1:
            await asyncio.to_thread(latch.reached.wait, 10)
            raise ValueError("not yet")
        latch.go.set()
        await asyncio.to_thread(done.wait, 10)
        return NOTHING

    run = GraphRun(nested(parallel(a=stays, b=fails_first), retry=True))

    events = await run.invoke(NOTHING)

    assert run.error is None
    assert of_type(events, MessageComplete) == []
    assert [step.status for step in of_type(events, StepEnd) if step.name == "team"] == ["error", "ok"]


def test_a_step_that_another_closed_is_not_heard_any_more() -> None:
    """LangChain need not tell the end of what was cancelled, so the closed step alone must silence its thread."""
    events: list[StoredEvent] = []
    handler = StreamingWorkflowCallbackHandler(WORKFLOW_ID, events.append, graph="tested")
    root, outer, inner, model, early = (uuid4() for _ in range(5))
    handler.on_chain_start({}, {}, run_id=root)
    handler.on_chain_start({}, {}, run_id=outer, parent_run_id=root, metadata={"langgraph_checkpoint_ns": "a:1"})
    handler.on_chain_start({}, {}, run_id=inner, parent_run_id=outer, metadata={"langgraph_checkpoint_ns": "a:1|b:2"})
    handler.on_chat_model_start({}, [], run_id=early, parent_run_id=inner)
    handler.on_chain_error(ValueError("no luck"), run_id=outer)
    closed = list(events)

    handler.on_llm_new_token("late", run_id=early)
    handler.on_llm_end(LLMResult(generations=[[ChatGeneration(message=AIMessage("late"))]]), run_id=early)
    handler.on_chat_model_start({}, [], run_id=model, parent_run_id=inner)
    handler.on_llm_new_token("late", run_id=model)
    handler.on_tool_start({"name": "t"}, "", run_id=uuid4(), parent_run_id=inner)
    handler.on_custom_event("message_delta", {"text": "late"}, run_id=inner)
    handler.on_custom_event("progress", {"percent": 5}, run_id=inner)
    handler.on_custom_event("note", {}, run_id=inner)
    handler.on_chain_start(
        {}, {}, run_id=uuid4(), parent_run_id=inner, metadata={"langgraph_checkpoint_ns": "a:1|b:2|c:3"}
    )

    assert events == closed
    check_invariants(events, "handler")
