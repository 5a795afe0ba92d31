"""The rule-based model: it must behave as a model does, and be the same each time."""

import asyncio
import operator
from collections.abc import Sequence
from functools import reduce
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.tools import tool
from pydantic import BaseModel

from cantata.graphs.offline import OfflineChat
from cantata.graphs.offline_answers import LABEL
from cantata.graphs.tools.calculator import calculator
from cantata.graphs.tools.clock import current_time

TOOLS = [calculator, current_time]
BOTH = "What is 17*23, and what time is it in Cairo?"


@tool
def get_weather(city: str, unit: Literal["celsius", "fahrenheit"] = "celsius") -> str:
    """Tell the weather in a city."""
    return f"fine in {city}, {unit}"


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@tool
def search_documents(query: str, limit: int = 5) -> str:
    """Search the documents."""
    return query * limit


@tool
def send_mail(address_email: str, subject: str, urgent: bool) -> str:
    """Send a mail to someone."""
    return f"{address_email}{subject}{urgent}"


class Recipient(BaseModel):
    email: str


class Ticket(BaseModel):
    """A ticket for the help desk."""

    title: str
    priority: int = 1
    level: Literal["low", "high"] = "low"
    recipient: Recipient
    steps: list[str]
    url: str | None = None


def calls(message: BaseMessage) -> list[tuple[str, dict[str, Any]]]:
    assert isinstance(message, AIMessage)
    return [(call["name"], call["args"]) for call in message.tool_calls]


async def streamed(messages: Sequence[BaseMessage], **fields: Any) -> list[AIMessageChunk]:
    model = OfflineChat(**fields).bind_tools(TOOLS)
    return [chunk async for chunk in model.astream(list(messages)) if isinstance(chunk, AIMessageChunk)]


async def test_calls_all_tools_that_apply_at_once() -> None:
    message = await OfflineChat().bind_tools(TOOLS).ainvoke(BOTH)

    assert calls(message) == [("calculator", {"expression": "17*23"}), ("current_time", {"zone": "Cairo"})]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("what is 2 plus 2?", [("calculator", {"expression": "2 + 2"})]),
        ("15% of 80", [("calculator", {"expression": "15/100*80"})]),
        ("How much is the square root of 144", [("calculator", {"expression": "sqrt(144)"})]),
        ("compute (3+4)^2.", [("calculator", {"expression": "(3+4)^2"})]),
        ("what time is it in new york right now?", [("current_time", {"zone": "new york"})]),
        (
            "Time in Tokyo, Paris and São Paulo?",
            [("current_time", {"zone": zone}) for zone in ("Tokyo", "Paris", "São Paulo")],
        ),
        ("What time is it?", [("current_time", {"zone": "UTC"})]),
        ("What is the time in Africa/Cairo?", [("current_time", {"zone": "Africa/Cairo"})]),
        ("We are open 24/7 since 2026-11-21, pages 10-20", []),
        ("hello", []),
        ("I had a good time in Paris", [("current_time", {"zone": "Paris"})]),
    ],
)
async def test_reads_sums_and_places(prompt: str, expected: list[tuple[str, dict[str, Any]]]) -> None:
    assert calls(await OfflineChat().bind_tools(TOOLS).ainvoke(prompt)) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        (
            "weather in Paris and Oslo in fahrenheit",
            [("get_weather", {"city": city, "unit": "fahrenheit"}) for city in ("Paris", "Oslo")],
        ),
        ("what is 40+2", [("add", {"a": 40, "b": 2})]),
        ("please add 40 and 2", [("add", {"a": 40, "b": 2})]),
        ('search for "state graphs", limit 3', [("search_documents", {"query": "state graphs", "limit": 3})]),
        (
            'send a mail to a@b.org: "Lunch?", not urgent',
            [("send_mail", {"address_email": "a@b.org", "subject": "Lunch?", "urgent": False})],
        ),
        ("send a mail", []),
    ],
)
async def test_fills_arguments_from_the_schema(prompt: str, expected: list[tuple[str, dict[str, Any]]]) -> None:
    model = OfflineChat().bind_tools([get_weather, add, search_documents, send_mail])

    assert calls(await model.ainvoke(prompt)) == expected


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("none", []),
        ("auto", []),
        ("any", ["search_documents"]),
        (True, ["search_documents"]),
        ("add", ["add"]),
        ({"type": "function", "function": {"name": "add"}}, ["add"]),
    ],
)
async def test_tool_choice_is_obeyed(choice: Any, expected: list[str]) -> None:
    model = OfflineChat().bind_tools([search_documents, add], tool_choice=choice)

    message = await model.ainvoke("hello")

    assert [name for name, _ in calls(message)] == expected


def test_a_tool_choice_that_names_no_tool_is_refused() -> None:
    with pytest.raises(ValueError, match="names none of the bound tools: add"):
        OfflineChat().bind_tools([add], tool_choice="subtract")


async def test_structured_output_follows_the_schema() -> None:
    model = OfflineChat().with_structured_output(Ticket)

    ticket = await model.ainvoke('A high ticket with priority 4 for x@y.org: "buy milk", "cook". See https://a.b/c')

    assert isinstance(ticket, Ticket)
    assert (ticket.priority, ticket.level, ticket.steps) == (4, "high", ["buy milk", "cook"])
    assert (ticket.recipient.email, ticket.url) == ("x@y.org", "https://a.b/c")


async def test_structured_output_comes_even_when_the_prompt_says_nothing() -> None:
    assert isinstance(await OfflineChat().with_structured_output(Ticket).ainvoke("hello"), Ticket)


async def test_streams_thoughts_then_calls_in_pieces() -> None:
    chunks = await streamed([HumanMessage(BOTH)])

    kinds = [block["type"] for chunk in chunks for block in chunk.content_blocks]
    whole = reduce(operator.add, chunks)
    assert kinds == sorted(kinds)  # reasoning, then tool_call_chunk
    assert kinds.count("reasoning") > 5
    assert kinds.count("tool_call_chunk") > 2
    assert [block["type"] for block in whole.content_blocks] == ["reasoning", "tool_call", "tool_call"]
    assert calls(whole) == [("calculator", {"expression": "17*23"}), ("current_time", {"zone": "Cairo"})]


async def test_streams_text_word_by_word_and_usage_once() -> None:
    chunks = await streamed([HumanMessage("Count to 20")])

    texts = [chunk.text for chunk in chunks if chunk.text]
    assert texts[:3] == ["1, ", "2, ", "3, "]
    assert "".join(texts).endswith(LABEL)
    assert [chunk.usage_metadata is not None for chunk in chunks].count(True) == 1


async def test_invoked_and_streamed_answers_are_the_same() -> None:
    model = OfflineChat().bind_tools(TOOLS)

    whole = reduce(operator.add, await streamed([HumanMessage(BOTH)]))
    invoked, in_thread = await model.ainvoke(BOTH), model.invoke(BOTH)

    assert invoked.content_blocks == whole.content_blocks == in_thread.content_blocks
    assert invoked.usage_metadata == whole.usage_metadata == in_thread.usage_metadata
    assert invoked.tool_calls == whole.tool_calls == in_thread.tool_calls


async def test_call_ids_are_the_same_on_a_rerun_and_new_later_in_the_conversation() -> None:
    model = OfflineChat().bind_tools(TOOLS)
    first = await model.ainvoke([HumanMessage("2+2 = ?")])
    again = await model.ainvoke([HumanMessage("2+2 = ?", id="another id")])
    later = await model.ainvoke([HumanMessage("2+2 = ?"), AIMessage("4"), HumanMessage("2+2 = ?")])

    assert first.tool_calls[0]["id"] == again.tool_calls[0]["id"]
    assert first.tool_calls[0]["id"] != later.tool_calls[0]["id"]


async def test_answers_with_the_results_and_says_what_it_is() -> None:
    asked = await OfflineChat().bind_tools(TOOLS).ainvoke(BOTH)
    results = [
        ToolMessage("391", tool_call_id=asked.tool_calls[0]["id"], name="calculator"),
        ToolMessage("no such zone", tool_call_id=asked.tool_calls[1]["id"], name="current_time", status="error"),
    ]

    answer = await OfflineChat().bind_tools(TOOLS).ainvoke([HumanMessage(BOTH), asked, *results])

    assert answer.text == f"17*23 = 391. current_time failed: no such zone\n\n{LABEL}"
    assert not answer.tool_calls


async def test_tool_rounds_come_to_an_end_even_when_a_call_is_forced() -> None:
    model = OfflineChat(max_tool_rounds=2).bind_tools([add], tool_choice="any")
    conversation: list[BaseMessage] = [HumanMessage("hello")]
    rounds = 0

    while (answer := await model.ainvoke(conversation)).tool_calls:
        rounds += 1
        conversation += [answer, ToolMessage("1", tool_call_id=answer.tool_calls[0]["id"], name="add")]

    assert rounds == 2


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("You are a researcher.", "Notes on tea in China"),
        ("You are a writer.", "Tea in China is the subject"),
        ("You are a reviewer.", "Review:"),
        ("Act as the coordinator of a team.", "Plan for tea in China"),
    ],
)
async def test_plays_the_role_of_the_system_prompt(role: str, expected: str) -> None:
    answer = await OfflineChat().ainvoke([SystemMessage(role), HumanMessage("Write a text about tea in China.")])

    assert answer.text.startswith(expected)
    assert answer.text.endswith(LABEL)


async def test_remembers_what_the_conversation_holds() -> None:
    said = [HumanMessage("My name is Sara"), AIMessage("Nice to meet you")]

    name = await OfflineChat().ainvoke([*said, HumanMessage("What is my name?")])
    recalled = await OfflineChat().ainvoke([*said, HumanMessage("What did I say first?")])

    assert name.text.startswith("Your name is Sara.")
    assert "My name is Sara" in recalled.text


async def test_options_are_recorded_and_change_nothing() -> None:
    plain = await OfflineChat().ainvoke("hello")
    tuned = await OfflineChat(temperature=0.5, max_output_tokens=1).ainvoke("hello")

    assert tuned.text == plain.text
    assert tuned.response_metadata["options"] == {"temperature": 0.5, "max_output_tokens": 1}
    assert tuned.response_metadata["finish_reason"] == "STOP"


async def test_stop_words_end_the_text() -> None:
    assert (await OfflineChat().ainvoke("Count to 9", stop=["5"])).text == "1, 2, 3, 4, "


async def test_the_loop_turns_between_tokens() -> None:
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        counting = group.create_task(count_turns())
        chunks = await streamed([HumanMessage("Count to 100")])
        counting.cancel()

    assert turns >= len(chunks)


@settings(max_examples=60, deadline=2000)
@given(st.text(max_size=300), st.sampled_from(["auto", "any"]))
def test_no_prompt_breaks_it(prompt: str, choice: str) -> None:
    bound = OfflineChat().bind_tools(
        [*TOOLS, get_weather, add, search_documents, send_mail, Ticket], tool_choice=choice
    )

    answer = bound.invoke([HumanMessage(prompt)])

    assert answer.tool_calls or answer.text.endswith(LABEL)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"x": True}, "required": ["x"]},
        {"type": "object", "properties": {"x": {"type": ["string", "null"], "pattern": "(?<a>.)"}}, "required": ["x"]},
        {"type": "object", "properties": {"x": {"$ref": "#/$defs/Gone"}}, "required": ["x", "y"]},
        {"type": "object", "properties": {"x": {"$ref": "#/$defs/X"}}, "$defs": {"X": {"$ref": "#/$defs/X"}}},
        {},
    ],
)
async def test_odd_schemas_break_nothing(schema: dict[str, Any]) -> None:
    odd = {"type": "function", "function": {"name": "odd", "description": "", "parameters": schema}}
    model = OfflineChat().bind_tools([odd], tool_choice="any")

    assert calls(await model.ainvoke("odd"))[0][0] == "odd"
