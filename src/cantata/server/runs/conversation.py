"""What a conversation's new run starts with, beside the user's own words.

A thread belongs to one session and graph. It may hold a tool call that a cancel left unanswered, which every provider
refuses, and it has not seen what other graphs of the session said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid5

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.messages.utils import convert_to_messages

from cantata.server.runs.answers import ids_of
from cantata.server.runs.ids import uuid_of
from cantata.server.runs.model import Run


@dataclass(frozen=True)
class Opening:
    """The input of a run on a thread with messages, and the messages that were there before."""

    input: dict[str, Any]
    seen: set[str]


def open_conversation(run: Run, thread: Sequence[BaseMessage], earlier: Sequence[tuple[str, str | None]]) -> Opening:
    """Complete the run's input; *earlier* are the session's messages and answers that the thread has not seen.

    The messages' ids derive from the run's, so that an opening repeated after a crash adds nothing twice.
    """
    given = run.spec.input
    said = convert_to_messages(_messages(given.get("messages")))
    opening = [*_answers_to_cut_calls(thread), *_unseen(earlier), *said]
    for number, message in enumerate(opening):
        if message.id is None:
            message.id = str(uuid5(uuid_of(run.id), str(number)))
    return Opening({**given, "messages": opening}, ids_of(thread) | ids_of(opening))


def _messages(given: Any) -> Any:
    return given if isinstance(given, list) else [given] if given is not None else []


def _answers_to_cut_calls(thread: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Answer the tool calls that nobody answered; only the thread's last model turn can have any."""
    answered = {m.tool_call_id for m in thread if isinstance(m, ToolMessage)}
    last = next((m for m in reversed(thread) if isinstance(m, AIMessage)), None)
    return [
        ToolMessage("cancelled", tool_call_id=call["id"], name=call["name"], status="error")
        for call in (last.tool_calls if last else ())
        if call["id"] and call["id"] not in answered
    ]


def _unseen(earlier: Sequence[tuple[str, str | None]]) -> list[BaseMessage]:
    said: list[BaseMessage] = []
    for text, answer in earlier:
        said.append(HumanMessage(text))
        if answer:
            said.append(AIMessage(answer))
    return said
