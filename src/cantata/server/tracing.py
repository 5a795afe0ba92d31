"""Opens what the settings say that runs are told to: LangSmith, Langfuse, OpenTelemetry."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from langsmith.utils import LangSmithUserError

from cantata.callbacks.redaction import Redaction
from cantata.callbacks.tracing.facts import Backend
from cantata.callbacks.tracing.langsmith import HOSTED, LangSmith, LangSmithSettings
from cantata.callbacks.tracing.tracing import Tracing
from cantata.server.errors import Misconfigured
from cantata.server.settings import Settings

T = TypeVar("T")


@asynccontextmanager
async def open_tracing(settings: Settings, redaction: Redaction) -> AsyncIterator[Tracing]:
    """Tell the configured tools of runs while the context is open; leaving it sends what is left, in bounded time.

    Raises:
        Misconfigured: a tool is switched on, but something that it needs is not there.
    """
    tracing = Tracing(_backends(settings, redaction), redaction)
    try:
        yield tracing
    finally:
        await _beside(lambda: tracing.close(settings.trace_flush_seconds))


def _backends(settings: Settings, redaction: Redaction) -> list[Backend]:
    found: list[Backend] = []
    if settings.langsmith_tracing:
        found.append(_langsmith(settings, redaction))
    if settings.langfuse_enabled:
        found.append(_langfuse(settings, redaction))
    if settings.traces_endpoint is not None:
        found.append(_opentelemetry(settings, settings.traces_endpoint, redaction))
    return found


def _langsmith(settings: Settings, redaction: Redaction) -> Backend:
    key = settings.langsmith_api_key
    if key is None and settings.langsmith_endpoint.rstrip("/") == HOSTED:
        raise Misconfigured("LANGSMITH_TRACING is true, but there is no LANGSMITH_API_KEY: set it, or trace nothing.")
    told = LangSmithSettings(
        endpoint=settings.langsmith_endpoint.rstrip("/"),
        api_key=key.get_secret_value() if key else None,
        project=settings.langsmith_project,
        workspace_id=settings.langsmith_workspace_id,
        rate=settings.langsmith_tracing_sampling_rate,
    )
    try:
        return LangSmith(told, redaction)
    except LangSmithUserError as error:  # what the library's own variables say besides
        raise Misconfigured(f"LangSmith cannot be used as it is configured: {error}") from error


def _langfuse(settings: Settings, redaction: Redaction) -> Backend:
    public, secret = settings.langfuse_public_key, settings.langfuse_secret_key
    if public is None or secret is None:
        raise Misconfigured("LANGFUSE_ENABLED is true: set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY, too.")
    _check_sdk("LANGFUSE_ENABLED")
    try:
        from cantata.callbacks.tracing.langfuse import Langfuse, LangfuseSettings  # noqa: PLC0415 — an extra
    except ModuleNotFoundError as error:
        raise _missing("LANGFUSE_ENABLED is true", "langfuse", error) from error
    told = LangfuseSettings(
        public_key=public,
        secret_key=secret.get_secret_value(),
        host=settings.langfuse_host,
        rate=settings.langfuse_sample_rate,
    )
    return Langfuse(told, redaction)


def _opentelemetry(settings: Settings, endpoint: str, redaction: Redaction) -> Backend:
    try:
        from cantata.callbacks.tracing.otel import OpenTelemetry, OpenTelemetrySettings  # noqa: PLC0415 — an extra
    except ModuleNotFoundError as error:
        raise _missing("OTEL_EXPORTER_OTLP_ENDPOINT is set", "opentelemetry", error) from error
    told = OpenTelemetrySettings(
        traces_endpoint=endpoint,
        service_name=settings.otel_service_name,
        has_content=settings.otel_instrumentation_genai_capture_message_content,
    )
    return OpenTelemetry(told, redaction)


def _check_sdk(setting: str) -> None:
    """OpenTelemetry's switch turns off what Langfuse is sent by, without a word."""
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        raise Misconfigured(f"OTEL_SDK_DISABLED switches off what {setting} needs: unset one of the two.")


def _missing(told: str, extra: str, error: ModuleNotFoundError) -> Misconfigured:
    return Misconfigured(f"{told}, but {error.name} is not installed: pip install 'cantata[{extra}]'.")


async def _beside(work: Callable[[], None]) -> None:
    """Do *work* in a thread that keeps nobody: those of the loop are waited for when it closes."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def do() -> None:
        try:
            work()
        finally:
            loop.call_soon_threadsafe(done.set)

    threading.Thread(target=do, daemon=True).start()
    await done.wait()
