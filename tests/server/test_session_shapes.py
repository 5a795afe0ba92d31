"""Messages as lists and trees."""

import json
from typing import Any

from cantata.server.routes.session_shapes import message_list, message_tree
from cantata.server.runs.ids import new_run_id
from cantata.server.runs.model import Message
from cantata.server.runs.sessions import branch_to, one_line

RUN = new_run_id()


def a_message(name: str, parent: str | None) -> Message:
    return Message(
        message_id=name,
        run_id=RUN,
        parent_id=parent,
        role="user",
        content=name,
        content_parts=[],
        cause_by="user",
        sent_from="user",
        send_to=[],
        timestamp="2026-01-01T00:00:00.500Z",
        metadata={},
    )


def ids(tree: list[Any]) -> list[Any]:
    return [[one["message_id"], ids(one["children"])] for one in tree]


def test_a_tree_nests_what_follows_a_message() -> None:
    messages = [a_message("a", None), a_message("b", "a"), a_message("c", "a"), a_message("d", None)]

    tree = json.loads(message_tree("s", messages, {"a"}))

    assert ids(tree) == [["a", [["b", []], ["c", []]]], ["d", []]]
    assert [one["active"] for one in tree] == [True, False]


def test_a_message_whose_parent_is_not_there_begins_a_tree() -> None:
    assert ids(json.loads(message_tree("s", [a_message("b", "a")], set()))) == [["b", []]]


def test_no_messages_are_an_empty_tree() -> None:
    assert (message_tree("s", [], set()), message_list("s", [], set())) == (b"[]", b"[]")


def test_a_tree_may_be_deeper_than_encoders_go() -> None:
    chain = [a_message(str(number), str(number - 1)) for number in range(5_000)]

    written = message_tree("s", chain, set())

    assert written.count(b'"children":[{') == 4_999
    assert written.endswith(b"]}" * 5_000 + b"]")


def test_a_list_has_the_time_in_unix_seconds() -> None:
    assert json.loads(message_list("s", [a_message("a", None)], set()))[0]["timestamp"] == 1767225600.5


def test_a_branch_leads_from_the_beginning_to_its_end() -> None:
    messages = [a_message("a", None), a_message("b", "a"), a_message("c", "b"), a_message("x", "a")]

    assert [one.message_id for one in branch_to(messages, "c")] == ["a", "b", "c"]
    assert branch_to(messages, None) == []


def test_one_line_is_short() -> None:
    assert one_line(" a\n b ", 10) == "a b"
    assert one_line("aaa bbb", 5) == "aaa…"
