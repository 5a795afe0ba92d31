"""Which step each thing of a run stands or falls with: the nearest one above it, through tools."""

from cantata.callbacks.events import MessageStart, ReasoningStep, StepStart, ToolStart


class Lineage:
    """Learns of steps and tools as they start."""

    def __init__(self) -> None:
        self._steps: set[str] = set()
        self._step_of_tool: dict[str, str] = {}

    def step(self, event: StepStart) -> None:
        """Learn of a step."""
        self._steps.add(event.span_id)

    def tool(self, event: ToolStart) -> None:
        """Learn of a tool: what is under it goes with its own step."""
        if step := self.step_above(event):
            self._step_of_tool[event.span_id] = step

    def step_above(self, event: MessageStart | ReasoningStep | ToolStart) -> str | None:
        """Return the span of the step that *event*'s thing becomes void with."""
        above = event.parent_span_id or ""
        return above if above in self._steps else self._step_of_tool.get(above)
