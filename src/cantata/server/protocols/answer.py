"""The answer in a run's log, for formats that carry nothing else: what its answer nodes say, as it comes.

Several models side by side each have a lane; any other answer is one lane without a name. Text that was told cannot be
recalled: when the step that said it is done anew the lane begins anew, with what it said that stands.

Only an ended run's log is ever trimmed, and its folded workflow stays: what the answer is then told from. The pieces
that are still in the log are a part of that text, and are not told again.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from cantata.callbacks.events import (
    Custom,
    MessageComplete,
    MessageDelta,
    MessageStart,
    ReasoningStep,
    StepStart,
    StoredEvent,
    ToolStart,
    Usage,
    WorkflowStarted,
)
from cantata.server.protocols.lanes import Lane
from cantata.server.runs.lineage import Lineage
from cantata.server.runs.requests import MODELS


class Answer:
    """Follows a run's answer."""

    def __init__(self) -> None:
        self.lanes: Sequence[Lane] = ()
        self.has_models = False
        self._is_whole = False
        self._lineage = Lineage()
        self._messages: dict[str, tuple[Lane, str | None]] = {}

    @classmethod
    def of(cls, workflow: Mapping[str, Any]) -> "Answer":
        """Return the whole answer of a run that has ended, in the order in which its messages began."""
        answer = cls()
        answer._open(workflow["metadata"], workflow["answer_nodes"] or [[]])
        answer._is_whole = True
        for message in workflow["messages"]:
            if not message["void"] and (lane := answer.lane_of(message["path"])):
                lane.say(message["message_id"], None, message["content"])
                lane.end(message["message_id"])
        for call in workflow["reasoning"]:
            if lane := answer.lane_of(call["path"]):
                lane.usages.append(msgspec.convert(call["usage"], Usage))
        for lane in answer.lanes:
            lane.count = bool(lane.text)  # it is told as one piece
        return answer

    def hear(self, event: StoredEvent) -> None:
        """Take in what says where the answer comes from."""
        if self._is_whole:
            return
        match event:
            case WorkflowStarted():
                self._open(event.metadata or {}, [[]] if event.answer_nodes is UNSET else event.answer_nodes)
            case StepStart():
                self._lineage.step(event)
            case ToolStart():
                self._lineage.tool(event)
            case MessageStart():
                if lane := self.lane_of(event.path):
                    self._messages[event.message_id] = (lane, self._lineage.step_above(event))
            case ReasoningStep():
                if lane := self.lane_of(event.path):
                    lane.usages.append(event.usage)
            case _:
                pass

    def said(self, event: MessageDelta | MessageComplete) -> tuple[Lane, str] | None:
        """Take in a piece of text, or a message's end; return what is to be told of which lane now."""
        if (found := self._messages.get(event.message_id)) is None:
            return None
        lane, step = found
        if isinstance(event, MessageDelta):
            text = lane.say(event.message_id, step, event.delta)
        else:
            text = lane.end(event.message_id)
        return (lane, text) if text else None

    def voided(self, event: StepStart) -> list[Lane]:
        """Let the lanes begin anew whose text this start makes void; return them."""
        void = event.replaces or ()
        return [lane for lane in self.lanes if lane.begin_anew(void)] if void and not self._is_whole else []

    def lane_of(self, path: Sequence[str]) -> Lane | None:
        """Return the lane that a node's words belong to."""
        return next((lane for lane in self.lanes if any(list(path[: len(p)]) == p for p in lane.paths)), None)

    def failed_branch(self, event: StoredEvent) -> Lane | None:
        """Return the lane whose model failed while the others go on."""
        if not self.has_models or not isinstance(event, Custom) or event.name != "branch_failed":
            return None
        # An agent may say this word, too, and mean something else; what the branch itself says has its very path.
        return next((lane for lane in self.lanes if event.path in lane.paths), None)

    def _open(self, metadata: Mapping[str, Any], nodes: Sequence[list[str]]) -> None:
        models = metadata.get(MODELS)
        if isinstance(models, list) and len(models) == len(nodes):
            self.has_models = True
            self.lanes = [Lane(model, [path]) for model, path in zip(models, nodes, strict=True)]
        else:
            self.lanes = [Lane(None, nodes)]
