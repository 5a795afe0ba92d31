"""The ready-made graphs, run whole with the offline model."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.runtime import Runtime

from cantata.graphs.agent import tool_rounds, with_calls_answered
from cantata.graphs.agents import assistant
from cantata.graphs.faults import ModelUnavailable, UnknownModel
from cantata.graphs.offline import OfflineChat
from cantata.graphs.offline_answers import LABEL
from cantata.graphs.state import ModelContext, model_of
from cantata.graphs.workflows import sequential


class ModelStarts(AsyncCallbackHandler):
    """Notes the names under which models are called."""

    def __init__(self) -> None:
        self.names: list[str] = []

    async def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[BaseMessage]], *, run_id: UUID, **kwargs: Any
    ) -> None:
        self.names.append(kwargs["name"])


def asked(text: str) -> Any:
    return {"messages": [{"role": "user", "content": text}]}


async def test_the_assistant_uses_both_tools_and_answers() -> None:
    starts = ModelStarts()

    result = await assistant.graph.ainvoke(
        asked("What is 17*23, and what time is it in Cairo?"), {"callbacks": [starts]}
    )

    kinds = [message.type for message in result["messages"]]
    assert kinds == ["human", "ai", "tool", "tool", "ai"]
    answer = result["messages"][-1].text
    assert "391" in answer
    assert "In Cairo it is" in answer
    assert str(datetime.now(UTC).year) in answer
    assert starts.names == ["offline-demo_llm_call"] * 2


async def test_a_failing_tool_is_told_to_the_model_which_goes_on() -> None:
    result = await assistant.graph.ainvoke(asked("What is 1/0, and what time is it in Atlantis?"))

    failed = [message for message in result["messages"] if isinstance(message, ToolMessage)]
    assert [message.status for message in failed] == ["error", "error"]
    assert failed[0].text == "1/0 divides by zero."
    assert "No time zone or well-known city is named 'Atlantis'" in result["messages"][-1].text


async def test_the_assistant_remembers_on_a_thread() -> None:
    graph = assistant.agent.graph().copy(update={"checkpointer": InMemorySaver()})
    thread: Any = {"configurable": {"thread_id": "t"}}

    await graph.ainvoke(asked("My name is Sara"), thread)
    result = await graph.ainvoke(asked("What is my name?"), thread)

    assert result["messages"][-1].text.startswith("Your name is Sara.")


def test_the_graphs_name_their_nodes_and_carry_no_checkpointer() -> None:
    assert {"model", "tools"} <= set(assistant.graph.nodes)
    assert {"researcher", "writer", "reviewer"} <= set(sequential.graph.nodes)
    assert assistant.graph.checkpointer is None


async def test_the_model_of_the_context_is_used() -> None:
    with pytest.raises(UnknownModel, match="gpt-5"):
        await assistant.graph.ainvoke(asked("hello"), context=ModelContext(model="gpt-5"))
    with pytest.raises(ModelUnavailable, match="GEMINI_API_KEY"):
        await assistant.graph.ainvoke(asked("hello"), context=ModelContext(model="gemini-2.5-flash"))


async def test_options_of_the_context_reach_the_model() -> None:
    context = ModelContext(temperature=0.3, top_p=0.9, max_output_tokens=50)

    result = await assistant.graph.ainvoke(asked("hello"), context=context)

    assert result["messages"][-1].response_metadata["options"] == {
        "temperature": 0.3,
        "top_p": 0.9,
        "max_output_tokens": 50,
    }


def test_a_runtime_without_context_means_defaults() -> None:
    assert isinstance(model_of(Runtime()), OfflineChat)


def test_calls_that_never_got_a_result_are_answered_for_the_model() -> None:
    call = {"name": "calculator", "args": {}, "id": "c1", "type": "tool_call"}
    cut: list[AnyMessage] = [HumanMessage("2+2"), AIMessage("", tool_calls=[call]), HumanMessage("again")]

    complete = with_calls_answered(cut)

    assert [message.type for message in complete] == ["human", "ai", "tool", "human"]
    assert isinstance(complete[2], ToolMessage)
    assert (complete[2].tool_call_id, complete[2].status) == ("c1", "error")


def test_tool_rounds_are_counted_since_the_human_spoke() -> None:
    call = {"name": "calculator", "args": {}, "id": "c1", "type": "tool_call"}
    round_: list[AnyMessage] = [AIMessage("", tool_calls=[call]), ToolMessage("4", tool_call_id="c1")]

    assert tool_rounds([HumanMessage("a"), *round_, HumanMessage("b"), *round_, *round_]) == 2


async def test_the_sequential_workflow_passes_each_stage_on() -> None:
    result = await sequential.graph.ainvoke(asked("Write a text about the history of coffee."))

    assert result["final_response"].startswith("The history of coffee\n\nThe coffee plant is native to Ethiopia.")
    assert "[coffee-02]" in result["final_response"]
    assert result["final_response"].count(LABEL) == 1
    assert [message.type for message in result["messages"]] == ["human", "ai"]
    assert result["messages"][-1].text == result["final_response"]


async def test_a_hundred_runs_at_once_do_not_mix() -> None:
    async with asyncio.TaskGroup() as group:
        runs = [group.create_task(assistant.graph.ainvoke(asked(f"What is {n}*1000?"))) for n in range(100)]

    answers = [run.result()["messages"][-1].text for run in runs]
    assert [answer.split(" = ")[1].split(".")[0] for answer in answers] == [str(n * 1000) for n in range(100)]
