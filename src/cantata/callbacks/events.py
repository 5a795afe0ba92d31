"""Every event that a client can see of a run, as one closed union.

An event is a frozen struct whose `type` tag is its name on the wire. Absent optional fields are left out of the
JSON, never `null`. The log alone gives an event its `seq`, through `numbered`, in the write that stores it.
"""

import time
from collections.abc import Callable
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import UNSET, Meta, UnsetType

StepStatus = Literal["ok", "error", "cancelled", "interrupted"]
MessageStatus = Literal["ok", "error", "cancelled"]
Action = Literal["call_tools", "delegate", "answer", "revise"]
Strategy = Literal["single", "sequential", "parallel", "hierarchical"]
InterruptCause = Literal["human", "breakpoint", "budget"]
ResumeCause = Literal["human", "recovery", "drain"]

Seq = Annotated[int, Meta(ge=1, description="Dense per run, from 1; events made by the stream itself have none.")]
Timestamp = Annotated[str, Meta(description="ISO 8601, UTC, milliseconds, `Z`.")]
SpanId = Annotated[str, Meta(description="Start and end of one thing share it.")]


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tokens of one or many model calls; empty where the provider tells none.

    `input_tokens` includes cached ones, `output_tokens` includes thoughts.
    """

    input_tokens: int | UnsetType = UNSET
    output_tokens: int | UnsetType = UNSET
    total_tokens: int | UnsetType = UNSET
    reasoning_tokens: int | UnsetType = UNSET
    cached_tokens: int | UnsetType = UNSET
    cost_usd: float | UnsetType = UNSET
    """An estimate at list price; absent when the model's price is unknown."""
    model_calls: int | UnsetType = UNSET


class ToolCall(msgspec.Struct, frozen=True):
    """A tool call that a model decided on."""

    id: str | None
    name: str
    args: Any


class Fault(msgspec.Struct, frozen=True):
    """What went wrong in a step or a tool."""

    type: str
    message: str


class WorkflowFault(msgspec.Struct, frozen=True):
    """Why a workflow failed."""

    code: str
    message: str
    retryable: bool


class PendingInterrupt(msgspec.Struct, frozen=True):
    """A question that a graph asks a human."""

    id: str
    value: Any
    node: str


class _Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    workflow_id: str
    seq: Seq | UnsetType = UNSET
    timestamp: Timestamp


class _Traced(_Envelope, frozen=True, kw_only=True, omit_defaults=True):
    trace_id: str | UnsetType = UNSET
    observation_id: str | UnsetType = UNSET


class _Placed(_Traced, frozen=True, kw_only=True, omit_defaults=True):
    node: str
    path: list[str]
    parent_span_id: str | UnsetType = UNSET


class _Spanned(_Placed, frozen=True, kw_only=True, omit_defaults=True):
    span_id: SpanId


class WorkflowStarted(_Traced, frozen=True, kw_only=True, omit_defaults=True, tag="workflow_started"):
    """The run exists; stored in the transaction that creates it."""

    graph: str
    strategy: Strategy
    input: Any
    session_id: str
    metadata: dict[str, Any] | UnsetType = UNSET
    answer_nodes: list[list[str]] | UnsetType = UNSET


class StepStart(_Spanned, frozen=True, kw_only=True, omit_defaults=True, tag="step_start"):
    """A node begins."""

    step: int
    name: str
    task_id: str
    attempt: int
    replaces: list[str] | UnsetType = UNSET
    """Spans of the steps that this start makes void."""
    superstep: int | UnsetType = UNSET
    """LangGraph's count of rounds within the step's graph; branches of one round share it."""
    branch: int | UnsetType = UNSET
    """The number among the tasks that one node sent out."""


class StepEnd(_Spanned, frozen=True, kw_only=True, omit_defaults=True, tag="step_end"):
    """A node ended; everything opened under it was closed before."""

    step: int
    name: str
    task_id: str
    status: StepStatus
    duration_ms: int
    output: Any | UnsetType = UNSET
    error: Fault | UnsetType = UNSET


class MessageStart(_Spanned, frozen=True, kw_only=True, omit_defaults=True, tag="message_start"):
    """The first thought or text of a model call, or of a graph that speaks for itself."""

    message_id: str
    agent: str
    role: str
    model: str | UnsetType = UNSET


class AgentThinking(_Envelope, frozen=True, kw_only=True, omit_defaults=True, tag="agent_thinking"):
    """A piece of thought, as it streams."""

    message_id: str
    delta: str


class MessageDelta(_Envelope, frozen=True, kw_only=True, omit_defaults=True, tag="message_delta"):
    """A piece of answer text, as it streams."""

    message_id: str
    delta: str


class MessageComplete(_Spanned, frozen=True, kw_only=True, omit_defaults=True, tag="message_complete"):
    """The end of a message; a cut one holds the text so far."""

    message_id: str
    agent: str
    role: str
    model: str | UnsetType = UNSET
    status: MessageStatus
    content: str
    thought: str | UnsetType = UNSET
    usage: Usage | UnsetType = UNSET


class ReasoningStep(_Spanned, frozen=True, kw_only=True, omit_defaults=True, tag="reasoning_step"):
    """The end of a model call: what the agent decided."""

    index: int
    agent: str
    model: str
    thought: str
    action: Action
    tool_calls: list[ToolCall]
    usage: Usage
    duration_ms: int


class ToolStart(_Spanned, frozen=True, kw_only=True, omit_defaults=True, tag="tool_start"):
    """A tool begins."""

    tool_call_id: str | UnsetType = UNSET
    tool: str
    args: Any


class ToolProgress(_Spanned, frozen=True, kw_only=True, omit_defaults=True, tag="tool_progress"):
    """Word from inside a tool."""

    progress: int | float | UnsetType = UNSET
    message: str | UnsetType = UNSET


class ToolEnd(_Spanned, frozen=True, kw_only=True, omit_defaults=True, tag="tool_end"):
    """A tool ended."""

    tool_call_id: str | UnsetType = UNSET
    tool: str
    status: StepStatus
    output: Any | UnsetType = UNSET
    output_bytes: int | UnsetType = UNSET
    error: Fault | UnsetType = UNSET
    duration_ms: int


class Progress(_Placed, frozen=True, kw_only=True, omit_defaults=True, tag="progress"):
    """How far the run is."""

    percent: int | float | UnsetType = UNSET
    message: str | UnsetType = UNSET


class Custom(_Placed, frozen=True, kw_only=True, omit_defaults=True, tag="custom"):
    """Any other word of the graph."""

    name: str
    data: Any


class WorkflowInterrupted(_Traced, frozen=True, kw_only=True, omit_defaults=True, tag="workflow_interrupted"):
    """A human is asked; not terminal."""

    interrupts: list[PendingInterrupt]
    nodes: list[str] | UnsetType = UNSET
    cause: InterruptCause
    checkpoint_id: str


class WorkflowResumed(_Traced, frozen=True, kw_only=True, omit_defaults=True, tag="workflow_resumed"):
    """Going on after an interrupt, a crash or a planned stop."""

    cause: ResumeCause
    attempt: int
    checkpoint_id: str | UnsetType = UNSET


class WorkflowCompleted(_Traced, frozen=True, kw_only=True, omit_defaults=True, tag="workflow_completed"):
    """Terminal: the graph reached its end."""

    final_response: str | UnsetType = UNSET
    output: Any
    usage: Usage
    execution_time_ms: int
    tools_used: list[str]
    step_count: int
    checkpoint_id: str | UnsetType = UNSET


class WorkflowError(_Traced, frozen=True, kw_only=True, omit_defaults=True, tag="workflow_error"):
    """Terminal: the run failed."""

    error: WorkflowFault
    recovery_suggestions: list[str]
    partial_response: str | UnsetType = UNSET
    failed_node: str | UnsetType = UNSET
    usage: Usage
    execution_time_ms: int
    checkpoint_id: str | UnsetType = UNSET


class WorkflowCancelled(_Traced, frozen=True, kw_only=True, omit_defaults=True, tag="workflow_cancelled"):
    """Terminal: somebody stopped the run."""

    by: str
    reason: str
    partial_response: str | UnsetType = UNSET
    usage: Usage
    execution_time_ms: int


class Heartbeat(_Envelope, frozen=True, kw_only=True, omit_defaults=True, tag="heartbeat"):
    """Made by a silent stream; not stored."""

    status: str
    last_seq: int


class StreamGap(_Envelope, frozen=True, kw_only=True, omit_defaults=True, tag="stream_gap"):
    """Made by the stream when a cursor is older than retention."""

    from_seq: int
    to_seq: int
    snapshot: Any


class AuthExpired(_Envelope, frozen=True, kw_only=True, omit_defaults=True, tag="auth_expired"):
    """Made by the stream when the reader's right to it ends."""

    reason: str


TerminalEvent = WorkflowCompleted | WorkflowError | WorkflowCancelled
StoredEvent = (
    WorkflowStarted
    | StepStart
    | StepEnd
    | MessageStart
    | AgentThinking
    | MessageDelta
    | MessageComplete
    | ReasoningStep
    | ToolStart
    | ToolProgress
    | ToolEnd
    | Progress
    | Custom
    | WorkflowInterrupted
    | WorkflowResumed
    | TerminalEvent
)
StreamEvent = Heartbeat | StreamGap | AuthExpired
Event = StoredEvent | StreamEvent

TERMINAL_TYPES = (WorkflowCompleted, WorkflowError, WorkflowCancelled)
TYPE_NAMES: dict[type, str] = {kind: kind.__struct_config__.tag for kind in get_args(Event)}

Clock = Callable[[], float]
"""Seconds since the Unix epoch."""

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[StoredEvent] = msgspec.json.Decoder(StoredEvent)


def numbered(event: StoredEvent, seq: int) -> StoredEvent:
    """Give *event* its place in the log, once; only the log calls this."""
    msgspec.structs.force_setattr(event, "seq", seq)
    return event


def encode(event: Event) -> bytes:
    """Write *event* as compact JSON, `type` first."""
    return _encoder.encode(event)


def decode(data: bytes) -> StoredEvent:
    """Read a stored event back from its JSON."""
    return _decoder.decode(data)


def json_schema() -> dict[str, Any]:
    """Describe every event as one JSON Schema (2020-12), discriminated by `type`."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Event)}


class Timestamps:
    """Formats times as events carry them; a token's stamp costs a division, not a calendar."""

    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock
        self._latest = (-1, "")  # one attribute, so that threads never see half of a pair

    def now(self) -> str:
        """Return the time of now."""
        return self.at(self._clock())

    def ago(self, seconds: float) -> str:
        """Return the time that was so many seconds ago."""
        return self.at(self._clock() - seconds)

    def at(self, seconds: float) -> str:
        """Format *seconds* since the Unix epoch; safe from any thread."""
        milliseconds = int(seconds * 1000)
        second = milliseconds // 1000
        known, prefix = self._latest
        if second != known:
            prefix = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._latest = (second, prefix)
        return f"{prefix}.{milliseconds % 1000:03d}Z"
