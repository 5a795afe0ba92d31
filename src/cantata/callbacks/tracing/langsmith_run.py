"""One run's trace in LangSmith: the root is ours, what is under it comes from LangChain's own tracer.

LangSmith takes a root once: its client drops a whole batch when one run in it is posted again (409). So the root is
posted by the first execution alone and patched by the one that ends it; in between, children of later executions name
it by the same `dotted_order`, which is made of its start and its id.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage
from langchain_core.tracers.langchain import LangChainTracer
from langchain_core.tracers.schemas import Run
from langsmith import Client, tracing_context

from cantata.callbacks.tracing.facts import CUT_SHORT, Observer, RunEnd, RunFacts
from cantata.callbacks.tracing.names import llm_call, orchestrator

_DISABLED = "__disabled"  # LangChain's mark on a run that its tracer is not to send


class LangSmithRun:
    """A `RunTrace`."""

    observer: Observer | None = None

    def __init__(self, client: Client, project: str, run: RunFacts) -> None:
        self._client, self._project, self._run = client, project, run
        self._order = run.started_at.strftime("%Y%m%dT%H%M%S%fZ") + str(run.id)
        self._tracer = RunTracer(
            root=run, client=client, project_name=project, tags=list(run.tags), metadata=_labels(run)
        )
        self.handlers: Sequence[BaseCallbackHandler] = [self._tracer]
        if run.is_new:
            client.create_run(**self._root(), inputs=self._inputs())
        for left in run.left_open:
            client.update_run(left.span_id, end_time=_now(), error=CUT_SHORT)

    def around(self) -> AbstractContextManager[object]:
        """Let `@traceable` functions nest, and nothing else trace."""
        return tracing_context(enabled=True, client=self._client, project_name=self._project)

    def end(self, end: RunEnd) -> None:
        """Patch the root; a run that only waits is patched again when it has ended."""
        self._tracer.finish(end.status)
        told = self._root()
        root_id = told.pop("id")
        usage = {} if end.usage is None else msgspec.to_builtins(end.usage)
        told["extra"]["metadata"] |= {"status": end.status, "usage": usage} if usage else {"status": end.status}
        if not self._run.is_new:  # whatever became of the first execution's post
            told["inputs"] = self._inputs()
        outputs = {**end.output, "status": end.status, **({"usage": usage} if usage else {})}
        self._client.update_run(root_id, **told, outputs=outputs, error=end.error, end_time=_now())

    def _inputs(self) -> dict[str, Any]:
        return {"input": self._run.input, "strategy": self._run.strategy}

    def _root(self) -> dict[str, Any]:
        run = self._run
        return {
            "id": run.id,
            "name": orchestrator(run.graph),
            "run_type": "chain",
            "trace_id": run.id,
            "dotted_order": self._order,
            "start_time": run.started_at,
            "session_name": self._project,
            "tags": list(run.tags),
            "extra": {"metadata": _labels(run)},
        }


class RunTracer(LangChainTracer):
    """LangChain's tracer below a root that it does not send itself."""

    def __init__(self, *, root: RunFacts | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._root = root
        self._speaking: set[UUID] = set()
        self._ended: list[str] = []  # shared with the copies that LangGraph makes: the status, once it is told

    def copy_with_metadata_defaults(self, **kwargs: Any) -> "RunTracer":
        """Copy for LangChain, which adds what the graph's config says."""
        copied = super().copy_with_metadata_defaults(**kwargs)
        assert isinstance(copied, RunTracer)
        copied._root, copied._ended, copied._speaking = self._root, self._ended, self._speaking
        return copied

    def finish(self, status: str) -> None:
        """End what is still open, such as a tool that was cancelled, and send nothing that comes later."""
        self._ended.append(status)
        for run in reversed(list(self.run_map.values())):
            if not self._is_root(run) and not run.extra.get(_DISABLED) and run.end_time is None:
                run.end_time, run.error = _now(), status
                run.patch()
                run.extra[_DISABLED] = True

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Run:
        """Name the call by its model, whatever the graph calls it."""
        kwargs["name"] = llm_call(model_of(serialized, metadata))
        return super().on_chat_model_start(serialized, messages, run_id=run_id, metadata=metadata, **kwargs)

    def on_llm_start(
        self,
        serialized: dict[str, Any],
        prompts: list[str],
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Run:
        """Name the call by its model."""
        kwargs["name"] = llm_call(model_of(serialized, metadata))
        return super().on_llm_start(serialized, prompts, run_id=run_id, metadata=metadata, **kwargs)

    def on_llm_new_token(self, token: Any, *, run_id: UUID, **kwargs: Any) -> Any:
        """Note when the first one came; of the others LangSmith is told nothing."""
        if run_id not in self._speaking:
            self._speaking.add(run_id)
            super().on_llm_new_token(token, run_id=run_id, **kwargs)

    @staticmethod
    def _update_run_single(run: Run) -> None:
        if not run.extra.get(_DISABLED):
            run.patch(exclude_inputs=True)  # they were posted

    def _start_trace(self, run: Run) -> None:
        if self._root is not None and run.id == self._root.id:
            run.start_time = self._root.started_at
        super()._start_trace(run)
        if self._ended:
            run.extra[_DISABLED] = True

    def _on_chain_start(self, run: Run) -> None:
        if not self._is_root(run):
            super()._on_chain_start(run)

    def _on_chain_end(self, run: Run) -> None:
        if not self._is_root(run):
            super()._on_chain_end(run)

    def _on_chain_error(self, run: Run) -> None:
        if not self._is_root(run):
            super()._on_chain_error(run)

    def _is_root(self, run: Run) -> bool:
        return self._root is not None and run.id == self._root.id


def model_of(serialized: dict[str, Any] | None, metadata: dict[str, Any] | None) -> str:
    """Name the model of a call, as its provider does."""
    told = metadata or {}
    return str(told.get("ls_model_name") or (serialized or {}).get("name") or told.get("ls_provider") or "unknown")


def _labels(run: RunFacts) -> dict[str, Any]:
    """Say what each run of the trace is found by; LangSmith groups threads by `session_id` and `thread_id`."""
    return {
        **run.metadata,
        "thread_id": run.thread_id,
        "session_id": run.session_id,
        "user_id": run.user,
        "workspace": run.workspace,
        "strategy": run.strategy,
        "graph": run.graph,
    }


def _now() -> datetime:
    return datetime.now(UTC)
