"""`chunks`: the answer's text in numbered pieces, and one last frame that sums it up. Its frames have no names."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from msgspec import UNSET

from cantata.callbacks.events import (
    MessageComplete,
    MessageDelta,
    StepStart,
    StoredEvent,
    Usage,
    WorkflowCancelled,
    WorkflowCompleted,
    WorkflowError,
    WorkflowInterrupted,
)
from cantata.callbacks.usage import total
from cantata.server.protocols.answer import Answer
from cantata.server.protocols.lanes import Lane
from cantata.server.protocols.projection import TEXT, Word, a_piece, encode_json


class Chunks:
    """A `Projection`."""

    remembers: ClassVar[bool] = True

    def __init__(self) -> None:
        self._answer = Answer()

    def tell(self, event: StoredEvent) -> Sequence[Word]:
        """Say what belongs to the answer, and how the run ends."""
        self._answer.hear(event)
        match event:
            case MessageDelta() | MessageComplete():
                said = self._answer.said(event)
                return [_chunk(*said)] if said else ()
            case StepStart():
                return [word for lane in self._answer.voided(event) for word in _begun_anew(lane)]
            case WorkflowInterrupted():
                return [_word({"interrupted": {"workflow_id": event.workflow_id, "interrupts": event.interrupts}})]
            case WorkflowCompleted():
                return [_word(self._complete(event))]
            case WorkflowError() | WorkflowCancelled():
                return [_word({"error": fault(event)})]
            case _:
                lane = self._answer.failed_branch(event)
                return [_word({**lane.name, "error": branch_fault(event)})] if lane else ()

    def catch_up(self, workflow: Mapping[str, Any]) -> Sequence[Word]:
        """Say the whole answer, anew for whoever had some of it."""
        self._answer = Answer.of(workflow)
        return [word for lane in self._answer.lanes for word in _begun_anew(lane)]

    def _complete(self, event: WorkflowCompleted) -> Mapping[str, Any]:
        lanes = self._answer.lanes
        told: dict[str, Any] = {"complete": True, "totalChunks": sum(lane.count for lane in lanes)}
        if self._answer.has_models:
            told["fullText"] = {lane.model: lane.text for lane in lanes}
            told["usage"] = {lane.model: _usage(total(lane.usages)) for lane in lanes}
        else:
            told["fullText"] = "".join(lane.text for lane in lanes)
            told["usage"] = _usage(event.usage)
        return told if event.final_response is UNSET else {**told, "final_response": event.final_response}


def fault(event: WorkflowError | WorkflowCancelled) -> Mapping[str, str]:
    """Say why a run did not complete."""
    if isinstance(event, WorkflowError):
        return {"code": event.error.code, "message": event.error.message}
    return {"code": "cancelled", "message": event.reason}


def branch_fault(event: Any) -> Mapping[str, str]:
    """Say why one of several models gave no answer."""
    told = event.data["error"]["message"] if isinstance(event.data, dict) else event.data  # a long one was cut to text
    return {"code": "model_failed", "message": told}


def _begun_anew(lane: Lane) -> Sequence[Word]:
    reset = _word({**lane.name, "reset": True}, TEXT)
    return [reset, _chunk(lane, lane.text)] if lane.text else [reset]


def _chunk(lane: Lane, text: str) -> Word:
    name, index = lane.name, lane.count
    key = ("chunk", lane.model)
    return a_piece(None, key, text, lambda words: encode_json({**name, "chunk": words, "index": index}), TEXT)


def _usage(usage: Usage) -> Mapping[str, int]:
    return {
        "promptTokens": usage.input_tokens or 0,
        "completionTokens": usage.output_tokens or 0,
        "totalTokens": usage.total_tokens or 0,
    }


def _word(members: Mapping[str, Any], event_type: str | None = None) -> Word:
    return Word(None, encode_json(members), None, event_type)
