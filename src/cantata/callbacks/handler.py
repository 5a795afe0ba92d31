"""Turns what LangChain and LangGraph report of one run into typed events.

Synchronous and inline, because an asynchronous handler costs a task per token.

    chain start ─▶ step_start ─┬─ model start ─▶ message_start, deltas ─▶ message_complete, reasoning_step
                               ├─ tool start ──▶ tool_start ─▶ tool_end
                               └─ chain end ───▶ step_end, after whatever is still open under it

Here it is decided what a callback means; `reporter.py` says it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeGuard
from uuid import UUID

from langchain_core.outputs import LLMResult
from langgraph.callbacks import GraphCallbackHandler, GraphInterruptEvent
from langgraph.errors import GraphBubbleUp, GraphDrained, GraphInterrupt
from msgspec import UNSET

from cantata.callbacks.content import (
    first_generation,
    shown_answer,
    shown_messages,
    tool_calls_of,
    tool_output,
    words_of,
)
from cantata.callbacks.events import Action, StepStatus, StoredEvent, Timestamps
from cantata.callbacks.interruption import Askers, Interruption
from cantata.callbacks.redaction import Redaction, clean_text
from cantata.callbacks.reporter import Emit, Reporter, message_status
from cantata.callbacks.spans import MessageSpan, Span, StepSpan, ToolSpan
from cantata.callbacks.speech import Advanced, Other, Said, parse
from cantata.callbacks.tracing.tracing import TraceOfRun
from cantata.callbacks.usage import usage_of

HIDDEN_TAG = "langsmith:hidden"
SILENT_TAGS = frozenset({"nostream", "langsmith:nostream"})  # LangGraph's convention for routers, and its older name
DELEGATING_PREFIXES = ("transfer_to_", "delegate_to_")  # the handoff tools of langgraph-supervisor and -swarm


@dataclass(eq=False, slots=True)
class _ModelCall:
    message: MessageSpan
    model: str
    provider: str | None
    is_silent: bool
    has_begun: bool = False
    """A token came."""


class Watcher(Protocol):
    """Hears what is no event: for whoever measures."""

    def failed_call(self, model: str, agent: str, seconds: float, error: BaseException) -> None:
        """Take a model call that raised."""
        ...

    def came_late(self) -> None:
        """Take a word that came after the run's end, and was dropped; from any thread."""
        ...


class StreamingWorkflowCallbackHandler(GraphCallbackHandler):
    """Emits the events of one run; pass it in `config["callbacks"]` of one invocation.

    *emit* takes them in order, from any thread. *graph* names the agent where nodes name none; the graph's own name
    by default.
    *history* are the events that the run's log already holds, when the run goes on: numbers continue, what was left
    open can be closed, and repeated steps say what they replace.
    """

    run_inline = True
    raise_error = True  # LangChain would otherwise log and swallow, and events would be lost

    def __init__(
        self,
        workflow_id: str,
        emit: Emit,
        *,
        graph: str | None = None,
        history: Iterable[StoredEvent] = (),
        redaction: Redaction | None = None,
        timestamps: Timestamps | None = None,
    ) -> None:
        self.interruption: Interruption | None = None
        self.failed_node: str | None = None
        self.model_error: BaseException | None = None
        """What the last model call that failed raised; a run may outlive it."""
        self._graph = graph
        self._watcher: Watcher | None = None
        self._report = Reporter(workflow_id, emit, history, redaction or Redaction(), timestamps or Timestamps())
        self._lock = self._report.lock
        self._scopes: dict[UUID, Span | None] = {}
        self._over: set[UUID] = set()
        self._calls: dict[UUID, _ModelCall] = {}
        self._speech: dict[str, MessageSpan] = {}
        self._askers = Askers()

    def tell(self, watcher: Watcher) -> None:
        """Let *watcher* hear what is no event."""
        self._watcher = watcher
        self._report.on_late = watcher.came_late

    def trace(self, trace: TraceOfRun) -> None:
        """Mark the events from now on with the ids of *trace*, and let its observers hear of the spans."""
        self._report.traced.trace = trace

    def close_open(self, status: Literal["cancelled", "error"]) -> None:
        """Close everything that is open, innermost first."""
        with self._lock:
            self._report.close_under(None, status)
            self._scopes.clear()
            for call in self._calls.values():  # a cancelled one gets no callback
                self._tell_failed(call, asyncio.CancelledError())
            self._calls.clear()

    def seal(self) -> None:
        """Drop what still comes: a cancelled sync node runs on in its thread."""
        with self._lock:
            self._report.is_sealed = True

    def hear(self, value: Any, run_id: UUID | None, name: str = "custom") -> None:
        """Take a word of the graph itself, spoken in the LangChain run *run_id*."""
        with self._lock:
            if self._report.is_late() or run_id in self._over:
                return
            span = self._scope(run_id)
            match parse(value, name):
                case Said(kind, text):
                    self._report.speak(self._speech_in(span), kind, clean_text(text))
                case Advanced() as told:
                    self._advance(told, span)
                case Other(kind, data):
                    self._report.custom(span, kind, data)

    # LangChain's callbacks. Their signatures are the library's.

    def on_chain_start(
        self,
        serialized: dict[str, Any] | None,
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Open a step when the chain is a task of its own and not a part of the enclosing one."""
        with self._lock:
            if self._is_late(run_id, parent_run_id):
                return
            self._graph = self._graph or kwargs.get("name")  # the first chain is the graph
            span = self._scope(parent_run_id)
            task_id: str = (metadata or {}).get("langgraph_checkpoint_ns") or ""
            is_step = task_id != "" and HIDDEN_TAG not in (tags or ()) and not _is_task(span, task_id)
            if is_step and not self._report.is_sealed:
                span = self._report.start_step(task_id, str(run_id), span, metadata or {}, inputs)
            self._scopes[run_id] = span

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Close the step that the chain opened."""
        with self._lock:
            span = self._leave(run_id)
            if _is_own(span, run_id):
                self._report.end_step(span, "ok", output=outputs)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Close the step that the chain opened; a graph that bubbles up a command or a question did not fail."""
        with self._lock:
            span = self._leave(run_id)
            if not _is_own(span, run_id):
                return
            status = _status_of(error)
            if isinstance(error, GraphInterrupt):
                self._askers.note(error, span)
            if status == "error" and self.failed_node is None:
                self.failed_node = span.name
            self._report.end_step(span, status, error=error if status == "error" else None)

    def on_chat_model_start(
        self,
        serialized: dict[str, Any] | None,
        messages: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Note a model call; its message begins with its first word."""
        with self._lock:
            if self._is_late(run_id, parent_run_id):
                return
            span = self._scopes[run_id] = self._scope(parent_run_id)
            told = metadata or {}
            provider = told.get("ls_provider")
            model = told.get("ls_model_name") or (serialized or {}).get("name") or provider or "unknown"
            message = self._report.message(span, self._agent(span, told), str(run_id), model)
            self._calls[run_id] = _ModelCall(message, model, provider, not SILENT_TAGS.isdisjoint(tags or ()))
            if self._report.traced.heard:
                self._report.traced.open_model(
                    message, shown_messages(messages), provider, kwargs.get("invocation_params") or {}
                )

    def on_llm_start(self, serialized: dict[str, Any], prompts: list[str], **kwargs: Any) -> None:
        """Note a call of a model that takes plain text."""
        self.on_chat_model_start(serialized, prompts, **kwargs)
        self._report.traced.pass_on("on_llm_start", serialized, prompts, **kwargs)

    def on_llm_new_token(self, token: Any, *, chunk: Any = None, run_id: UUID, **kwargs: Any) -> None:
        """Say a piece of thought or text. This is the hot path."""
        call = self._calls.get(run_id)
        if call is not None and not call.has_begun:
            call.has_begun = True
            self._report.traced.pass_on("on_llm_new_token", "", run_id=run_id)
        if call is None or call.is_silent:
            return
        thought, text = words_of(chunk, token)
        if thought:
            self._report.speak(call.message, "agent_thinking", thought)
        if text:
            self._report.speak(call.message, "message_delta", text)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        """End the call's message and tell what the agent decided; a model that does not stream says all at once."""
        with self._lock:
            self._report.traced.pass_on("on_llm_end", response, run_id=run_id)
            self._leave(run_id)
            call = self._calls.pop(run_id, None)
            if call is None:
                return
            message, (thought, text) = first_generation(response)
            if not call.is_silent and not call.message.message_id:
                self._report.speak(call.message, "agent_thinking", thought)
                self._report.speak(call.message, "message_delta", text)
            usage = usage_of(message, call.model, call.provider)
            calls = tool_calls_of(message)
            self._report.complete(call.message, "ok", usage)
            self._report.reason(call.message, thought, _action(calls), calls, usage)
            if self._report.traced.heard:
                self._report.traced.close_model(call.message, shown_answer(thought, text, calls), usage)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """End the call's message where it was cut."""
        with self._lock:
            self._report.traced.pass_on("on_llm_error", error, run_id=run_id, **kwargs)
            self._leave(run_id)
            self.model_error = error
            call = self._calls.pop(run_id, None)
            if call is None:
                return
            self._report.traced.fail_model(call.message, _status_of(error), error)
            self._report.complete(call.message, message_status(_status_of(error)))
            self._tell_failed(call, error)

    def on_tool_start(
        self,
        serialized: dict[str, Any] | None,
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        inputs: dict[str, Any] | None = None,
        tool_call_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Open a tool."""
        with self._lock:
            if self._is_late(run_id, parent_run_id):
                return
            name = (serialized or {}).get("name") or kwargs.get("name") or "tool"
            args = input_str if inputs is None else inputs
            parent = self._scope(parent_run_id)
            self._scopes[run_id] = self._report.start_tool(str(run_id), parent, name, tool_call_id or UNSET, args)

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Close a tool; a message that says that it failed is a failure."""
        with self._lock:
            span = self._leave(run_id)
            if isinstance(span, ToolSpan):
                is_failure = getattr(output, "status", None) == "error"
                self._report.end_tool(span, "error" if is_failure else "ok", output=tool_output(output))

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Close a tool that raised."""
        with self._lock:
            span = self._leave(run_id)
            if isinstance(span, ToolSpan):
                self._report.end_tool(span, _status_of(error), error=error)

    def on_retriever_start(
        self,
        serialized: dict[str, Any] | None,
        query: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """Carry the scope: a retriever is no event, but a model inside it speaks under the same step."""
        with self._lock:
            if not self._is_late(run_id, parent_run_id):
                span = self._scopes[run_id] = self._scope(parent_run_id)
                name = kwargs.get("name") or (serialized or {}).get("name") or "retriever"
                self._report.traced.open_retriever(str(run_id), span, name, query)

    def on_retriever_end(self, documents: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Leave the scope."""
        with self._lock:
            self._leave(run_id)
            self._report.traced.close_retriever(str(run_id), documents)

    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Leave the scope."""
        with self._lock:
            self._leave(run_id)
            self._report.traced.close_retriever(str(run_id), None, error)

    def on_custom_event(self, name: str, data: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Take a word dispatched by `adispatch_custom_event`."""
        self.hear(data, run_id, name)

    def on_interrupt(self, event: GraphInterruptEvent) -> None:
        """Remember why the root graph paused; a subgraph's pause reaches the root too."""
        if not event.checkpoint_ns:
            self.interruption = self._askers.interruption(event)

    def tap_output_aiter(self, run_id: UUID, output: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Pass on: with this method models stream although the graph is only invoked (LangChain's private marker)."""
        return output

    def tap_output_iter(self, run_id: UUID, output: Iterator[Any]) -> Iterator[Any]:
        """Pass on, as above."""
        return output

    def _tell_failed(self, call: _ModelCall, error: BaseException) -> None:
        if self._watcher is not None:
            seconds = time.monotonic() - call.message.started
            self._watcher.failed_call(call.model, call.message.agent, seconds, error)

    def _scope(self, run_id: UUID | None) -> Span | None:
        return self._scopes.get(run_id) if run_id else None

    def _leave(self, run_id: UUID) -> Span | None:
        self._over.add(run_id)
        return self._scopes.pop(run_id, None)

    def _is_late(self, run_id: UUID, parent_run_id: UUID | None) -> bool:
        """Tell whether a thread that a failed try left behind begins something; whatever it says is void."""
        is_late = parent_run_id in self._over
        if is_late:
            self._over.add(run_id)
        return is_late

    def _agent(self, span: Span | None, metadata: dict[str, Any]) -> str:
        if name := metadata.get("lc_agent_name"):  # what create_agent and a node's metadata say
            return str(name)
        return span.path[-2] if span and len(span.path) > 1 else self._graph or "graph"

    def _speech_in(self, span: Span | None) -> MessageSpan:
        """Return the message that the graph itself speaks in *span*; it ends with its step."""
        step = span.nearest_step() if span else None
        key = step.span_id if step else ""
        message = self._speech.get(key)
        if message is None or not message.is_open:
            message = self._speech[key] = self._report.message(step, self._agent(step, {}))
        return message

    def _advance(self, told: Advanced, span: Span | None) -> None:
        tool = span.nearest_tool() if span else None
        if told.kind == "progress":
            self._report.progress(span, told.percent, told.message)
        elif tool is not None:
            self._report.tool_progress(tool, told.percent, told.message)
        else:
            self._report.custom(span, told.kind, told.members())


def _is_task(span: Span | None, task_id: str) -> bool:
    step = span.nearest_step() if span else None
    return step is not None and step.task_id == task_id


def _is_own(span: Span | None, run_id: UUID) -> TypeGuard[StepSpan]:
    return isinstance(span, StepSpan) and span.span_id == str(run_id)


def _status_of(error: BaseException) -> StepStatus:
    if isinstance(error, GraphInterrupt):
        return "interrupted"
    if isinstance(error, GraphDrained | asyncio.CancelledError):
        return "cancelled"
    return "ok" if isinstance(error, GraphBubbleUp) else "error"  # ParentCommand is a handoff


def _action(calls: list[tuple[str | None, str, Any]]) -> Action:
    if not calls:
        return "answer"
    return "delegate" if any(name.startswith(DELEGATING_PREFIXES) for _, name, _ in calls) else "call_tools"
