"""Messages of every provider, taken apart into thought, text and tool calls."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage

from cantata.callbacks.content import thought_and_text, tool_calls_of, tool_output


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("plain", ("", "plain")),
        ("", ("", "")),
        ([], ("", "")),
        (["a", "b"], ("", "ab")),
        ([{"type": "text", "text": "a"}, "b"], ("", "ab")),
        ([{"type": "output_text", "text": "a"}], ("", "a")),
        ([{"type": "text", "text": None}], ("", "")),
        ([{"type": "text"}], ("", "")),
        ([{"type": "text", "text": "t", "thought": True}, {"type": "text", "text": "a"}], ("t", "a")),
        ([{"type": "reasoning", "reasoning": "t"}], ("t", "")),
        ([{"type": "reasoning", "summary": [{"text": "t1"}, {"text": "t2"}]}], ("t1t2", "")),
        ([{"type": "reasoning", "summary": []}], ("", "")),
        ([{"type": "thinking", "thinking": "t", "signature": "c2ln"}], ("t", "")),
        ([{"type": "thought", "thought": "t"}], ("t", "")),
        ([{"type": "reasoning_content", "reasoning_content": {"text": "t", "signature": "s"}}], ("t", "")),
        ([{"type": "reasoning_content", "reasoning_content": {"signature": "s"}}], ("", "")),
        ([{"type": "redacted_thinking", "data": "ZGF0YQ=="}], ("", "")),
        ([{"type": "tool_use", "name": "t", "input": {}}], ("", "")),
        ([{"type": "image_url", "image_url": {"url": "data:…"}}], ("", "")),
        ([{"type": "something_new", "text": "?"}], ("", "")),
        ([{"no": "type"}], ("", "")),
        ("a\ud800b", ("", "a�b")),
    ],
)
def test_content_is_taken_apart(content: Any, expected: tuple[str, str]) -> None:
    assert thought_and_text(AIMessage(content)) == expected
    assert thought_and_text(AIMessageChunk(content=content)) == expected


def test_deepseeks_thought_lies_beside_the_content() -> None:
    message = AIMessage("a", additional_kwargs={"reasoning_content": "t"})

    assert thought_and_text(message) == ("t", "a")


@pytest.mark.parametrize("extra", [{"reasoning_content": None}, {"reasoning_content": {"text": "t"}}, {"other": "t"}])
def test_what_lies_beside_the_content_may_be_anything(extra: dict[str, Any]) -> None:
    assert thought_and_text(AIMessage("a", additional_kwargs=extra)) == ("", "a")


def test_tool_calls_keep_their_order_and_malformed_ones_their_text() -> None:
    message = AIMessage(
        "",
        tool_calls=[{"name": "a", "args": {"x": 1}, "id": "1"}, {"name": "b", "args": {}, "id": None}],
        invalid_tool_calls=[{"name": None, "args": "{", "id": "3", "error": "cut"}],
    )

    assert tool_calls_of(message) == [("1", "a", {"x": 1}), (None, "b", {}), ("3", "", "{")]


@pytest.mark.parametrize("message", [None, HumanMessage("hi"), AIMessage("hi")])
def test_there_may_be_no_tool_calls(message: Any) -> None:
    assert tool_calls_of(message) == []


def test_a_tools_message_is_opened() -> None:
    assert tool_output(ToolMessage("3", tool_call_id="c", artifact={"large": 1})) == "3"
    assert tool_output({"a": 1}) == {"a": 1}
