"""What a run adds to its session's messages."""

from typing import Any

import pytest

from cantata.callbacks.events import WorkflowStarted
from cantata.server.runs.ids import RunId
from cantata.server.runs.messages import messages_of, question_of, text_of, with_text
from cantata.server.runs.model import Run, RunSpec

RUN = RunId("wf_01h455vb4pex5vsknk084sn02q")
QUESTION = "msg_01h455vb4pex5vsknk084sn02q_0"


def a_run() -> Run:
    return Run(
        id=RUN,
        owner="ada",
        session_id="s1",
        thread_id="t1",
        spec=RunSpec(graph="weather", input="?"),
        status="running",
        attempt=1,
        epoch=1,
        last_seq=1,
        created_at="",
        updated_at="",
        started_at=None,
        request_hash="",
        takeover=None,
        answers=None,
        resumption=None,
        base_checkpoint_id=None,
        question_id=QUESTION,
    )


def said(number: int, content: str, **members: Any) -> dict[str, Any]:
    return {
        "message_id": f"m{number}",
        "agent": "forecaster",
        "role": "assistant",
        "model": "tested",
        "status": "ok",
        "cause_by": "weather",
        "timestamp": f"2026-01-01T00:00:0{number}.000Z",
        "path": ["model"],
        "void": False,
        "content": content,
        "thought": "",
    } | members


def workflow(*messages: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {
        "graph": "weather",
        "status": "completed",
        "final_response": None,
        "messages": list(messages),
        "tools": [],
        "ended_at": "2026-01-01T00:00:09.000Z",
    } | members


def first(given: Any, graph: str = "weather") -> WorkflowStarted:
    return WorkflowStarted(
        workflow_id=RUN,
        timestamp="2026-01-01T00:00:00.000Z",
        graph=graph,
        strategy="single",
        input=given,
        session_id="s1",
    )


# The question


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("Hi", "Hi"),
        ({"topic": "Hi"}, "Hi"),
        ({"messages": "Hi"}, "Hi"),
        ({"messages": [{"role": "user", "content": "Hi"}], "lang": "de"}, "Hi"),
        ({"messages": [["user", "Hi"]]}, "Hi"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "image"}]}]}, "Hi"),
    ],
)
def test_the_users_text_is_found_in_any_input(given: Any, text: str) -> None:
    assert question_of(first(given), given).content == text
    assert text_of(given) == text


@pytest.mark.parametrize("given", [{"a": 1}, {"a": "x", "b": "y"}, {}, [1], 7, {"messages": []}])
def test_an_input_without_a_text_is_shown_as_json(given: Any) -> None:
    question = question_of(first({"shown": True}), given)

    assert question.content_parts == [{"type": "json", "json": {"shown": True}}]
    assert question.content == '{"shown":true}'
    assert text_of(given) is None


def test_a_question_goes_from_the_user_to_the_graph() -> None:
    question = question_of(first("Hi"), "Hi")

    assert (question.message_id, question.run_id, question.role) == (QUESTION, RUN, "user")
    assert (question.cause_by, question.sent_from, question.send_to) == ("user", "user", ["weather"])
    assert question.timestamp == "2026-01-01T00:00:00.000Z"


def test_parts_that_the_client_sent_stay_as_sent() -> None:
    parts = [{"type": "text", "text": "What is it?"}, {"type": "image", "url": "data:,"}]

    question = question_of(first(""), {"messages": [{"role": "user", "content": parts}]})

    assert question.content_parts == parts


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Hi", "Bye"),
        ({"topic": "Hi"}, {"topic": "Bye"}),
        ({"messages": ["a", "Hi"], "n": 1}, {"messages": ["a", {"role": "user", "content": "Bye"}], "n": 1}),
        ({"messages": {"content": "Hi"}}, {"messages": [{"role": "user", "content": "Bye"}]}),
        ({"a": 1}, None),
    ],
)
def test_another_text_takes_the_place_of_the_users(given: Any, expected: Any) -> None:
    assert with_text(given, "Bye") == expected


# The answers


def test_another_text_keeps_the_pictures_that_came_with_it() -> None:
    picture = {"type": "image", "base64": "AAAA", "mime_type": "image/png"}
    given = {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}, picture]}]}

    changed = with_text(given, "Bye")

    assert changed == {"messages": [{"role": "user", "content": [{"type": "text", "text": "Bye"}, picture]}]}


def test_messages_follow_one_another_from_the_question_on() -> None:
    found = messages_of(a_run(), workflow(said(1, "Hm"), said(2, "Fine"), final_response="Fine"))

    assert [one.message_id[-2:] for one in found] == ["_1", "_2"]
    assert [one.parent_id for one in found] == [QUESTION, found[0].message_id]
    assert [one.send_to for one in found] == [[], ["user"]]
    assert [one.content for one in found] == ["Hm", "Fine"]


def test_void_and_empty_messages_are_left_out() -> None:
    found = messages_of(a_run(), workflow(said(1, "Old", void=True), said(2, ""), said(3, "New")))

    assert [(one.message_id[-2:], one.parent_id) for one in found] == [("_3", QUESTION)]


def test_a_thought_is_a_part_of_its_own() -> None:
    (message,) = messages_of(a_run(), workflow(said(1, "Fine", thought="I look.")))

    assert message.content_parts == [
        {"type": "reasoning", "reasoning": "I look."},
        {"type": "text", "text": "Fine"},
    ]


def test_an_answer_that_no_message_told_is_added() -> None:
    found = messages_of(a_run(), workflow(said(1, "Hm"), final_response="Fine"))

    assert [(one.content, one.send_to) for one in found] == [("Hm", []), ("Fine", ["user"])]
    assert (found[1].message_id[-2:], found[1].timestamp) == ("_2", "2026-01-01T00:00:09.000Z")
    assert (found[1].cause_by, found[1].sent_from) == ("weather", "weather")


def test_an_answer_that_only_a_void_message_told_is_added() -> None:
    found = messages_of(a_run(), workflow(said(1, "Fine", void=True), final_response="Fine"))

    assert [(one.message_id[-2:], one.content) for one in found] == [("_2", "Fine")]


def test_a_silent_answer_is_caused_by_the_last_tool() -> None:
    tools = [{"tool": "look", "void": False}, {"tool": "never", "void": True}]

    (message,) = messages_of(a_run(), workflow(final_response="Fine", tools=tools))

    assert message.cause_by == "look"


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_what_was_said_before_a_bad_end_is_kept_with_its_status(status: str) -> None:
    (message,) = messages_of(a_run(), workflow(said(1, "Half", status="cancelled"), status=status))

    assert message.content == "Half"
    assert (message.metadata["status"], message.metadata["workflow_status"]) == ("cancelled", status)


def test_a_run_that_said_nothing_adds_nothing() -> None:
    assert messages_of(a_run(), workflow(status="failed")) == []
