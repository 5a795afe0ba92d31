"""`session`: few named frames, each a whole stored event that stands for itself, for one run or a session of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import msgspec
from msgspec import UNSET

from cantata.callbacks.events import (
    MessageComplete,
    MessageDelta,
    MessageStart,
    StepStart,
    StoredEvent,
    TerminalEvent,
    ToolEnd,
    ToolStart,
    WorkflowCancelled,
    WorkflowCompleted,
    WorkflowInterrupted,
    WorkflowStarted,
)
from cantata.server.protocols.projection import Word, a_piece, encode_json
from cantata.server.runs.ids import Cursor, RunId, message_id_of

_ENVELOPE = frozenset(
    {"workflow_id", "seq", "timestamp", "span_id", "parent_span_id", "node", "path", "trace_id", "observation_id"}
    | {"type", "message_id", "metadata", "session_id"}
)
_ENDS = {WorkflowCompleted: "success", WorkflowCancelled: "cancelled"}


class SessionEvents:
    """A `Projection` of a run of *session_id*."""

    remembers: ClassVar[bool] = True

    def __init__(self, session_id: str) -> None:
        self._session_id = session_id
        self._parents: dict[str, Sequence[str]] = {}

    def tell(self, event: StoredEvent) -> Sequence[Word]:
        """Say the event if a session has a name for it."""
        match event:
            case WorkflowStarted():
                return [self._word("status", event, "agent_start", ("agent",), {"agent": event.graph, **_data(event)})]
            case StepStart() | MessageStart():
                self._place(event)
                return ()
            case ToolStart():
                self._place(event)
                return [self._word("status", event, "tool_start", ("tool",), _data(event))]
            case ToolEnd():
                return [self._word("status", event, "tool_end", ("tool",), _data(event))]
            case MessageDelta():
                return [self._delta(event)]
            case MessageComplete():
                return [self._word("message", event, "message_complete", ("agent", "llm"), _data(event))]
            case WorkflowInterrupted():
                return [self._word("status", event, "workflow_interrupted", ("agent",), _data(event))]
            case _ if isinstance(event, TerminalEvent):
                return self._end(event)
            case _:
                return ()

    def catch_up(self, workflow: Mapping[str, Any]) -> Sequence[Word]:
        """Learn what lies above what; each frame stands for itself, and the gap tells what is missing."""
        entries = [*workflow["steps"], *workflow["tools"], *workflow["messages"]]
        above: dict[str, str | None] = {entry["span_id"]: entry["parent_span_id"] for entry in entries}
        for span in above:
            chain = []
            parent = above[span]
            while parent is not None:
                chain.append(parent)
                parent = above.get(parent)
            self._parents[span] = chain[::-1]
        return ()

    def _delta(self, event: MessageDelta) -> Word:
        head = self._head(event, "message_delta", ("agent", "llm"))

        def write(text: str) -> bytes:
            data = {"delta": text, "content_type": "text"}
            return encode_json({**head, "data": data, **data})

        return a_piece("delta", ("delta", event.message_id), event.delta, write)

    def _end(self, event: TerminalEvent) -> Sequence[Word]:
        status = _ENDS.get(type(event), "error")
        end = self._word("status", event, "agent_end", ("agent",), {**_data(event), "status": status})
        return [end, self._word("finish", event, "finish", ("agent",), {"status": status})]

    def _word(
        self, name: str, event: StoredEvent, event_type: str, tags: Sequence[str], data: Mapping[str, Any]
    ) -> Word:
        return Word(name, encode_json({**self._head(event, event_type, tags), "data": data, **data}))

    def _head(self, event: Any, event_type: str, tags: Sequence[str]) -> Mapping[str, Any]:
        cursor = str(Cursor(event.workflow_id, event.seq))
        head = {
            "event_id": f"{cursor}.1" if event_type == "agent_end" else cursor,  # `finish` has the event's own
            "session_id": self._session_id,
            "timestamp": datetime.fromisoformat(event.timestamp).timestamp(),
            "event_type": event_type,
            "run_id": event.workflow_id,
            "parent_ids": self._parents.get(getattr(event, "span_id", ""), ()),
            "tags": tags,
            "metadata": _metadata(event),
            "trace_id": getattr(event, "trace_id", UNSET) or None,
            "observation_id": getattr(event, "observation_id", UNSET) or None,
        }
        if message_id := getattr(event, "message_id", None):
            head["message_id"] = message_id_of(RunId(event.workflow_id), int(message_id[1:]))
        return head

    def _place(self, event: StepStart | MessageStart | ToolStart) -> None:
        parent = event.parent_span_id
        self._parents[event.span_id] = (*self._parents.get(parent, ()), parent) if parent else ()


def _data(event: StoredEvent) -> Mapping[str, Any]:
    members: dict[str, Any] = msgspec.to_builtins(event)
    return {name: value for name, value in members.items() if name not in _ENVELOPE}


def _metadata(event: Any) -> Mapping[str, Any]:
    if isinstance(event, WorkflowStarted):
        return event.metadata or {}
    path = getattr(event, "path", None)
    return {} if path is None else {"node": event.node, "path": path}
