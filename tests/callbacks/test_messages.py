"""What models say: messages with their deltas, thoughts apart from text, and what each call decided."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from langchain_core.documents import Document
from langchain_core.language_models.fake import FakeListLLM
from langchain_core.retrievers import BaseRetriever

from cantata.callbacks.events import (
    AgentThinking,
    MessageComplete,
    MessageDelta,
    MessageStart,
    ReasoningStep,
    StepStart,
    StoredEvent,
    ToolCall,
)
from cantata.callbacks.handler import StreamingWorkflowCallbackHandler
from tests.support.graphs import (
    NOTHING,
    Log,
    by_hand,
    chain,
    fan_out,
    nested,
    parallel,
    says,
    says_in_thread,
    wrote,
)
from tests.support.harness import GraphRun, kinds, of_type, run_graph
from tests.support.scripted import (
    ModelBroke,
    Pause,
    Piece,
    anthropic_thought,
    call,
    call_in_pieces,
    deepseek_thought,
    google_thought,
    reasoning,
    scripted,
    text,
    text_block,
    used,
)


async def said_by(*pieces: Piece | str, **options: Any) -> list[Any]:
    """Return the events of one model call, without its step."""
    events = await run_graph(chain(a=says(scripted(pieces, **options))), NOTHING)
    return events[1:-1]


async def test_each_token_is_a_delta() -> None:
    events = await said_by("Hel", "lo")

    assert kinds(events) == ["message_start", "message_delta", "message_delta", "message_complete", "reasoning_step"]
    assert [delta.delta for delta in of_type(events, MessageDelta)] == ["Hel", "lo"]
    assert of_type(events, MessageComplete)[0].content == "Hello"


async def test_a_message_names_its_agent_and_model() -> None:
    (start,) = of_type(await said_by("hi"), MessageStart)

    assert (start.message_id, start.agent, start.role, start.model) == ("m1", "tested", "assistant", "scripted-1")


async def test_without_a_name_the_agent_is_called_as_its_graph() -> None:
    heard: list[StoredEvent] = []
    graph = chain(a=says(scripted(["hi"]))).copy(update={"name": "poet"})

    await graph.ainvoke(NOTHING, {"callbacks": [StreamingWorkflowCallbackHandler("any-name", heard.append)]})

    assert of_type(heard, MessageStart)[0].agent == "poet"
    assert {event.workflow_id for event in heard} == {"any-name"}


async def test_the_agent_of_a_nested_graph_is_its_node() -> None:
    events = await run_graph(nested(chain(inner=says(scripted(["hi"])))), NOTHING)

    assert of_type(events, MessageStart)[0].agent == "team"
    assert of_type(events, MessageStart)[0].path == ["team", "inner"]


async def test_a_models_message_and_its_reasoning_share_a_span() -> None:
    events = await said_by("hi")

    assert of_type(events, MessageStart)[0].span_id == of_type(events, ReasoningStep)[0].span_id


@pytest.mark.parametrize("thought", [reasoning, google_thought, anthropic_thought, deepseek_thought])
async def test_thoughts_are_told_apart_from_text(thought: Any) -> None:
    """Every provider writes them differently; a client sees one way."""
    events = await said_by(thought("Let me "), thought("see."), text("So: 4."))

    assert [t.delta for t in of_type(events, AgentThinking)] == ["Let me ", "see."]
    assert [t.delta for t in of_type(events, MessageDelta)] == ["So: 4."]
    (complete,) = of_type(events, MessageComplete)
    assert (complete.thought, complete.content) == ("Let me see.", "So: 4.")
    assert of_type(events, ReasoningStep)[0].thought == "Let me see."


async def test_text_blocks_are_text() -> None:
    events = await said_by(text_block("a"), text_block("b"))

    assert [t.delta for t in of_type(events, MessageDelta)] == ["a", "b"]


@pytest.mark.parametrize("thought", [reasoning, google_thought, anthropic_thought, deepseek_thought])
async def test_a_model_that_does_not_stream_says_all_at_once(thought: Any) -> None:
    events = await said_by(thought("Hm."), text("Hel"), text("lo"), disable_streaming=True)

    assert kinds(events) == [
        *("message_start", "agent_thinking", "message_delta"),
        *("message_complete", "reasoning_step"),
    ]
    assert of_type(events, MessageDelta)[0].delta == "Hello"
    assert of_type(events, AgentThinking)[0].delta == "Hm."


async def test_a_call_that_only_calls_tools_says_nothing() -> None:
    """There is no empty message in the chat; the decision is told."""
    events = await said_by(call("search", {"q": "x"}))

    assert kinds(events) == ["reasoning_step"]


@pytest.mark.parametrize("is_streaming", [True, False])
async def test_a_decision_names_the_tools_and_their_arguments(is_streaming: bool) -> None:
    events = await said_by("I look.", call("search", {"q": "x"}, "c7"), disable_streaming=not is_streaming)

    (step,) = of_type(events, ReasoningStep)
    assert step.action == "call_tools"
    assert step.tool_calls == [ToolCall("c7", "search", {"q": "x"})]


async def test_a_call_that_arrives_in_pieces_is_told_whole() -> None:
    events = await said_by(*call_in_pieces("search", '{"q"', ': "x"}'))

    assert of_type(events, ReasoningStep)[0].tool_calls == [ToolCall("call_1", "search", {"q": "x"})]


async def test_malformed_arguments_stay_text() -> None:
    events = await said_by(*call_in_pieces("search", "not ", "JSON"))

    (step,) = of_type(events, ReasoningStep)
    assert step.action == "call_tools"
    assert step.tool_calls == [ToolCall("call_1", "search", "not JSON")]


@pytest.mark.parametrize("tool", ["transfer_to_boss", "delegate_to_expert"])
async def test_a_handoff_tool_is_a_delegation(tool: str) -> None:
    events = await said_by(call(tool, {}))

    assert of_type(events, ReasoningStep)[0].action == "delegate"


async def test_text_alone_is_an_answer() -> None:
    events = await said_by("hi")

    (step,) = of_type(events, ReasoningStep)
    assert (step.action, step.tool_calls) == ("answer", [])


async def test_usage_is_told_with_the_message_and_the_decision() -> None:
    events = await said_by("hi", used(10, 5, cached=4, thoughts=2))

    (complete,), (step,) = of_type(events, MessageComplete), of_type(events, ReasoningStep)
    assert complete.usage == step.usage
    assert (step.usage.input_tokens, step.usage.output_tokens, step.usage.total_tokens) == (10, 5, 15)
    assert (step.usage.cached_tokens, step.usage.reasoning_tokens) == (4, 2)


async def test_empty_chunks_are_no_deltas() -> None:
    """LangChain adds an empty last chunk to each turn, and providers send some of their own."""
    events = await said_by("", "hi", "", used(1, 1))

    assert [delta.delta for delta in of_type(events, MessageDelta)] == ["hi"]


async def test_a_model_without_a_word_still_decides() -> None:
    events = await said_by("", used(1, 0))

    assert kinds(events) == ["reasoning_step"]


async def test_a_model_that_breaks_in_the_middle_leaves_what_it_said() -> None:
    run = GraphRun(chain(a=says(scripted([reasoning("hm"), "half a", ModelBroke("cut")]))))

    events = await run.invoke(NOTHING)

    (complete,) = of_type(events, MessageComplete)
    assert (complete.status, complete.content, complete.thought) == ("error", "half a", "hm")
    assert of_type(events, ReasoningStep) == []


async def test_a_model_that_breaks_at_once_has_no_message() -> None:
    run = GraphRun(chain(a=says(scripted([ModelBroke("cut")]))))

    events = await run.invoke(NOTHING)

    assert kinds(events) == ["step_start", "step_end"]


async def test_a_cancelled_model_leaves_what_it_said() -> None:
    pause = Pause()
    run = GraphRun(chain(a=says(scripted(["half a", pause]))))

    events = await run.cancel_at(pause, NOTHING)

    (complete,) = of_type(events, MessageComplete)
    assert (complete.status, complete.content) == ("cancelled", "half a")


async def test_a_crash_is_closed_by_the_next_execution() -> None:
    pause = Pause()
    run = GraphRun(chain(a=says(scripted(["half a", pause], ["whole"]))))
    await run.crash_at(pause, NOTHING)

    events = await run.invoke(None)

    assert [(m.status, m.content) for m in of_type(events, MessageComplete)] == [
        ("cancelled", "half a"),
        ("ok", "whole"),
    ]


async def test_concurrent_calls_in_one_node_keep_their_messages_apart() -> None:
    first, second = scripted(["a1", "a2", "a3"]), scripted(["b1", "b2", "b3"])

    async def node(state: Log) -> Any:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(first.ainvoke("go"))
            tasks.create_task(second.ainvoke("go"))
        return NOTHING

    events = await run_graph(chain(a=node), NOTHING)

    assert sorted(m.content for m in of_type(events, MessageComplete)) == ["a1a2a3", "b1b2b3"]
    assert {m.message_id for m in of_type(events, MessageStart)} == {"m1", "m2"}


@pytest.mark.parametrize("tag", ["nostream", "langsmith:nostream"])
async def test_a_call_tagged_nostream_gives_its_decision_only(tag: str) -> None:
    """LangGraph's convention for routers and structured output; the longer name is older, and still in use."""
    model = scripted([reasoning("hm"), "route to b", used(3, 2)])

    events = await run_graph(chain(a=says(model, tags=[tag])), NOTHING)

    assert kinds(events) == ["step_start", "reasoning_step", "step_end"]
    assert of_type(events, ReasoningStep)[0].thought == "hm"


async def test_a_silent_call_that_does_not_stream_says_nothing_either() -> None:
    model = scripted(["route to b"], disable_streaming=True)

    events = await run_graph(chain(a=says(model, tags=["nostream"])), NOTHING)

    assert kinds(events) == ["step_start", "reasoning_step", "step_end"]


async def test_sync_nodes_stream_from_their_threads() -> None:
    events = await run_graph(chain(a=says_in_thread(scripted(["Hel", "lo"]))), NOTHING)

    assert [delta.delta for delta in of_type(events, MessageDelta)] == ["Hel", "lo"]


async def test_many_threads_at_once_keep_each_branchs_order() -> None:
    pieces = [f"{n} " for n in range(50)]
    graph = parallel(**{f"n{n}": says_in_thread(scripted(pieces)) for n in range(8)})

    events = await run_graph(graph, NOTHING)

    assert [m.content for m in of_type(events, MessageComplete)] == ["".join(pieces)] * 8


async def test_sent_tasks_speak_each_in_its_own_step() -> None:
    model = scripted(["hi"])

    async def each(state: Any) -> Any:
        await model.ainvoke("go")
        return NOTHING

    events = await run_graph(fan_out(3, each), NOTHING)

    each_step = {step.span_id for step in of_type(events, StepStart) if step.name == "each"}
    assert {message.parent_span_id for message in of_type(events, MessageStart)} == each_step


async def test_a_model_in_a_graph_invoked_by_hand_is_heard() -> None:
    events = await run_graph(chain(a=by_hand(chain(inner=says(scripted(["hi"]))))), NOTHING)

    assert of_type(events, MessageStart)[0].path == ["a", "inner"]


async def test_a_model_inside_a_retriever_lies_under_its_step() -> None:
    """A retriever is no event, but what it does happens in its node."""
    model = scripted(["other words"])

    class Rephrasing(BaseRetriever):
        def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
            return []

        async def _aget_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
            await model.ainvoke(query, {"callbacks": run_manager.get_child()})
            return []

    async def node(state: Log) -> Any:
        await Rephrasing().ainvoke("words")
        return NOTHING

    events = await run_graph(chain(a=node), NOTHING)

    assert of_type(events, MessageStart)[0].path == ["a"]


async def test_a_model_that_takes_plain_text_is_heard() -> None:
    model = FakeListLLM(responses=["plain words"])

    async def node(state: Log) -> Any:
        return wrote(await model.ainvoke("go"))

    events = await run_graph(chain(a=node), NOTHING)

    assert of_type(events, MessageComplete)[0].content == "plain words"


async def test_lone_surrogates_do_not_break_the_stream() -> None:
    """UTF-8 cannot carry them, and a model may stutter."""
    events = await said_by("a\ud83d", "\ude00b")

    assert of_type(events, MessageComplete)[0].content == "a��b"


async def test_decisions_are_counted_over_the_run() -> None:
    model = scripted(["one"], ["two"])

    events = await run_graph(chain(a=says(model), b=says(model)), NOTHING)

    assert [step.index for step in of_type(events, ReasoningStep)] == [1, 2]


async def test_words_after_the_seal_are_dropped() -> None:
    """A cancelled sync node runs on in its thread: nothing may follow the terminal event."""
    run = GraphRun(chain(a=says(scripted(["hi"]))))
    await run.invoke(NOTHING)
    assert run.handler is not None
    before, late = list(run.events), uuid4()

    run.handler.on_chain_start({}, {}, run_id=late, metadata={"langgraph_checkpoint_ns": "late:1"})
    run.handler.on_chat_model_start({}, [], run_id=(model := uuid4()), parent_run_id=late)
    run.handler.on_llm_new_token("late", run_id=model)
    run.handler.on_tool_start({"name": "t"}, "", run_id=(tool := uuid4()), parent_run_id=late)
    run.handler.on_tool_end("late", run_id=tool)
    run.handler.on_custom_event("late", {}, run_id=late)
    run.handler.on_chain_end({}, run_id=late)
    run.handler.close_open("cancelled")

    assert run.events == before
