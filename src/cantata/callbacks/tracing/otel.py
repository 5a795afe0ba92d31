"""Sends traces to any OTLP endpoint, in the words of OpenTelemetry's conventions for generative AI."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any
from uuid import UUID

from msgspec import UNSET
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from cantata.callbacks.redaction import Redaction
from cantata.callbacks.tracing.facts import VALUE_BYTES, Closed, Opened, Request, RunEnd, RunFacts
from cantata.callbacks.tracing.names import OPENTELEMETRY
from cantata.callbacks.tracing.otlp import Sending, exporter_to, provider_of
from cantata.callbacks.tracing.spans import Attributes, FixedIds, SpansOfRun, as_json

# LangChain's `ls_provider` → the conventions' name, where they differ.
_PROVIDERS = {"google_genai": "gcp.gemini", "google_vertexai": "gcp.vertex_ai", "azure": "azure.ai.openai"}
_OPERATIONS = {"tool": "execute_tool", "model": "chat", "retriever": "retrieval"}
_PARAMETERS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_output_tokens": "max_tokens",
    "max_tokens": "max_tokens",
}


@dataclass(frozen=True, kw_only=True)
class OpenTelemetrySettings:
    """Where spans are sent; what else the standard variables say, such as headers, the libraries read themselves."""

    traces_endpoint: str
    service_name: str
    has_content: bool = False
    """Prompts, answers, arguments and results are told, too."""


class GenAiVocabulary:
    """A `Vocabulary`."""

    def __init__(self, redaction: Redaction, *, has_content: bool) -> None:
        self._redaction = redaction
        self.wants_content = has_content

    def root(self, run: RunFacts) -> tuple[str, Attributes]:
        """Describe a run: an agent, or what coordinates agents."""
        is_agent = run.strategy == "single"
        operation = "invoke_agent" if is_agent else "invoke_workflow"
        attributes = {
            "gen_ai.operation.name": operation,
            "gen_ai.agent.name" if is_agent else "gen_ai.workflow.name": run.graph,
            "gen_ai.conversation.id": run.session_id,
            "gen_ai.input.messages": self._shown(run.input) if self.wants_content else None,
            "user.id": run.user,
            "cantata.workspace": run.workspace,
            "cantata.trace_id": str(run.id),
            "cantata.strategy": run.strategy,
            "cantata.thread_id": run.thread_id,
            "cantata.tags": tuple(run.tags) or None,
        }
        return f"{operation} {run.graph}", attributes

    def end(self, run: RunFacts, end: RunEnd) -> Attributes:
        """Describe how a run ended."""
        return {
            "cantata.status": end.status,
            "error.type": end.output.get("code") if end.status == "failed" else None,
            "gen_ai.output.messages": self._shown(end.output) if self.wants_content else None,
            **_usage_of(end.usage),
        }

    def opened(self, run: RunFacts, thing: Opened) -> tuple[str, Attributes]:
        """Describe a span that begins."""
        operation = _OPERATIONS.get(thing.kind)
        given = as_json(thing.given) if self.wants_content else None
        attributes = {
            "gen_ai.operation.name": operation,
            "gen_ai.conversation.id": run.session_id,
            "gen_ai.agent.name": thing.agent,
            "gen_ai.request.model": thing.model,
            "gen_ai.provider.name": _PROVIDERS.get(thing.provider or "", thing.provider),
            **{f"gen_ai.request.{name}": thing.parameters.get(told) for told, name in _PARAMETERS.items()},
            "gen_ai.tool.name": thing.name if thing.kind == "tool" else None,
            "gen_ai.tool.call.id": thing.tool_call_id,
            _given_name(thing): given,
        }
        return (f"{operation} {thing.name}" if operation else thing.name), attributes

    def closed(self, thing: Opened, result: Closed) -> Attributes:
        """Describe a span's end."""
        output = as_json(result.output) if self.wants_content else None
        return {
            "cantata.status": result.status,
            _output_name(thing): output,
            **_usage_of(result.usage),
        }

    def _shown(self, value: Any) -> str | None:
        return as_json(self._redaction.capped(value, VALUE_BYTES)[0])


@dataclass
class OpenTelemetry:
    """A `Backend`. Which runs are told is for the standard sampler, `OTEL_TRACES_SAMPLER`, to say."""

    settings: OpenTelemetrySettings
    redaction: Redaction
    name: str = OPENTELEMETRY
    rate: float = field(init=False, default=1.0)

    def __post_init__(self) -> None:
        self._words = GenAiVocabulary(self.redaction, has_content=self.settings.has_content)
        self._ids = FixedIds()
        self._sending = Sending("OpenTelemetry", exporter_to(self.settings.traces_endpoint))
        resource = Resource.create({"service.name": self.settings.service_name, "service.version": version("cantata")})
        self._tracer = provider_of(self._ids, self._sending, resource).get_tracer("cantata", version("cantata"))

    def begin(self, run: RunFacts) -> SpansOfRun:
        """Begin the run's spans, or go on with them, under the request's when that came from a trace."""
        return SpansOfRun(self._tracer, self._ids, self._words, run)

    def url(self, trace_id: UUID) -> str | None:
        """Return None: whoever takes the spans shows them anywhere."""
        return None

    def close(self, seconds: float) -> None:
        """Send what is left, for so long at most."""
        self._sending.close(seconds)

    @contextmanager
    def request(self, name: str, traceparent: str, attributes: Attributes) -> Iterator[Request]:
        """Tell a request as a span, under its caller's where that is known."""
        above = TraceContextTextMapPropagator().extract({"traceparent": traceparent}, Context())
        span = self._tracer.start_span(name, above, SpanKind.SERVER, attributes)
        try:
            yield RequestSpan(span)
        finally:
            span.end()


class RequestSpan:
    """A `Request`."""

    def __init__(self, span: Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        """The span's own place, as W3C writes it."""
        at = self._span.get_span_context()
        return f"00-{at.trace_id:032x}-{at.span_id:016x}-{at.trace_flags:02x}"

    def answered(self, status: int, workflow_id: str | None) -> None:
        """Tell how the answer begins."""
        self._span.set_attribute("http.response.status_code", status)
        if workflow_id is not None:
            self._span.set_attribute("cantata.workflow_id", workflow_id)
        if status >= 500:
            self._span.set_status(Status(StatusCode.ERROR))

    def routed(self, method: str, route: str) -> None:
        """Tell which route took it: the name of a span must not hold ids."""
        self._span.update_name(f"{method} {route}")
        self._span.set_attribute("http.route", route)


def _given_name(thing: Opened) -> str:
    names = {"tool": "gen_ai.tool.call.arguments", "retriever": "gen_ai.retrieval.query.text"}
    return names.get(thing.kind, "gen_ai.input.messages" if thing.kind == "model" else "cantata.input")


def _output_name(thing: Opened) -> str:
    names = {"tool": "gen_ai.tool.call.result", "retriever": "gen_ai.retrieval.documents"}
    return names.get(thing.kind, "gen_ai.output.messages" if thing.kind == "model" else "cantata.output")


def _usage_of(usage: Any) -> dict[str, Any]:
    if usage is None:
        return {}
    told = {
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens,
        "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
        "cantata.usage.cost_usd": usage.cost_usd,
    }
    return {name: value for name, value in told.items() if value is not UNSET}
