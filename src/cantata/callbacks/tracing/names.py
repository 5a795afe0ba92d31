"""How runs, model calls and their ids are named in traces, whatever the tool that shows them."""

from collections.abc import Collection
from uuid import UUID, uuid5

STREAM_TAG = "operation:api.stream"  # on everything that a request for a stream of its own makes
USER_SCORE = "user_score"  # of a run, by its user: 1 or 0
LANGSMITH, LANGFUSE, OPENTELEMETRY = "langsmith", "langfuse", "opentelemetry"

_HEX_DIGITS = 16  # of an observation's id: the last half of a UUID, which is its random part


def orchestrator(graph: str) -> str:
    """Name the root of a run's trace."""
    return f"{graph}_orchestrator"


def llm_call(model: str) -> str:
    """Name a model call."""
    return f"{model.removeprefix('models/')}_llm_call"


def observation_of(span_id: str) -> str:
    """Return the id under which Langfuse and OpenTelemetry know a span."""
    return span_id.replace("-", "")[-_HEX_DIGITS:]


def feedback_of(run: UUID) -> UUID:
    """Return the id under which tools know what the user says of a run: what is said later takes its place."""
    return uuid5(run, USER_SCORE)


class TraceMarks:
    """The ids by which a run's events are found in its trace: `trace_id` is the run's UUID.

    The observation's is that of Langfuse and OpenTelemetry where one of them is among *told*, else LangSmith's, which
    is the `span_id`. Both follow from the event alone, so a run that goes on elsewhere marks its events alike.
    """

    def __init__(self, run: UUID, told: Collection[str]) -> None:
        self._trace_id = str(run)
        self._is_hex = not {LANGFUSE, OPENTELEMETRY}.isdisjoint(told)

    def of(self, span_id: str | None = None) -> dict[str, str]:
        """Return an event's members; without a span those of the run itself."""
        observed = span_id or self._trace_id
        return {
            "trace_id": self._trace_id,
            "observation_id": observation_of(observed) if self._is_hex else observed,
        }
