"""The answer in a run's log, for formats that carry nothing else: what its answer nodes say, as it comes.

Several models side by side each have a lane; any other answer is one lane without a name. Text that was told cannot be
recalled: when the step that said it is done anew the lane begins anew, with what it said that stands.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import UNSET

from cantata.callbacks.events import (
    Custom,
    MessageDelta,
    MessageStart,
    ReasoningStep,
    StepStart,
    StoredEvent,
    ToolStart,
    Usage,
    WorkflowStarted,
)
from cantata.server.runs.lineage import Lineage
from cantata.server.runs.requests import MODELS


@dataclass(eq=False)
class Lane:
    """One text of the answer."""

    model: str | None
    paths: Sequence[list[str]]
    """The nodes whose words it holds, with all that is below them."""
    count: int = 0
    """Pieces told, ever."""
    usages: list[Usage] = field(default_factory=list)
    _said: list[tuple[str | None, list[str]]] = field(default_factory=list)
    """Since the lane began anew: what a step said, again and again."""

    @property
    def name(self) -> Mapping[str, str]:
        """The member by which a frame says whose text it tells; none where there is but one."""
        return {} if self.model is None else {"model": self.model}

    @property
    def text(self) -> str:
        """All that was told since the lane began anew."""
        return "".join(text for _, texts in self._said for text in texts)

    def say(self, step: str | None, text: str) -> None:
        """Add a piece that *step* said."""
        self.count += 1
        if not self._said or self._said[-1][0] != step:
            self._said.append((step, []))
        self._said[-1][1].append(text)

    def begin_anew(self, void: Collection[str | None]) -> bool:
        """Forget what the steps *void* said; False when they said nothing. What is left is told again, as one piece."""
        standing = [(step, texts) for step, texts in self._said if step not in void]
        if len(standing) == len(self._said):
            return False
        self._said = standing
        self.count += bool(standing)
        return True


class Answer:
    """Follows a run's answer."""

    def __init__(self) -> None:
        self.lanes = [Lane(None, [[]])]  # of a log whose first event retention has removed
        self.has_models = False
        self._lineage = Lineage()
        self._messages: dict[str, tuple[Lane, str | None]] = {}

    def hear(self, event: StoredEvent) -> None:
        """Take in what says where the answer comes from."""
        match event:
            case WorkflowStarted():
                self._start(event)
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

    def said(self, event: MessageDelta) -> Lane | None:
        """Take in a piece of text; None when it is no part of the answer."""
        lane, step = self._messages.get(event.message_id, (None, None))
        if lane is not None:
            lane.say(step, event.delta)
        return lane

    def voided(self, event: StepStart) -> list[Lane]:
        """Let the lanes begin anew whose text this start makes void; return them."""
        void = event.replaces or ()
        return [lane for lane in self.lanes if lane.begin_anew(void)] if void else []

    def lane_of(self, path: Sequence[str]) -> Lane | None:
        """Return the lane that a node's words belong to."""
        return next((lane for lane in self.lanes if any(list(path[: len(p)]) == p for p in lane.paths)), None)

    def failed_branch(self, event: StoredEvent) -> Lane | None:
        """Return the lane whose model failed while the others go on."""
        if not self.has_models or not isinstance(event, Custom) or event.name != "branch_failed":
            return None
        # An agent may say this word, too, and mean something else; what the branch itself says has its very path.
        return next((lane for lane in self.lanes if event.path in lane.paths), None)

    def _start(self, event: WorkflowStarted) -> None:
        models = (event.metadata or {}).get(MODELS)
        nodes = [[]] if event.answer_nodes is UNSET else event.answer_nodes
        if isinstance(models, list) and len(models) == len(nodes):
            self.has_models = True
            self.lanes = [Lane(model, [path]) for model, path in zip(models, nodes, strict=True)]
        else:
            self.lanes = [Lane(None, nodes)]
