"""What a run is, apart from where it is stored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from cantata.callbacks.events import Strategy, Usage
from cantata.server.runs.allowances import NOTHING_LIMITED, Allowance
from cantata.server.runs.ids import RunId

Status = Literal["queued", "running", "interrupted", "completed", "failed", "cancelled"]
FINAL_STATUSES: frozenset[Status] = frozenset({"completed", "failed", "cancelled"})
ACTIVE_STATUSES: frozenset[Status] = frozenset({"queued", "running", "interrupted"})

DEFAULT_WORKSPACE = "default"
"""Of whoever names none."""

OnDisconnect = Literal["continue", "cancel"]
IfBusy = Literal["reject", "enqueue"]
Takeover = Literal["recovery", "drain"]
"""Why a queued run that had begun waits: its process died, or stopped in good order."""


class RunSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to run and how; stored verbatim with the run."""

    graph: str
    input: Any
    strategy: Strategy = "single"
    definition: dict[str, Any] | None = None
    """The workflow spec that was sent with the request, or stored under the graph's name when the run was created."""
    version: int | None = None
    """Of the stored definition."""
    context: dict[str, Any] | None = None
    configurable: dict[str, Any] = {}
    tags: list[str] = []
    recursion_limit: int | None = None
    timeout_seconds: float | None = None
    on_disconnect: OnDisconnect = "continue"
    is_stream: bool = False
    """It was asked for as a stream of its own, and is counted among those."""
    metadata: dict[str, Any] = {}
    answer_nodes: list[list[str]] | None = None
    """The paths of the nodes whose messages are the answer, where the graph says so."""
    traced_by: list[str] = []
    """The tools that its trace is sent to, as drawn when it was created."""
    traceparent: str | None = None
    """The span of the request that made it, where that came with one."""
    continues: bool = False
    """A fork that begins with what its checkpoint leaves to be done; `input` is then its origin's."""
    role: str | None = None
    """Of whoever asked for it, which says how much it may use up; None on an open server."""

    @property
    def thread_name(self) -> str:
        """Name the thread's graph: a workflow that one request brought shares none with a graph of its name."""
        return self.graph if self.definition is None or self.version is not None else f"({self.graph})"


@dataclass(frozen=True)
class ForkPoint:
    """The checkpoint that a new run's thread begins with."""

    run_id: RunId
    thread_id: str
    checkpoint_id: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """What somebody said in a session; `parent_id` is the message that it goes on from."""

    message_id: str
    run_id: RunId
    parent_id: str | None
    role: str
    content: str
    content_parts: list[Any]
    cause_by: str
    """A tool, a graph, or `user`."""
    sent_from: str
    send_to: list[str]
    timestamp: str
    metadata: dict[str, Any]
    trace_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class NewRun:
    """A run that is to be created."""

    id: RunId
    owner: str
    workspace: str = DEFAULT_WORKSPACE
    session_id: str
    spec: RunSpec
    is_session_new: bool = False
    """The server has just made up the session's name, so nothing else can be in it."""
    if_busy: IfBusy = "reject"
    request_hash: str = ""
    """Of route and body: tells a repeated request from another one."""
    idempotency_key: str | None = None
    fork: ForkPoint | None = None
    follows: RunId | UnsetType | None = UNSET
    """The run of the session that it goes on from, None for the beginning; the session's head when unset."""
    question: Message | None = None
    """What the user says; the store knows its parent."""
    answers_again: RunId | None = None
    """A run of the session whose question this one answers, too, instead of one of its own."""
    allowance: Allowance = NOTHING_LIMITED
    """What its owner may have; decided in the transaction that creates it."""


class Turn(msgspec.Struct, frozen=True, array_like=True):
    """What statistics keep of one turn of an agent, or of a whole run."""

    status: str
    duration_ms: int
    input_tokens: int = 0
    output_tokens: int = 0
    model_calls: int = 0
    cost_usd: float | None = 0.0
    """None when the price of a call is unknown."""


class RunRecord(msgspec.Struct, frozen=True, array_like=True):
    """What statistics keep of a run that has ended."""

    strategy: Strategy
    graph: str
    run: Turn
    agents: list[tuple[str, Turn]]
    is_stream: bool = False


@dataclass(frozen=True, kw_only=True)
class ModelCall:
    """What one model call used, and for whom."""

    owner: str
    session_id: str
    graph: str
    agent: str
    model: str
    usage: Usage


class Spent(NamedTuple):
    """What an owner's model calls have used up in a day; those of unknown price cost nothing here."""

    tokens: int
    cost_usd: float


class Feedback(msgspec.Struct, frozen=True):
    """What the owner of a run says of its answer."""

    score: int
    """1 for a good answer, 0 for a bad one."""
    comment: str | None


class Resumption(msgspec.Struct, frozen=True):
    """The last answer of a human: a repeat of the same request attaches to it."""

    idempotency_key: str | None
    responses: dict[str, Any]
    seq: int
    """Of its `workflow_resumed`."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run's row."""

    id: RunId
    owner: str
    workspace: str = DEFAULT_WORKSPACE
    session_id: str
    thread_id: str
    spec: RunSpec
    status: Status
    attempt: int
    epoch: int
    last_seq: int
    created_at: str
    updated_at: str
    started_at: str | None
    request_hash: str
    takeover: Takeover | None
    answers: dict[str, Any] | None
    """A human's answers that the graph has not taken yet."""
    resumption: Resumption | None
    base_checkpoint_id: str | None
    """The thread's newest checkpoint when the run first started."""
    parent_id: RunId | None = None
    """The run that it follows in its conversation."""
    question_id: str | None = None
    """The message that it answers."""
    feedback: Feedback | None = None
    workflow: bytes = field(repr=False, default=b"")
    """The folded workflow as JSON; as of the last time the run came to rest."""

    @property
    def is_final(self) -> bool:
        """Tell whether nothing can happen to the run any more."""
        return self.status in FINAL_STATUSES


@dataclass(frozen=True, kw_only=True)
class Session:
    """A conversation, and where it stands."""

    id: str
    title: str | None
    """As somebody set it."""
    first_words: str | None
    """The first message, which names a session that has no title."""
    head_id: RunId | None
    """The run that the next one follows."""
    head_message_id: str | None
    """The last message of the active branch."""
    status: Status | None
    """Of the head."""
    active_id: RunId | None
    """The active run whose turn it is."""
    created_at: str
    updated_at: str
    last_message: Message | None
    message_count: int
    run_count: int
    graphs: list[str]
    """By their first use."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The right to execute a run, until a newer claim takes it."""

    run: Run
    checkpoint_id: str | None
    """The thread's newest root checkpoint now; equal to the base while this run has none."""

    @property
    def has_checkpoint(self) -> bool:
        """Tell whether the run can be resumed instead of restarted."""
        return self.checkpoint_id != self.run.base_checkpoint_id


@dataclass(frozen=True, kw_only=True)
class Rest:
    """How a run comes to rest, or goes back into the queue."""

    status: Status
    takeover: Takeover | None = None
    answers: dict[str, Any] | None = None
    resumption: Resumption | None = None
    record: RunRecord | None = None
    """What statistics keep of a run that has ended."""
    messages: Sequence[Message] = ()
    """What a run that has ended said."""
    allowance: Allowance = NOTHING_LIMITED
    """What the owner may have of a run that is answered; decided in the transaction that queues it."""


@dataclass(frozen=True)
class Fence:
    """What a write to a run must find unchanged."""

    epoch: int
    last_seq: int
