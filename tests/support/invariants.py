"""What must hold of every run's events, in one function for every tester: `check_invariants`.

It knows `events.md` and the event classes, and nothing of how events come about. A list of events shows no more than
what is here; that a resumed reader gets the same list, that polling tells the same and that no secret is in it are
tests of their own.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from msgspec import UNSET

from cantata.callbacks.events import (
    TERMINAL_TYPES,
    AgentThinking,
    Custom,
    Event,
    Fault,
    MessageComplete,
    MessageDelta,
    MessageStart,
    Progress,
    ReasoningStep,
    StepEnd,
    StepStart,
    StoredEvent,
    StreamEvent,
    ToolEnd,
    ToolProgress,
    ToolStart,
    Usage,
    WorkflowCancelled,
    WorkflowCompleted,
    WorkflowError,
    WorkflowInterrupted,
    WorkflowResumed,
    WorkflowStarted,
    decode,
    encode,
)

Scope = Literal["run", "prefix", "handler"]
"""`run`: the whole log of a finished run. `prefix`: a log so far. `handler`: what a handler emitted until it closed
what was open, without the events that are the run's own."""

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_WORKFLOW_ID = re.compile(r"wf_[0-7][0-9a-hjkmnp-tv-z]{25}")
_PLACED = (
    StepStart,
    StepEnd,
    MessageStart,
    MessageComplete,
    ReasoningStep,
    ToolStart,
    ToolProgress,
    ToolEnd,
    Progress,
    Custom,
)
_MAY_FOLLOW_INTERRUPT = (WorkflowResumed, *TERMINAL_TYPES)
_Start = StepStart | ToolStart | MessageStart
_End = StepEnd | ToolEnd | MessageComplete


def check_invariants(events: Iterable[Event | Mapping[str, Any]], scope: Scope = "run") -> None:
    """Fail with every invariant that *events* break; events may be objects or their parsed JSON.

    What a stream makes itself (`heartbeat`, `auth_expired`, `stream_gap`) is passed over: after a gap there is no
    whole list to check.
    """
    checker = _Checker(scope)
    for event in events:
        known = msgspec.convert(event, Event) if isinstance(event, Mapping) else event
        if not isinstance(known, StreamEvent):
            checker.take(known)
    checker.finish()
    assert not checker.broken, "\n".join(checker.broken)


@dataclass
class _Message:
    start: MessageStart
    thoughts: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    is_void: bool = False


class _Checker:
    def __init__(self, scope: Scope) -> None:
        self.broken: list[str] = []
        self._scope = scope
        self._events: list[StoredEvent] = []
        self._started: dict[str, _Start] = {}
        self._open: dict[str, _Start] = {}
        self._steps_of_task: defaultdict[str, list[str]] = defaultdict(list)
        self._void: set[str] = set()
        self._messages: dict[str, _Message] = {}
        self._message_of_call: dict[str, _Message] = {}
        self._step_count = 0
        self._reasoning: list[ReasoningStep] = []
        self._tools: dict[str, None] = {}

    def take(self, event: StoredEvent) -> None:
        """Check the next event against those before it."""
        self._check_envelope(event)
        if isinstance(event, _PLACED):
            self._check_place(event)
        match event:
            case StepStart():
                self._step_start(event)
            case ToolStart():
                self._tools[event.tool] = None
                self._begin(event)
            case MessageStart():
                self._message_start(event)
            case AgentThinking() | MessageDelta():
                self._delta(event)
            case StepEnd() | ToolEnd() | MessageComplete():
                self._end(event)
            case ReasoningStep():
                self._reason(event)
            case _:
                self._take_run_event(event)
        self._events.append(event)

    def finish(self) -> None:
        """Check what only the end of the list shows."""
        terminal = [event for event in self._events if isinstance(event, TERMINAL_TYPES)]
        if self._scope == "run":
            self._expect(len(terminal) == 1, f"{len(terminal)} terminal events instead of one")
        if self._scope == "handler":
            self._expect_nothing_open("at the end")
        elif self._events:
            self._expect(isinstance(self._events[0], WorkflowStarted), "the first event is not workflow_started")
        numbered = [event.seq for event in self._events if event.seq is not UNSET]
        if numbered:
            self._expect(numbered == list(range(1, len(self._events) + 1)), f"seq is not dense from 1: {numbered}")

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.broken.append(f"event {len(self._events) + 1}: {otherwise}")

    def _expect_nothing_open(self, when: str) -> None:
        left = [f"{type(start).__name__} {span}" for span, start in self._open.items()]
        self._expect(not left, f"still open {when}: {left}")

    # Every event

    def _check_envelope(self, event: StoredEvent) -> None:
        self._expect(bool(_TIMESTAMP.fullmatch(event.timestamp)), f"timestamp {event.timestamp!r}")
        self._expect(bool(_WORKFLOW_ID.fullmatch(event.workflow_id)), f"workflow_id {event.workflow_id!r}")
        data = encode(event)
        again = encode(decode(data))
        self._expect(msgspec.json.decode(again) == msgspec.json.decode(data), "the log's reader gets another event")
        optional = [field.name for field in msgspec.structs.fields(event) if field.default is UNSET]
        nulls = [name for name in optional if name != "output" and getattr(event, name) is None]
        self._expect(not nulls, f"absent members are null: {nulls}")
        if self._events:
            first, last = self._events[0], self._events[-1]
            self._expect(event.workflow_id == first.workflow_id, "another workflow's event")
            self._expect(not isinstance(last, TERMINAL_TYPES), "comes after a terminal event")
            if isinstance(last, WorkflowInterrupted):
                self._expect(isinstance(event, _MAY_FOLLOW_INTERRUPT), f"{type(event).__name__} follows an interrupt")

    def _check_place(self, event: Any) -> None:
        self._expect(event.node == (event.path[-1] if event.path else ""), f"node {event.node!r} in {event.path}")
        if event.parent_span_id is UNSET:
            return
        parent = self._started.get(event.parent_span_id)
        if parent is None or isinstance(parent, MessageStart):
            self._expect(False, f"parent {event.parent_span_id} is no earlier step or tool")
            return
        self._expect(event.path[: len(parent.path)] == parent.path, f"{event.path} lies not under {parent.path}")
        self._expect(event.parent_span_id in self._open, f"its parent {parent.node!r} has ended")

    # Spans

    def _begin(self, event: _Start) -> None:
        self._expect(event.span_id not in self._started, f"span {event.span_id} begins twice")
        self._started[event.span_id] = self._open[event.span_id] = event

    def _step_start(self, event: StepStart) -> None:
        self._step_count += 1
        self._expect(event.step == self._step_count, f"step {event.step} is the {self._step_count}th to start")
        self._expect(event.name == event.node, f"step {event.name!r} at node {event.node!r}")
        earlier = self._steps_of_task[event.task_id]
        self._expect(event.attempt == len(earlier) + 1, f"attempt {event.attempt} after {len(earlier)} starts")
        self._expect(not set(earlier) & self._open.keys(), "begins again while an earlier try is open")
        listed = event.replaces or []
        self._expect(event.replaces is UNSET or bool(listed), "replaces is empty instead of absent")
        for span in listed:
            self._replace(span)
        self._expect(set(earlier) <= self._void, "does not replace its task's earlier span")
        earlier.append(event.span_id)
        self._begin(event)

    def _replace(self, span: str) -> None:
        self._expect(isinstance(self._started.get(span), StepStart), f"replaces {span}, which is no earlier step")
        self._expect(span not in self._void, f"replaces {span}, which is void already")
        self._expect(span not in self._open, f"replaces {span}, which is still open")
        self._void.add(span)

    def _end(self, event: _End) -> None:
        start = self._open.pop(event.span_id, None)
        if start is None:
            self._expect(False, f"the end of {event.span_id}, which is not open")
            return
        for span, other in self._open.items():
            self._expect(not self._is_under(other, event.span_id), f"ends before {span} under it")
        for name in ("node", "path", "parent_span_id"):
            self._expect(getattr(start, name) == getattr(event, name), f"{name} differs from its start")
        match event, start:
            case StepEnd(), StepStart():
                same = (event.step, event.name, event.task_id) == (start.step, start.name, start.task_id)
                self._expect(same, "the step differs from its start")
                self._check_outcome(event.status, event.error, event.output, event.duration_ms)
            case ToolEnd(), ToolStart():
                same = (event.tool, event.tool_call_id) == (start.tool, start.tool_call_id)
                self._expect(same, "the tool differs from its start")
                self._check_outcome(event.status, event.error, UNSET, event.duration_ms)
            case MessageComplete(), MessageStart():
                self._message_complete(event, start)
            case _:
                self._expect(False, f"{type(event).__name__} ends a {type(start).__name__}")

    def _check_outcome(self, status: str, error: Fault | Any, output: Any, duration_ms: int) -> None:
        self._expect((status == "error") == (error is not UNSET), f"status {status} with error {error!r}")
        self._expect(status == "ok" or output is UNSET, f"a step with status {status} has an output")
        self._expect(duration_ms >= 0, f"duration {duration_ms}")

    def _is_under(self, start: _Start, span: str) -> bool:
        above: Any = start.parent_span_id
        while above is not UNSET and above != span and above in self._started:
            above = self._started[above].parent_span_id
        return bool(above == span)

    # Messages and model calls

    def _message_start(self, event: MessageStart) -> None:
        expected = f"m{len(self._messages) + 1}"
        self._expect(event.message_id == expected, f"message {event.message_id} instead of {expected}")
        self._messages[event.message_id] = self._message_of_call[event.span_id] = _Message(event)
        self._begin(event)

    def _delta(self, event: AgentThinking | MessageDelta) -> None:
        message = self._messages.get(event.message_id)
        if message is None or message.start.span_id not in self._open:
            self._expect(False, f"a delta of {event.message_id}, which is not open")
            return
        self._expect(bool(event.delta), "an empty delta")
        (message.thoughts if isinstance(event, AgentThinking) else message.texts).append(event.delta)

    def _message_complete(self, event: MessageComplete, start: MessageStart) -> None:
        message = self._messages[start.message_id]
        same = (event.message_id, event.agent, event.role, event.model)
        self._expect(same == (start.message_id, start.agent, start.role, start.model), "differs from its start")
        self._expect(event.content == "".join(message.texts), "content is not its deltas")
        self._expect((event.thought or "") == "".join(message.thoughts), "thought is not its deltas")
        self._expect(event.thought is UNSET or bool(event.thought), "thought is empty instead of absent")
        said = bool(message.texts or message.thoughts)
        self._expect(said or event.status != "ok", "a message without a word")  # a crash may cut before the first

    def _reason(self, event: ReasoningStep) -> None:
        self._reasoning.append(event)
        self._expect(event.index == len(self._reasoning), f"index {event.index} is the {len(self._reasoning)}th")
        message = self._message_of_call.get(event.span_id)
        if message is None:
            self._expect(event.span_id not in self._started, "shares its span with something else than its message")
            return
        self._expect(event.span_id not in self._open, "comes before the end of its message")
        self._expect((event.agent, event.model) == (message.start.agent, message.start.model), "another agent's")
        self._expect(event.thought == "".join(message.thoughts), "its thought is not its message's")

    # The run's own events, and words without a span

    def _take_run_event(self, event: Any) -> None:
        match event:
            case WorkflowStarted():
                self._expect(not self._events, "workflow_started is not the first event")
            case WorkflowInterrupted() | WorkflowResumed():
                self._expect_nothing_open(f"at {type(event).__name__}")
            case WorkflowCompleted() | WorkflowError() | WorkflowCancelled():
                self._end_run(event)
            case ToolProgress():
                self._expect(isinstance(self._open.get(event.span_id), ToolStart), "its tool is not open")
                self._check_advance(event.progress, event.message)
            case Progress():
                self._check_advance(event.percent, event.message)
            case _:
                self._expect(isinstance(event, Custom), f"an unknown event {event!r}")

    def _check_advance(self, percent: Any, message: Any) -> None:
        self._expect(percent is not UNSET or message is not UNSET, "tells neither a number nor a sentence")
        self._expect(percent is UNSET or 0 <= percent <= 100, f"{percent} percent")

    def _end_run(self, event: WorkflowCompleted | WorkflowError | WorkflowCancelled) -> None:
        self._expect_nothing_open("at the terminal event")
        self._check_usage(event.usage)
        self._expect(event.execution_time_ms >= 0, f"execution time {event.execution_time_ms}")
        if isinstance(event, WorkflowCompleted):
            self._expect(event.tools_used == list(self._tools), f"tools_used {event.tools_used}: {list(self._tools)}")
            standing = self._step_count - len(self._void)
            self._expect(event.step_count == standing, f"step_count {event.step_count}, but {standing} stand")
            return
        said = [text for m in self._messages.values() if not self._is_void(m) and (text := "".join(m.texts))]
        expected = said[-1] if said else UNSET
        self._expect(event.partial_response == expected, f"partial_response {event.partial_response!r}: {expected!r}")

    def _check_usage(self, usage: Usage) -> None:
        self._expect(usage.model_calls == len(self._reasoning), f"{usage.model_calls} model calls told")
        for name in ("input_tokens", "output_tokens", "total_tokens", "reasoning_tokens", "cached_tokens"):
            added = sum(getattr(step.usage, name) or 0 for step in self._reasoning)
            self._expect(getattr(usage, name) == added, f"{name} is {getattr(usage, name)}, the steps' sum {added}")

    def _is_void(self, message: _Message) -> bool:
        above: Any = message.start.parent_span_id
        while isinstance(self._started.get(above), ToolStart):
            above = self._started[above].parent_span_id
        return above in self._void
