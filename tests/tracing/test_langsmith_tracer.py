"""What LangSmith is told of model calls, which its tracer hears of from our own handler."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models.fake import FakeListLLM
from langchain_core.load import dumpd
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langsmith.run_helpers import get_current_run_tree

from cantata.callbacks.tracing.langsmith_tracer import constructor
from tests.support.graphs import NOTHING, Log, chain, says, wrote
from tests.support.scripted import ModelBroke, scripted
from tests.support.traced_shapes import traced_shape
from tests.support.tracing import Traced, traced

pytestmark = pytest.mark.anyio

ASKED = {"name": "population", "args": {"city": "Cairo"}, "id": "c1"}
MESSAGES: list[BaseMessage] = [
    HumanMessage("How many?"),
    HumanMessage("", id="h1", name="ada"),
    SystemMessage([{"type": "text", "text": "Be brief."}]),
    AIMessage("Ten million.", usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}),
    AIMessage("", tool_calls=[{**ASKED, "type": "tool_call"}], response_metadata={"finish_reason": "STOP"}),
    ToolMessage("10 million", tool_call_id="c1", status="error"),
]


def events_of(run: Traced, name: str) -> list[str]:
    return [event["name"] for event in run.one("langsmith", name).members["events"]]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.type)
def test_a_message_is_written_as_langchain_writes_it(message: BaseMessage) -> None:
    """LangSmith knows how to show that, and to open it in its playground."""
    assert constructor(message) == dumpd(message)


async def test_of_all_tokens_the_first_one_is_told(tmp_path: Path) -> None:
    """It says how long the model took to begin, also when it only calls a tool."""
    run = await traced_shape(tmp_path, "single", "langsmith")

    assert events_of(run, "gemini-2.5-flash_llm_call") == ["start", "new_token", "end"]


async def test_a_model_call_that_is_cut_says_so(tmp_path: Path) -> None:
    broken = chain(speak=says(scripted(["This is", ModelBroke("the provider hung up")])))

    run = await traced(tmp_path, {"broken": broken}, "broken", NOTHING, "langsmith")

    assert events_of(run, "scripted-1_llm_call") == ["start", "new_token", "error"]


async def test_a_model_of_plain_text_tells_its_prompt_and_answer(tmp_path: Path) -> None:
    async def speak(state: Log) -> Any:
        return wrote(await FakeListLLM(responses=["plain words"]).ainvoke("say it"))

    run = await traced(tmp_path, {"plain": chain(speak=speak)}, "plain", NOTHING, "langsmith")

    _, step, call = run.seen_by("langsmith")
    assert (call.parent, call.kind) == (step.id, "llm")
    assert call.members["inputs"] == {"prompts": ["say it"]}
    assert call.members["outputs"]["generations"][0][0]["text"] == "plain words"
    assert call.members["extra"]["metadata"]["session_id"] == run.run.session_id


async def test_a_node_may_add_to_its_run(tmp_path: Path) -> None:
    async def add(state: Log) -> Any:
        at = get_current_run_tree()
        assert at is not None
        at.add_metadata({"found": 3})
        at.add_tags(["fine"])
        return wrote("done")

    run = await traced(tmp_path, {"adding": chain(look=add)}, "adding", NOTHING, "langsmith")

    members = run.one("langsmith", "look").members
    assert members["extra"]["metadata"]["found"] == 3
    assert "fine" in members["tags"]
