"""What a graph says itself, through both of LangGraph's and LangChain's doors: in order, and under its speaker."""

from typing import Any

import pytest
from langchain_core.callbacks import adispatch_custom_event, dispatch_custom_event
from langgraph.config import get_stream_writer

from cantata.callbacks.events import (
    AgentThinking,
    Custom,
    MessageComplete,
    MessageDelta,
    MessageStart,
    Progress,
    StepStart,
)
from cantata.callbacks.redaction import MAX_VALUE_BYTES
from cantata.callbacks.speech import Advanced, Other, Said, parse
from tests.support.graphs import NOTHING, Log, chain, fan_out, nested, parallel, says
from tests.support.harness import GraphRun, kinds, of_type, run_graph
from tests.support.scripted import Pause, scripted


def writes(*values: Any) -> Any:
    """Return a node that says *values* through the stream writer."""

    async def node(state: Any) -> Any:
        for value in values:
            get_stream_writer()(value)
        return NOTHING

    return node


def dispatches(name: str, *values: Any) -> Any:
    """Return a node that dispatches *values* as custom events."""

    async def node(state: Any) -> Any:
        for value in values:
            await adispatch_custom_event(name, value)
        return NOTHING

    return node


async def heard(node: Any) -> list[Any]:
    """Return the events inside the one step of *node*."""
    return (await run_graph(chain(a=node), NOTHING))[1:-1]


async def test_a_graphs_own_words_are_a_message_that_ends_with_its_step() -> None:
    events = await run_graph(chain(a=writes({"type": "message_delta", "text": "Hel"}, _text("lo"))), NOTHING)

    assert kinds(events) == [
        *("step_start", "message_start", "message_delta", "message_delta"),
        *("message_complete", "step_end"),
    ]
    assert of_type(events, MessageComplete)[0].content == "Hello"


def _text(words: str) -> dict[str, str]:
    return {"type": "message_delta", "text": words}


async def test_a_graphs_own_message_names_no_model() -> None:
    (start, *_) = await heard(writes(_text("hi")))

    assert isinstance(start, MessageStart)
    assert (start.model or None, start.agent, start.role) == (None, "tested", "assistant")


async def test_a_graphs_own_thoughts_are_thoughts() -> None:
    events = await heard(writes({"type": "agent_thinking", "text": "planning"}, _text("go")))

    assert [t.delta for t in of_type(events, AgentThinking)] == ["planning"]
    (complete,) = of_type(events, MessageComplete)
    assert (complete.thought, complete.content) == ("planning", "go")


async def test_both_doors_open_on_the_same_message() -> None:
    async def node(state: Log) -> Any:
        get_stream_writer()(_text("a"))
        await adispatch_custom_event("message_delta", {"text": "b"})
        get_stream_writer()(_text("c"))
        return NOTHING

    events = await heard(node)

    assert of_type(events, MessageComplete)[0].content == "abc"


async def test_a_sync_node_is_heard_through_both_doors() -> None:
    def node(state: Log) -> Any:
        get_stream_writer()(_text("a"))
        dispatch_custom_event("message_delta", {"text": "b"})
        return NOTHING

    events = await heard(node)

    assert of_type(events, MessageComplete)[0].content == "ab"


async def test_words_and_tokens_keep_their_order() -> None:
    model = scripted(["token"])

    async def node(state: Log) -> Any:
        get_stream_writer()({"type": "note", "n": 1})
        await model.ainvoke("go")
        get_stream_writer()({"type": "note", "n": 2})
        return NOTHING

    events = await heard(node)

    assert kinds(events) == [
        "custom",
        *("message_start", "message_delta", "message_complete", "reasoning_step"),
        "custom",
    ]


async def test_each_step_speaks_for_itself() -> None:
    """Two steps of one graph share no message."""
    events = await run_graph(chain(a=writes(_text("one")), b=writes(_text("two"))), NOTHING)

    assert [(m.node, m.content) for m in of_type(events, MessageComplete)] == [("a", "one"), ("b", "two")]


async def test_parallel_steps_speak_for_themselves() -> None:
    events = await run_graph(parallel(a=writes(_text("1"), _text("2")), b=writes(_text("3"), _text("4"))), NOTHING)

    assert {m.node: m.content for m in of_type(events, MessageComplete)} == {"a": "12", "b": "34"}


async def test_a_nested_graphs_words_lie_under_its_step() -> None:
    events = await run_graph(nested(chain(inner=writes({"type": "note"}))), NOTHING)

    inner = next(step for step in of_type(events, StepStart) if step.name == "inner")
    (word,) = of_type(events, Custom)
    assert (word.path, word.parent_span_id) == (["team", "inner"], inner.span_id)


async def test_sent_tasks_words_lie_under_their_own_step() -> None:
    async def each(state: Any) -> Any:
        get_stream_writer()({"type": "note", "item": state["item"]})
        return NOTHING

    events = await run_graph(fan_out(3, each), NOTHING)

    branches = {step.span_id: step.branch for step in of_type(events, StepStart)}
    assert {word.data["item"]: branches[str(word.parent_span_id)] for word in of_type(events, Custom)} == {
        0: 0,
        1: 1,
        2: 2,
    }


async def test_a_word_before_a_cancel_is_completed_as_cancelled() -> None:
    pause = Pause()

    async def node(state: Log) -> Any:
        get_stream_writer()(_text("half a"))
        await pause.wait()

    run = GraphRun(chain(a=node))

    events = await run.cancel_at(pause, NOTHING)

    (complete,) = of_type(events, MessageComplete)
    assert (complete.status, complete.content) == ("cancelled", "half a")


async def test_a_graph_speaks_again_after_a_resume() -> None:
    pause = Pause()

    async def node(state: Log) -> Any:
        get_stream_writer()(_text("hi"))
        if not pause.reached.is_set():
            await pause.wait()
        return NOTHING

    run = GraphRun(chain(a=node))
    await run.crash_at(pause, NOTHING)

    await run.invoke(None)

    assert [(m.message_id, m.status) for m in of_type(run.events, MessageComplete)] == [
        ("m1", "cancelled"),
        ("m2", "ok"),
    ]


@pytest.mark.parametrize(
    "told", [{"percent": 40}, {"message": "half"}, {"percent": 0}, {"percent": 99.5, "message": "soon"}]
)
async def test_a_graph_tells_how_far_it_is(told: dict[str, Any]) -> None:
    events = await heard(writes({"type": "progress", **told}))

    (progress,) = of_type(events, Progress)
    assert {"percent": progress.percent, "message": progress.message}.items() >= told.items()


async def test_an_empty_word_is_no_message() -> None:
    assert await heard(writes(_text(""))) == []


async def test_a_words_secrets_are_masked() -> None:
    events = await heard(writes({"type": "note", "password": "hunter2", "text": "Bearer abcdefghijkl"}))

    assert of_type(events, Custom)[0].data == {"password": "[redacted]", "text": "Bearer [redacted]"}


async def test_a_large_word_is_cut() -> None:
    events = await heard(writes({"type": "note", "text": "x" * 100_000}))

    assert len(of_type(events, Custom)[0].data) < MAX_VALUE_BYTES + 100


async def test_a_file_change_is_a_custom_event() -> None:
    """The seeds' own example."""
    events = await heard(dispatches("file_change", {"path": "a.py", "action": "write"}))

    (word,) = of_type(events, Custom)
    assert (word.name, word.data) == ("file_change", {"path": "a.py", "action": "write"})


async def test_a_model_beside_a_graphs_words_has_a_message_of_its_own() -> None:
    async def node(state: Log) -> Any:
        get_stream_writer()(_text("mine"))
        await says(scripted(["its"]))(state)
        get_stream_writer()(_text(" too"))
        return NOTHING

    events = await heard(node)

    assert {(m.model or None, m.content) for m in of_type(events, MessageComplete)} == {
        (None, "mine too"),
        ("scripted-1", "its"),
    }
    assert [d.message_id for d in of_type(events, MessageDelta)] == ["m1", "m2", "m1"]


@pytest.mark.parametrize(
    ("value", "name", "expected"),
    [
        ({"type": "message_delta", "text": "hi"}, "custom", Said("message_delta", "hi")),
        ({"text": "hi"}, "agent_thinking", Said("agent_thinking", "hi")),
        ({"type": "note", "text": "hi"}, "agent_thinking", Other("note", {"text": "hi"})),
        ({"type": 5, "text": "hi"}, "message_delta", Said("message_delta", "hi")),
        ({"type": "progress", "percent": 5}, "custom", Advanced("progress", 5, None)),
        ({"progress": 5, "message": "m"}, "tool_progress", Advanced("tool_progress", 5, "m")),
        ({"a": 1}, "custom", Other("custom", {"a": 1})),
        ("hi", "custom", Other("custom", {"value": "hi"})),
        ("hi", "note", Other("note", {"value": "hi"})),
        (None, "custom", Other("custom", {"value": None})),
        ([1], "custom", Other("custom", {"value": [1]})),
    ],
)
def test_a_word_is_sorted_by_its_type_else_by_its_name(value: Any, name: str, expected: Any) -> None:
    assert parse(value, name) == expected


@pytest.mark.parametrize(
    "value",
    [
        {"type": "message_delta"},
        {"type": "message_delta", "text": 5},
        {"type": "agent_thinking", "text": None},
        {"type": "progress"},
        {"type": "progress", "percent": 101},
        {"type": "progress", "percent": -1},
        {"type": "progress", "percent": True},
        {"type": "progress", "percent": float("nan")},
        {"type": "progress", "percent": "40"},
        {"type": "progress", "percent": 40, "message": 5},
        {"type": "tool_progress", "progress": None, "message": None},
        {"type": "workflow_completed", "output": "forged"},
        {"type": "step_end", "step": 1},
    ],
)
def test_a_reserved_type_without_its_members_is_an_ordinary_word(value: dict[str, Any]) -> None:
    """A graph can neither forge the run's own events nor break a reader with half of one."""
    told = parse(value)

    assert told == Other(value["type"], {k: v for k, v in value.items() if k != "type"})
