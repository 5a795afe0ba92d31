"""How spans are sent by OTLP, to Langfuse and to OpenTelemetry's own endpoints: in a thread, and with deadlines."""

import logging
from collections.abc import Callable, Mapping, Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.sampling import Sampler

from cantata.callbacks.tracing.outbox import Outbox
from cantata.callbacks.tracing.spans import FixedIds

SEND_SECONDS = 2.0  # for a batch, its retries included

Errand = Callable[[], None]
"""Sends what is no span; raises when it is not taken."""

_LIBRARY_LOG = "opentelemetry.exporter.otlp.proto.http.trace_exporter"


class Sending(SpanProcessor):
    """Queues what ended, and sends it in a thread of its own."""

    def __init__(self, name: str, exporter: OTLPSpanExporter, on_success: Callable[[], None] = lambda: None) -> None:
        self._exporter, self._on_success = exporter, on_success
        self._outbox: Outbox[ReadableSpan | Errand] = Outbox(name, self._deliver)
        # It logs each batch that cannot be sent, and each retry; the outbox says it once a minute.
        logging.getLogger(_LIBRARY_LOG).addFilter(_is_no_complaint)

    def on_end(self, span: ReadableSpan) -> None:
        """Take a span."""
        if span.context is not None and span.context.trace_flags.sampled:
            self._outbox.put(span)

    def send(self, errand: Errand) -> None:
        """Take something else, to be sent in its turn."""
        self._outbox.put(errand)

    def close(self, seconds: float) -> None:
        """Send what is queued, for so long at most."""
        self._outbox.close(seconds)
        self._exporter.shutdown()  # type: ignore[no-untyped-call]  # the library leaves it untyped

    def _deliver(self, batch: Sequence[ReadableSpan | Errand]) -> bool:
        went_well = self._export([item for item in batch if isinstance(item, ReadableSpan)])
        for item in batch:
            if not isinstance(item, ReadableSpan):
                item()
        return went_well

    def _export(self, spans: Sequence[ReadableSpan]) -> bool:
        if not spans:
            return True
        went_well = self._exporter.export(spans) is SpanExportResult.SUCCESS
        if went_well:
            self._on_success()
        return went_well


def exporter_to(endpoint: str, headers: Mapping[str, str] | None = None) -> OTLPSpanExporter:
    """Return an exporter; what *headers* leaves open is told by the standard variables."""
    return OTLPSpanExporter(endpoint, headers=headers, timeout=SEND_SECONDS)


def provider_of(ids: FixedIds, sending: Sending, resource: Resource, sampler: Sampler | None = None) -> TracerProvider:
    """Return a provider of our own, which is not the process's: what else is traced there is no concern of ours."""
    provider = TracerProvider(sampler, resource, shutdown_on_exit=False, id_generator=ids)
    provider.add_span_processor(sending)
    return provider


def _is_no_complaint(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(("Failed to export", "Transient error", "Shutdown in progress"))
