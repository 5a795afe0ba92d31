"""The shape of a workflow as clients get it: what the fold tells and what the run's row adds.

Only a description: the fold writes plain dictionaries. A test reads real workflows with these types.
"""

from typing import Any

import msgspec

from cantata.callbacks.events import Action, InterruptCause, PendingInterrupt, Strategy, ToolCall, WorkflowFault
from cantata.server.runs.model import Feedback, Status


class _Entry(msgspec.Struct, kw_only=True):
    span_id: str
    parent_span_id: str | None
    node: str
    path: list[str]
    void: bool
    """A later attempt stands in its place."""


class WorkflowStep(_Entry, kw_only=True):
    """A node's execution."""

    step: int
    name: str
    status: str
    attempt: int
    duration_ms: int | None
    superstep: int | None = None
    """LangGraph's count of rounds within the step's graph; branches of one round share it."""
    started_at: str | None = None
    output: Any = None
    error: Any = None


class WorkflowReasoning(_Entry, kw_only=True):
    """What an agent decided in one model call."""

    index: int
    agent: str
    thought: str
    action: Action
    tool_calls: list[ToolCall]
    model: str
    usage: dict[str, float | int]
    duration_ms: int


class WorkflowTool(_Entry, kw_only=True):
    """A tool's execution."""

    tool_call_id: str | None
    tool: str
    args: Any
    status: str
    output: Any
    duration_ms: int | None
    started_at: str | None = None
    output_bytes: int | None = None
    error: Any = None
    progress: float | int | None = None
    progress_message: str | None = None


class WorkflowMessage(_Entry, kw_only=True):
    """What the run said."""

    message_id: str
    agent: str
    role: str
    model: str | None
    status: str
    complete: bool
    cause_by: str
    """The last tool that ended since the message before, else the graph."""
    timestamp: str
    """When it began."""
    content: str
    thought: str


class WorkflowUsage(msgspec.Struct, kw_only=True):
    """Tokens and cost of all model calls; the cost is null when one call's price is unknown."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    reasoning_tokens: int
    cached_tokens: int
    cost_usd: float | None
    model_calls: int


class Workflow(msgspec.Struct, kw_only=True):
    """A run as its log tells it."""

    workflow_id: str
    status: Status
    graph: str
    strategy: Strategy
    session_id: str
    input: Any
    metadata: dict[str, Any]
    created_at: str
    started_at: str | None
    ended_at: str | None
    execution_time_ms: int | None
    attempt: int
    last_seq: int
    final_response: str | None
    partial_response: str | None
    output: Any
    error: WorkflowFault | None
    recovery_suggestions: list[str]
    interrupts: list[PendingInterrupt]
    progress: float | int | None
    steps: list[WorkflowStep]
    reasoning: list[WorkflowReasoning]
    tools: list[WorkflowTool]
    messages: list[WorkflowMessage]
    usage: WorkflowUsage
    checkpoint_id: str | None
    trace: dict[str, str] | None
    feedback: Feedback | None
    """What its owner says of its answer; no event tells it."""
    links: dict[str, str]
    answer_nodes: list[list[str]] | None = None
    """Paths of the nodes whose messages are the answer; null for all."""
    interrupt_cause: InterruptCause | None = None
    interrupt_nodes: list[str] | None = None
    failed_node: str | None = None
    cancelled: dict[str, str] | None = None


def workflow_schemas() -> dict[str, Any]:
    """Describe the workflow and its parts as JSON Schemas, as OpenAPI's components name them."""
    _, components = msgspec.json.schema_components([Workflow], ref_template="#/components/schemas/{name}")
    return components
