"""Sends traces to LangSmith, through its own client but in a thread and with deadlines of ours.

The library's own threads keep a process for minutes when the endpoint is down, and post a run's children while the
caller waits. Its `create_run` and `update_run`, through which everything goes, LangChain's tracer and `@traceable`
alike, therefore only mask and queue here.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import msgspec
from langsmith import Client
from langsmith import utils as langsmith_utils
from langsmith.schemas import TracerSession
from urllib3 import Retry

from cantata.callbacks.redaction import MAX_ERROR_CHARS, Redaction
from cantata.callbacks.tracing.address import Address
from cantata.callbacks.tracing.facts import VALUE_BYTES, FeedbackFacts, RunFacts
from cantata.callbacks.tracing.langsmith_feedback import send_feedback
from cantata.callbacks.tracing.langsmith_run import LangSmithRun
from cantata.callbacks.tracing.names import LANGSMITH
from cantata.callbacks.tracing.outbox import Outbox
from cantata.callbacks.usage import cost_usd

logger = logging.getLogger(__name__)

CONNECT_MS, READ_MS = 500, 2_000
MAX_TRACEBACK_CHARS = 4 * MAX_ERROR_CHARS
FEEDBACK_TRIES = 12  # some seconds: LangSmith finds a run only some time after it has taken it
HOSTED = "https://api.smith.langchain.com"

_MASKED = ("inputs", "outputs", "extra", "tags", "name")  # not `serialized`: a model's whole `repr`
_KEPT = (
    *("id", "run_type", "start_time", "end_time", "trace_id", "parent_run_id", "dotted_order", "session_name"),
    *("session_id", "reference_example_id", "attachments"),
)

Payload = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class LangSmithSettings:
    """Where LangSmith is, as its own environment variables name it."""

    endpoint: str
    api_key: str | None
    project: str
    workspace_id: str | None = None
    rate: float = 1.0


@dataclass(frozen=True)
class _Operation:
    payload: Payload
    is_new: bool


@dataclass(frozen=True)
class _Feedback:
    given: FeedbackFacts
    tries: int = FEEDBACK_TRIES


class QueueingClient(Client):
    """LangSmith's client; what is posted is masked, copied and queued, so that nobody waits for it."""

    def __init__(self, settings: LangSmithSettings, redaction: Redaction) -> None:
        super().__init__(
            api_url=settings.endpoint,
            api_key=settings.api_key,
            workspace_id=settings.workspace_id,
            timeout_ms=(CONNECT_MS, READ_MS),
            retry_config=Retry(total=0),
            auto_batch_tracing=False,
            omit_traced_runtime_info=True,
            tracing_mode="langsmith",
            tracing_sampling_rate=1.0,  # it is decided once for a run, and not here
            tracing_error_callback=self._note_failure,
            disable_prompt_cache=True,
            info={},  # of the server: nothing here depends on it, and a score would ask for it
        )
        self._project = settings.project
        self._redaction = redaction
        self._found: TracerSession | None = None
        self._to_tell_again: dict[UUID, FeedbackFacts] = {}
        self._has_failed = False
        self.shown_at = Address(self._project_url)
        self._outbox: Outbox[_Operation | _Feedback] = Outbox("LangSmith", self._deliver)
        # Of each batch that cannot be sent the library logs the whole list; the outbox says it once a minute.
        logging.getLogger("langsmith.client").addFilter(_is_no_complaint)

    def create_run(self, name: str, inputs: dict[str, Any], run_type: Any, **kwargs: Any) -> None:
        """Queue a run's beginning."""
        told = {"name": name, "inputs": inputs, "run_type": run_type, **kwargs}
        self._outbox.put(_Operation(self._masked(told), is_new=True))

    def update_run(self, run_id: Any, **kwargs: Any) -> None:
        """Queue a run's end."""
        self._outbox.put(_Operation(self._masked({"id": run_id, **kwargs}), is_new=False))

    def tell_feedback(self, given: FeedbackFacts) -> None:
        """Queue what a user says of a run."""
        self._outbox.put(_Feedback(given))

    def request_with_retries(
        self, /, method: Any, pathname: str, *, request_kwargs: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Any:
        """Ask with our deadlines, also where the library has longer ones of its own."""
        bounded = {**(request_kwargs or {}), "timeout": self._timeout}
        return super().request_with_retries(method, pathname, request_kwargs=bounded, **kwargs)

    def close(self, timeout: float | None = None) -> None:
        """Send what is queued, for so long at most, and let go of the connections."""
        self._outbox.close(timeout or 0.0)
        super().close(timeout=0)
        logging.getLogger("langsmith.client").removeFilter(_is_no_complaint)

    def _masked(self, told: Payload) -> Payload:
        redaction = self._redaction
        payload = {name: told[name] for name in _KEPT if told.get(name)}
        payload |= {name: redaction.plain(told[name]) for name in _MASKED if told.get(name) is not None}
        for name in ("inputs", "outputs"):
            if name in payload:
                payload[name] = _bounded(payload[name])
        if events := told.get("events"):
            payload["events"] = [{name: event[name] for name in ("name", "time")} for event in events]
        if error := told.get("error"):
            payload["error"] = redaction.text(str(error))[:MAX_TRACEBACK_CHARS]
        if extra := payload.get("extra"):
            extra.pop("runtime", None)  # of this machine
            _price(extra.get("metadata") or {})
        payload.setdefault("session_name", told.get("project_name") or self._project)
        return payload

    def _deliver(self, batch: Sequence[_Operation | _Feedback]) -> bool:
        self._has_failed = False
        self._deliver_runs([item for item in batch if isinstance(item, _Operation)])
        for item in batch:
            if isinstance(item, _Feedback):
                self._deliver_feedback(item)
        return not self._has_failed

    def _deliver_runs(self, batch: Sequence[_Operation]) -> None:
        if not batch:
            return
        whole = [operation for operation in batch if "dotted_order" in operation.payload]
        self.multipart_ingest(
            create=[operation.payload for operation in whole if operation.is_new],
            update=[operation.payload for operation in whole if not operation.is_new],
        )
        for operation in batch:
            if "dotted_order" not in operation.payload:  # left open by a dead process: only its id is known
                self._end_by_id(operation.payload)
        if not self._has_failed:
            self.shown_at.look()

    def _deliver_feedback(self, item: _Feedback) -> None:
        run = item.given.run
        if item.tries < FEEDBACK_TRIES and self._to_tell_again.get(run) is not item.given:
            return  # something else was said since
        self._to_tell_again.pop(run, None)
        try:
            send_feedback(self, self._project_found().id, item.given)
        except langsmith_utils.LangSmithNotFoundError as error:
            if item.tries > 1:
                self._to_tell_again[run] = item.given
                self._outbox.put(replace(item, tries=item.tries - 1))
            else:  # such as that its trace never arrived
                logger.debug("LangSmith does not know the run %s", run, exc_info=error)

    def _end_by_id(self, payload: Payload) -> None:
        members = {name: payload[name] for name in ("end_time", "error") if name in payload}
        try:
            super().update_run(payload["id"], **members)
        except langsmith_utils.LangSmithError as error:  # such as that its beginning never arrived
            logger.debug("LangSmith does not end %s", payload["id"], exc_info=error)

    def _project_url(self) -> str | None:
        try:
            found = self._project_found()
        except (langsmith_utils.LangSmithError, ValueError) as error:  # a project exists some time after its traces
            logger.debug("LangSmith does not tell its project yet", exc_info=error)
            return None
        host = langsmith_utils.get_host_url(None, self.api_url)
        return f"{host}/o/{found.tenant_id}/projects/p/{found.id}"

    def _project_found(self) -> TracerSession:
        if self._found is None:
            self._found = self.read_project(project_name=self._project)
        return self._found

    def _note_failure(self, error: Exception) -> None:
        self._has_failed = True


@dataclass
class LangSmith:
    """A `Backend`."""

    settings: LangSmithSettings
    redaction: Redaction
    name: str = LANGSMITH
    client: QueueingClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = QueueingClient(self.settings, self.redaction)
        self.rate = self.settings.rate

    def begin(self, run: RunFacts) -> LangSmithRun:
        """Begin the run's trace, or go on with it."""
        return LangSmithRun(self.client, self.settings.project, run)

    def tell_feedback(self, given: FeedbackFacts) -> None:
        """Queue what a user says of a run."""
        self.client.tell_feedback(given)

    def url(self, trace_id: UUID) -> str | None:
        """Return where a trace is shown, once the project's address is known."""
        shown = self.client.shown_at.url
        return f"{shown}/r/{trace_id}?poll=true" if shown else None

    def close(self, seconds: float) -> None:
        """Send what is left, for so long at most."""
        self.client.close(seconds)


def _price(metadata: Payload) -> None:
    """Add what a model call cost, at list price, to the usage that LangSmith reads."""
    usage, model = metadata.get("usage_metadata"), metadata.get("ls_model_name")
    if not isinstance(usage, dict) or not isinstance(model, str):
        return
    cached = (usage.get("input_token_details") or {}).get("cache_read") or 0
    tokens = usage.get("input_tokens") or 0, usage.get("output_tokens") or 0
    cost = cost_usd(model, metadata.get("ls_provider"), *tokens, cached)
    if cost is not None:
        usage["total_cost"] = cost


def _bounded(value: Any) -> Any:
    data = msgspec.json.encode(value)
    if len(data) <= VALUE_BYTES:
        return value
    return {"cut": f"{data[:VALUE_BYTES].decode(errors='ignore')}… [{len(data)} bytes in all]"}


def _is_no_complaint(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(("Failed to multipart ingest", "Error creating feedback"))
