"""`compat`: named frames, as `connected`, `chunk`, `complete` and `close`, around the answer's text."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from msgspec import UNSET

from cantata.callbacks.events import (
    TYPE_NAMES,
    MessageComplete,
    MessageDelta,
    Progress,
    ReasoningStep,
    StepEnd,
    StepStart,
    StoredEvent,
    ToolEnd,
    ToolProgress,
    ToolStart,
    WorkflowCancelled,
    WorkflowCompleted,
    WorkflowError,
    WorkflowInterrupted,
    WorkflowStarted,
    encode,
)
from cantata.server.protocols.answer import Answer
from cantata.server.protocols.chunks import branch_fault, fault
from cantata.server.protocols.lanes import Lane
from cantata.server.protocols.projection import TEXT, Word, a_piece, encode_json

_STATUS = (StepEnd, ToolStart, ToolProgress, ToolEnd, ReasoningStep, WorkflowInterrupted)


class Compat:
    """A `Projection`; with *has_tokens* every piece is told as a `token`, too."""

    remembers: ClassVar[bool] = True

    def __init__(self, *, has_tokens: bool = False) -> None:
        self._answer = Answer()
        self._has_tokens = has_tokens

    def tell(self, event: StoredEvent) -> Sequence[Word]:
        """Say the event in this format's words; what they have no name for is left out."""
        self._answer.hear(event)
        match event:
            case WorkflowStarted():
                return [_connected(event.workflow_id, event.graph)]
            case MessageDelta() | MessageComplete():
                said = self._answer.said(event)
                return self._chunk(*said) if said else ()
            case StepStart():
                anew = [word for lane in self._answer.voided(event) for word in self._begun_anew(lane)]
                return [*anew, Word("status", encode(event))]
            case Progress():
                return [_word("progress", {"percent": event.percent, "message": event.message})]
            case WorkflowCompleted() | WorkflowError() | WorkflowCancelled():
                return [_ending(event), Word("close", b"{}")]
            case _ if isinstance(event, _STATUS):
                return [Word("status", encode(event))]
            case _:
                lane = self._answer.failed_branch(event)
                return (
                    [_word("status", {"type": "branch_failed", **lane.name, "error": branch_fault(event)})]
                    if lane
                    else ()
                )

    def catch_up(self, workflow: Mapping[str, Any]) -> Sequence[Word]:
        """Say whose the answer is and the whole of it, anew for whoever had some."""
        self._answer = Answer.of(workflow)
        anew = [word for lane in self._answer.lanes for word in self._begun_anew(lane)]
        return [_connected(workflow["workflow_id"], workflow["graph"]), *anew]

    def _begun_anew(self, lane: Lane) -> Sequence[Word]:
        return [_reset(lane), *(self._chunk(lane, lane.text) if lane.text else ())]

    def _chunk(self, lane: Lane, text: str) -> Sequence[Word]:
        name, index = lane.name, lane.count
        said = a_piece(
            "chunk", ("chunk", lane.model), text, lambda t: encode_json({**name, "chunk": t, "index": index}), TEXT
        )
        if not self._has_tokens:
            return [said]
        # The chunk first: its index tells one that a cut between the two lets come again.
        return [said, a_piece("token", ("token", lane.model), text, lambda t: encode_json({**name, "token": t}), TEXT)]


def _ending(event: WorkflowCompleted | WorkflowError | WorkflowCancelled) -> Word:
    if not isinstance(event, WorkflowCompleted):
        return _word("error", {"error": fault(event)})
    told = {"workflow_id": event.workflow_id, "final_response": event.final_response, "usage": event.usage}
    return _word("complete", told)


def _connected(workflow_id: str, graph: str) -> Word:
    return _word("connected", {"workflow_id": workflow_id, "agent": graph}, TYPE_NAMES[WorkflowStarted])


def _reset(lane: Lane) -> Word:
    return _word("status", {"type": "reset", **lane.name, "reset": True}, TEXT)


def _word(name: str, members: Mapping[str, Any], event_type: str | None = None) -> Word:
    told = {key: value for key, value in members.items() if value is not UNSET}
    return Word(name, encode_json(told), None, event_type)
