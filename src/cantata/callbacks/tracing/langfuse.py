"""Sends traces to Langfuse, as the OpenTelemetry spans that its own client would make.

Its client is one per process and key, joins its threads at exit however long that takes, and would give the process a
provider of spans. So only its vocabulary is taken, and Langfuse's documented endpoint for OTLP.
"""

import base64
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Any
from uuid import UUID

import httpx
from langfuse import LangfuseOtelSpanAttributes as Words
from msgspec import UNSET
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from cantata.callbacks.events import Usage
from cantata.callbacks.redaction import Redaction
from cantata.callbacks.tracing.address import Address
from cantata.callbacks.tracing.facts import VALUE_BYTES, Closed, FeedbackFacts, Opened, RunEnd, RunFacts
from cantata.callbacks.tracing.langfuse_score import send_score
from cantata.callbacks.tracing.names import LANGFUSE, llm_call, orchestrator
from cantata.callbacks.tracing.otlp import SEND_SECONDS, Sending, exporter_to, provider_of
from cantata.callbacks.tracing.spans import Attributes, FixedIds, SpansOfRun, as_json

logger = logging.getLogger(__name__)

_TYPES = {"step": "chain", "tool": "tool", "model": "generation", "retriever": "retriever"}
_LEVELS = {"error": "ERROR", "failed": "ERROR", "cancelled": "WARNING"}


@dataclass(frozen=True, kw_only=True)
class LangfuseSettings:
    """Where Langfuse is, as its own environment variables name it."""

    public_key: str
    secret_key: str
    host: str
    rate: float = 1.0


class LangfuseVocabulary:
    """A `Vocabulary`."""

    wants_content = True

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction

    def root(self, run: RunFacts) -> tuple[str, Attributes]:
        """Describe a run: an agent, or what coordinates agents."""
        given = self._shown(run.input)
        attributes = {
            **self._of_trace(run),
            Words.OBSERVATION_TYPE: "agent" if run.strategy == "single" else "chain",
            Words.OBSERVATION_INPUT: given,
            Words.TRACE_INPUT: given,
            Words.TRACE_TAGS: tuple(run.tags) or None,
            **{f"{Words.TRACE_METADATA}.{name}": as_json(value) for name, value in _labels(run).items()},
        }
        return orchestrator(run.graph), attributes

    def end(self, run: RunFacts, end: RunEnd) -> Attributes:
        """Describe how a run ended."""
        shown = self._shown({**end.output, "status": end.status})
        return {
            Words.OBSERVATION_OUTPUT: shown,
            Words.TRACE_OUTPUT: shown,
            Words.OBSERVATION_LEVEL: _LEVELS.get(end.status),
            Words.OBSERVATION_STATUS_MESSAGE: end.error,
            **{f"{Words.OBSERVATION_METADATA}.{name}": value for name, value in _usage_of(end.usage).items()},
        }

    def opened(self, run: RunFacts, thing: Opened) -> tuple[str, Attributes]:
        """Describe a span that begins."""
        attributes = {
            **self._of_trace(run),
            Words.OBSERVATION_TYPE: _TYPES[thing.kind],
            Words.OBSERVATION_INPUT: as_json(thing.given),
            Words.OBSERVATION_MODEL: thing.model,
            Words.OBSERVATION_MODEL_PARAMETERS: as_json(thing.parameters or None),
            f"{Words.OBSERVATION_METADATA}.agent": thing.agent,
            f"{Words.OBSERVATION_METADATA}.tool_call_id": thing.tool_call_id,
        }
        return (llm_call(thing.name) if thing.kind == "model" else thing.name), attributes

    def closed(self, thing: Opened, result: Closed) -> Attributes:
        """Describe a span's end."""
        cost = result.usage.cost_usd if result.usage and result.usage.cost_usd is not UNSET else None
        return {
            Words.OBSERVATION_OUTPUT: as_json(result.output),
            Words.OBSERVATION_LEVEL: _LEVELS.get(result.status),
            Words.OBSERVATION_STATUS_MESSAGE: result.error or (None if result.status == "ok" else result.status),
            Words.OBSERVATION_USAGE_DETAILS: as_json(_details_of(result.usage)),
            Words.OBSERVATION_COST_DETAILS: as_json(None if cost is None else {"total": cost}),
            Words.OBSERVATION_COMPLETION_START_TIME: _time_of(result.first_word_at),
        }

    def _of_trace(self, run: RunFacts) -> dict[str, Any]:
        """Say on every span what finds its trace: Langfuse reads it from each."""
        return {
            Words.TRACE_NAME: orchestrator(run.graph),
            Words.TRACE_SESSION_ID: run.session_id,
            Words.TRACE_USER_ID: run.user,
        }

    def _shown(self, value: Any) -> str | None:
        return as_json(self._redaction.capped(value, VALUE_BYTES)[0])


@dataclass
class Langfuse:
    """A `Backend`."""

    settings: LangfuseSettings
    redaction: Redaction
    name: str = LANGFUSE

    def __post_init__(self) -> None:
        self.rate = self.settings.rate
        self._words = LangfuseVocabulary(self.redaction)
        self._ids = FixedIds()
        exporter = exporter_to(f"{self._host}/api/public/otel/v1/traces", self._headers())
        self._shown_at = Address(self._project_url)
        self._sending = Sending("Langfuse", exporter, self._shown_at.look)
        provider = provider_of(self._ids, self._sending, Resource.create({"service.name": "cantata"}), ALWAYS_ON)
        self._tracer = provider.get_tracer("cantata", version("cantata"))

    def begin(self, run: RunFacts) -> SpansOfRun:
        """Begin the run's trace, or go on with it; a caller's own trace is not Langfuse's."""
        return SpansOfRun(self._tracer, self._ids, self._words, run, follows_caller=False)

    def tell_feedback(self, given: FeedbackFacts) -> None:
        """Queue what a user says of a run."""
        pair = self.settings.public_key, self.settings.secret_key
        self._sending.send(partial(send_score, self._host, pair, given))

    def url(self, trace_id: UUID) -> str | None:
        """Return where a trace is shown, once the project is known."""
        return f"{self._shown_at.url}/traces/{trace_id.hex}" if self._shown_at.url else None

    def close(self, seconds: float) -> None:
        """Send what is left, for so long at most."""
        self._sending.close(seconds)

    @property
    def _host(self) -> str:
        return self.settings.host.rstrip("/")

    def _headers(self) -> dict[str, str]:
        pair = f"{self.settings.public_key}:{self.settings.secret_key}".encode()
        return {
            "Authorization": f"Basic {base64.b64encode(pair).decode()}",
            "x-langfuse-ingestion-version": "4",  # shows spans as they come, where the server can
        }

    def _project_url(self) -> str | None:
        try:
            answer = httpx.get(f"{self._host}/api/public/projects", headers=self._headers(), timeout=SEND_SECONDS)
            project = answer.raise_for_status().json()["data"][0]["id"]
        except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
            logger.debug("Langfuse does not tell its project", exc_info=error)
            return None
        return f"{self._host}/project/{project}"


def _labels(run: RunFacts) -> Mapping[str, Any]:
    return {
        **run.metadata,
        "graph": run.graph,
        "strategy": run.strategy,
        "thread_id": run.thread_id,
        "workspace": run.workspace,
    }


def _usage_of(usage: Usage | None) -> dict[str, Any]:
    if usage is None:
        return {}
    told = {"total_tokens": usage.total_tokens, "cost_usd": usage.cost_usd, "model_calls": usage.model_calls}
    return {name: value for name, value in told.items() if value is not UNSET}


def _details_of(usage: Usage | None) -> dict[str, int] | None:
    """Write tokens as Langfuse adds them up: what is a part is not in the whole."""
    if usage is None or usage.input_tokens is UNSET or usage.output_tokens is UNSET:
        return None
    cached, thought = usage.cached_tokens or 0, usage.reasoning_tokens or 0
    told = {
        "input": usage.input_tokens - cached,
        "input_cache_read": cached,
        "output": usage.output_tokens - thought,
        "output_reasoning": thought,
        "total": usage.total_tokens or 0,
    }
    return {name: count for name, count in told.items() if count}


def _time_of(seconds: float | None) -> str | None:
    return None if seconds is None else as_json(datetime.fromtimestamp(seconds, UTC).isoformat())
