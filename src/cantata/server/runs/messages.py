"""What a run adds to its session's messages: the user's question when it is created, its own words when it has ended.

Pure functions. The user's texts are kept verbatim, as what the run says is; an input that is no text is shown as events
show it, masked.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from cantata.callbacks.events import WorkflowStarted
from cantata.server.runs.ids import RunId, message_id_of, uuid_of
from cantata.server.runs.model import Message, Run

USER = "user"
ATTACHED = ("image", "file", "audio", "video", "image_url")  # the types of parts that are no words

Entry = dict[str, Any]


def question_of(first: WorkflowStarted, given: Any) -> Message:
    """Say what the user said to a run, by its first event and its input."""
    parts = parts_of(given)
    if parts is None:
        parts = [{"type": "json", "json": first.input}]
    run_id = RunId(first.workflow_id)
    return Message(
        message_id=message_id_of(run_id, 0),
        run_id=run_id,
        parent_id=None,
        role=USER,
        content=_text_in(parts),
        content_parts=parts,
        cause_by=USER,
        sent_from=USER,
        send_to=[first.graph],
        timestamp=first.timestamp,
        metadata={"workflow_id": run_id},
        trace_id=first.trace_id or None,
    )


def messages_of(run: Run, workflow: Entry) -> list[Message]:
    """Say what stands of what an ended run said, each message after the one before, the first after its question."""
    messages: list[Message] = []
    said = [entry for entry in workflow["messages"] if _stands(entry)]
    answer = workflow["final_response"]
    answering = next((e for e in reversed(said) if answer and e["content"].strip() == answer.strip()), None)
    if answer and answering is None:
        answering = _silent_answer(workflow)
        said.append(answering)
    parent_id = run.question_id
    for entry in said:
        messages.append(_message(run, workflow, entry, parent_id, is_answer=entry is answering))
        parent_id = messages[-1].message_id
    return messages


def parts_of(given: Any) -> list[Any] | None:
    """Return the parts of the text that an input holds; None when it holds none, or something beside it."""
    if isinstance(given, str):
        return [{"type": "text", "text": given}]
    if not isinstance(given, dict):
        return None
    if "messages" in given:
        return _parts_of_message(given["messages"])
    (value, *others) = given.values() or [None]
    return parts_of(value) if isinstance(value, str) and not others else None


def text_of(given: Any) -> str | None:
    """Return what the user said, when an input says something."""
    parts = parts_of(given)
    return None if parts is None else _text_in(parts) or None


def with_text(given: Any, text: str) -> Any:
    """Return the input with *text* in place of the user's, whose pictures and files stay; None when it holds none."""
    parts = parts_of(given)
    if parts is None:
        return None
    if isinstance(given, str):
        return text
    messages = given.get("messages")
    if messages is None:
        return dict.fromkeys(given, text)
    before = messages[:-1] if isinstance(messages, list) else []
    attached = attachments_in(parts)
    content = [{"type": "text", "text": text}, *attached] if attached else text
    return {**given, "messages": [*before, {"role": USER, "content": content}]}


def attachments_in(parts: Sequence[Any]) -> list[dict[str, Any]]:
    """Return those parts of a message that are pictures or files."""
    return [part for part in parts if isinstance(part, dict) and part.get("type") in ATTACHED]


def _parts_of_message(messages: Any) -> list[Any] | None:
    last = messages[-1] if isinstance(messages, list) and messages else messages
    content = last.get("content") if isinstance(last, dict) else last[1] if _is_pair(last) else last
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return content if isinstance(content, list) and isinstance(last, dict) and content else None


def _is_pair(value: Any) -> bool:
    """Tell whether this is LangChain's short form of one message: its role and its text."""
    return isinstance(value, list) and len(value) == 2 and value[0] in ("user", "human") and isinstance(value[1], str)


def _text_in(parts: Sequence[Any]) -> str:
    """Join the texts of parts; what is no text but JSON stands as JSON."""
    return "\n".join(text for part in parts if (text := _text_of_part(part)))


def _text_of_part(part: Any) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict) and part.get("type") == "json":
        return msgspec.json.encode(part.get("json")).decode()
    text = part.get("text") if isinstance(part, dict) else None
    return text if isinstance(text, str) else ""


def _stands(entry: Entry) -> bool:
    return not entry["void"] and bool(entry["content"] or entry["thought"])


def _silent_answer(workflow: Entry) -> Entry:
    """Make an entry of an answer that no message told, as those of models that do not stream their words."""
    tools = [tool["tool"] for tool in workflow["tools"] if not tool["void"]]
    return {
        "message_id": f"m{1 + len(workflow['messages'])}",
        "agent": workflow["graph"],
        "role": "assistant",
        "model": None,
        "status": "ok",
        "cause_by": tools[-1] if tools and not workflow["messages"] else workflow["graph"],
        "timestamp": workflow["ended_at"],
        "path": [],
        "content": workflow["final_response"],
        "thought": "",
    }


def _message(run: Run, workflow: Entry, entry: Entry, parent_id: str | None, *, is_answer: bool) -> Message:
    thought, text = entry["thought"], entry["content"]
    parts = [{"type": "reasoning", "reasoning": thought}] if thought else []
    return Message(
        message_id=message_id_of(run.id, int(entry["message_id"][1:])),
        run_id=run.id,
        parent_id=parent_id,
        role=entry["role"],
        content=text,
        content_parts=[*parts, {"type": "text", "text": text}] if text else parts,
        cause_by=entry["cause_by"],
        sent_from=entry["agent"],
        send_to=[USER] if is_answer else [],
        timestamp=entry["timestamp"],
        metadata={
            "workflow_id": run.id,
            "workflow_status": workflow["status"],
            "status": entry["status"],
            "path": entry["path"],
            "model": entry["model"],
        },
        trace_id=str(uuid_of(run.id)) if run.spec.traced_by else None,
    )
