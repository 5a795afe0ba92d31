"""What LangSmith is told of one run below its root: all that LangChain calls, as LangChain's own tracer sees it.

That tracer makes the runs, and `@traceable` functions find what they are part of by it. How runs are sent is ours: it
would write each one out in full at its start and once more at its end, which costs more than all the rest.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from langchain_core.messages import BaseMessage
from langchain_core.tracers.langchain import LangChainTracer
from langchain_core.tracers.schemas import Run

from cantata.callbacks.tracing.facts import RunFacts
from cantata.callbacks.tracing.names import llm_call

_DISABLED = "__disabled"  # LangChain's mark on a run that its tracer is not to send


class RunTracer(LangChainTracer):
    """LangChain's tracer below a root that it does not send itself."""

    ignore_llm = True  # see `RunTrace.handlers`

    def __init__(self, *, root: RunFacts | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._root = root
        self._ended: list[str] = []  # shared with the copies that LangGraph makes: the status, once it is told
        self._posted: dict[UUID, dict[str, Any]] = {}  # shared, too: what a run's end need not say again

    def copy_with_metadata_defaults(self, **kwargs: Any) -> "RunTracer":
        """Copy for LangChain, which adds what the graph's config says."""
        copied = super().copy_with_metadata_defaults(**kwargs)
        assert isinstance(copied, RunTracer)
        copied._root, copied._ended, copied._posted = self._root, self._ended, self._posted
        return copied

    def finish(self, status: str) -> None:
        """End what is still open, such as a tool that was cancelled, and send nothing that comes later."""
        self._ended.append(status)
        for run in reversed(list(self.run_map.values())):
            if run.id in self._posted:
                run.end_time, run.error = datetime.now(UTC), status
                self._update_run_single(run)

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Run:
        """Name the call by its model, whatever the graph calls it; write its messages out at a tenth of the cost."""
        run = self._create_llm_run(
            serialized,
            [],
            run_id,
            metadata=metadata,
            **{**kwargs, "name": llm_call(model_of(serialized, metadata))},
        )
        run.inputs = {"messages": [[constructor(message) for message in batch] for batch in messages]}
        self._start_trace(run)
        self._on_chat_model_start(run)
        return run

    def on_llm_start(
        self,
        serialized: dict[str, Any],
        prompts: list[str],
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Run:
        """Name the call by its model; its parameters are what LangChain adds to the tracers that it tells itself."""
        told = {**kwargs, "name": llm_call(model_of(serialized, metadata))}
        labels = {**kwargs.get("invocation_params", {}), **(metadata or {})}
        return super().on_llm_start(serialized, prompts, run_id=run_id, metadata=labels, **told)

    def _start_trace(self, run: Run) -> None:
        if self._root is not None and run.id == self._root.id:
            run.start_time = self._root.started_at
        super()._start_trace(run)
        if self._ended:
            run.extra[_DISABLED] = True

    def _persist_run_single(self, run: Run) -> None:
        if run.extra.get(_DISABLED) or (self._root is not None and run.id == self._root.id):
            return
        run.extra["metadata"] = {**(self.tracing_metadata or {}), **run.metadata}
        self._posted[run.id] = _labels(run)
        self.client.create_run(**_told(run), inputs=run.inputs, tags=run.tags, extra=run.extra)

    def _update_run_single(self, run: Run) -> None:  # type: ignore[override]  # which is static, but called as a method
        posted = self._posted.pop(run.id, None)
        if posted is None:
            return
        told = _told(run)
        if posted != _labels(run):  # a node may add to its run, and a model call's usage is told at its end
            told |= {"tags": run.tags, "extra": run.extra}
        self.client.update_run(told.pop("id"), **told)


def _told(run: Run) -> dict[str, Any]:
    told = {
        "id": run.id,
        "name": run.name,
        "run_type": run.run_type,
        "start_time": run.start_time,
        "trace_id": run.trace_id,
        "parent_run_id": run.parent_run_id,
        "dotted_order": run.dotted_order,
        "session_name": run.session_name,
        "events": run.events,
    }
    if run.end_time is not None:  # at a post, too, where a chain's input is a stream
        told |= {"end_time": run.end_time, "error": run.error, "outputs": run.outputs}
    return told


def _labels(run: Run) -> dict[str, Any]:
    return {"tags": list(run.tags or ()), "metadata": dict(run.metadata)}


def model_of(serialized: dict[str, Any] | None, metadata: dict[str, Any] | None) -> str:
    """Name the model of a call, as its provider does."""
    told = metadata or {}
    return str(told.get("ls_model_name") or (serialized or {}).get("name") or told.get("ls_provider") or "unknown")


def constructor(message: BaseMessage) -> dict[str, Any]:
    """Write a message as LangChain's `dumpd` does, which LangSmith knows how to show."""
    always = message.lc_attributes.keys() | {"content"}
    members = {name: value for name, value in message.model_dump().items() if value or name in always}
    return {"lc": 1, "type": "constructor", "id": message.lc_id(), "kwargs": members}
