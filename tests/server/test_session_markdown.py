"""An exported conversation reads well, and nothing that was said in it can break out of its place."""

from typing import Any

import pytest

from cantata.server.routes.session_markdown import turn
from cantata.server.runs.ids import RunId
from cantata.server.runs.model import Message
from cantata.server.runs.ports.sessions import RunPlace

RUN = RunId("wf_01h455vb4pex5vsknk084sn02q")
PLACE = RunPlace(RUN, None, "q", "assistant", "completed", "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:09.000Z")
USAGE = {"model_calls": 1, "input_tokens": 3, "output_tokens": 4, "cost_usd": 0.0001}
WORKFLOW: dict[str, Any] = {
    "status": "completed",
    "reasoning": [],
    "tools": [],
    "messages": [],
    "error": None,
    "recovery_suggestions": [],
    "interrupts": [],
    "usage": USAGE,
    "execution_time_ms": 1234,
}


def a_message(message_id: str, text: str, role: str = "assistant") -> Message:
    return Message(
        message_id=message_id,
        run_id=RUN,
        parent_id=None,
        role=role,
        content=text,
        content_parts=[],
        cause_by="",
        sent_from=role,
        send_to=[],
        timestamp="2026-01-01T11:48:00.000Z",
        metadata={},
    )


def a_tool(**members: Any) -> dict[str, Any]:
    return {
        "tool": "look_up",
        "tool_call_id": "c1",
        "args": {"word": "x"},
        "status": "ok",
        "output": "found",
        "duration_ms": 3,
        "void": False,
    } | members


def a_call(thought: str, *ids: str) -> dict[str, Any]:
    calls = [{"id": id, "name": "look_up", "args": {}} for id in ids]
    return {"agent": "assistant", "thought": thought, "tool_calls": calls, "span_id": thought, "void": False}


def written(*messages: Message, **members: Any) -> str:
    return turn(1, None, PLACE, messages, WORKFLOW | members)


def test_a_turn_has_question_way_and_answer_in_this_order() -> None:
    text = written(
        a_message("q", "What is x?", "user"),
        a_message("a", "It is y."),
        reasoning=[a_call("I look it up.", "c1"), a_call("Found.")],
        tools=[a_tool()],
    )

    places = [
        text.index(part)
        for part in ("> What is x?", "<details>", "> I look it up.", "look\\_up", '"word": "x"', "found", "> Found.")
    ]
    assert places == sorted(places)
    assert text.index("</details>") < text.index("> It is y.")
    assert "completed · 1.2 s · 3 tokens in, 4 out · $0.000100" in text


def test_what_is_void_is_left_out() -> None:
    text = written(reasoning=[a_call("Old.") | {"void": True}], tools=[a_tool(output="older", void=True)])

    assert "Old." not in text
    assert "<details>" not in text


def test_a_failure_says_what_can_be_done() -> None:
    error = {"code": "model_unavailable", "message": "It is *away*."}

    text = written(status="failed", error=error, recovery_suggestions=["Try again."])

    assert "**Failed** (`model_unavailable`): It is \\*away\\*." in text
    assert "- Try again." in text


def test_a_tools_fence_is_longer_than_any_in_its_result() -> None:
    text = written(tools=[a_tool(output="a\n````\nb")])

    assert "`````\na\n````\nb\n`````" in text


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("</details>", "> &lt;/details>"),
        ("a\n\nb", "> a\n>\n> b"),
        ("# title", "> # title"),
        ("use `List<int>` & co", "> use `List<int>` &amp; co"),
        ("```html\n<b>\n```\n<i>", "> ```html\n> <b>\n> ```\n> &lt;i>"),
        ("```\nopen <b>", "> ```\n> open <b>"),
    ],
)
def test_an_answers_markdown_counts_and_its_html_does_not(said: str, shown: str) -> None:
    assert f"\n\n{shown}\n" in written(a_message("a", said))


@pytest.mark.parametrize(
    "said",
    [
        "- ```\n  <a>\n  ```\n<b>",
        "`one\ntwo` <b> `three",
        r"\`<b>\`",
        "```\n    ```\n<b>\n```\n`\n<b>",
        "~~~\n```\n~~~~\n<b>\n```",
    ],
)
def test_what_might_be_no_code_shows_its_tags(said: str) -> None:
    assert "<b>" not in written(a_message("a", said))
