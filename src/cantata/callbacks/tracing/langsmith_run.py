"""One run's trace in LangSmith: the root is ours, what is under it comes from `langsmith_tracer.py`.

LangSmith takes a root once: its client drops a whole batch when one run in it is posted again (409). So the root is
posted by the first execution alone and patched by the one that ends it; in between, children of later executions name
it by the same `dotted_order`, which is made of its start and its id.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import msgspec
from langchain_core.callbacks import BaseCallbackHandler
from langsmith import Client, tracing_context

from cantata.callbacks.tracing.facts import CUT_SHORT, Observer, RunEnd, RunFacts
from cantata.callbacks.tracing.langsmith_tracer import RunTracer
from cantata.callbacks.tracing.names import orchestrator


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
