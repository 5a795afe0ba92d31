"""Why a graph paused: what it asks, and which node asks what."""

from dataclasses import dataclass

from langgraph.callbacks import GraphInterruptEvent
from langgraph.errors import GraphInterrupt
from langgraph.types import Interrupt

from cantata.callbacks.spans import StepSpan


@dataclass(frozen=True)
class Interruption:
    """Why the root graph paused."""

    status: str
    checkpoint_id: str
    interrupts: tuple[tuple[Interrupt, str], ...]
    """Each pending question with the node that asks it."""


class Askers:
    """Remembers which step asks which question: the graph's own word of its pause does not tell."""

    def __init__(self) -> None:
        self._steps: dict[str, StepSpan] = {}

    def note(self, error: GraphInterrupt, span: StepSpan) -> None:
        """Take in that *span* ends with questions."""
        for asked in error.args[0] if error.args else ():
            self._steps.setdefault(asked.id, span)  # the innermost node is told first

    def interruption(self, event: GraphInterruptEvent) -> Interruption:
        """Say why the graph of *event* paused; the questions are in the order of the nodes' starts."""
        # A question asked in a `@task` is told twice: by the task, and by the function that waits for it.
        questions = {question.id: question for question in event.interrupts}.values()
        askers = [(question, self._steps.get(question.id)) for question in questions]
        askers.sort(key=lambda asked: asked[1].numbers() if asked[1] else ())  # LangGraph's order is that of asking
        asked = tuple((question, step.name if step else "") for question, step in askers)
        return Interruption(event.status, event.checkpoint_id, asked)
