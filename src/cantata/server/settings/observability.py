"""What is logged, measured and traced."""

from typing import Literal

from pydantic import BaseModel, Field, SecretStr

from cantata.server.settings.forms import Key, Levels, LogLevel


class Observability(BaseModel):
    """What is logged, measured and traced."""

    log_format: Literal["console", "json"] = Field("console", description="`console` for people, `json` for machines.")
    log_level: LogLevel = Field("INFO", description="The least that is logged.")
    log_levels: Levels = Field((), description="Other levels for some modules, as `module=LEVEL`, separated by commas.")
    log_requests: bool = Field(True, description="A line for every request but those of `/health` and `/metrics`.")
    blocking_seconds: float = Field(
        0.2,
        gt=0,
        le=60,
        description="A call that holds the event loop for so long is logged with its stack.",
    )
    metrics_prefix: str = Field(
        "", pattern=r"^([a-zA-Z][a-zA-Z0-9_]*)?$", description="Stands, with an underscore, before every metric's name."
    )
    metrics_token: Key | None = Field(
        None, description="A key of yours, 16 characters or more, that opens `/metrics` and nothing else."
    )
    langsmith_tracing: bool = Field(False, description="Whether LangSmith is told of runs.")
    langsmith_api_key: SecretStr | None = Field(None, description="Key of LangSmith.")
    langsmith_endpoint: str = Field(
        "https://api.smith.langchain.com", min_length=1, description="Where LangSmith is, if it is another one."
    )
    langsmith_project: str = Field("default", min_length=1, description="Project of LangSmith that takes the traces.")
    langsmith_workspace_id: str | None = Field(
        None, description="Workspace of LangSmith, for a key of a whole organisation."
    )
    langsmith_tracing_sampling_rate: float = Field(1, ge=0, le=1, description="Share of runs that LangSmith gets.")
    langfuse_enabled: bool = Field(False, description="Whether Langfuse is told of runs; needs `cantata[langfuse]`.")
    langfuse_public_key: str | None = Field(None, description="Public key of Langfuse.")
    langfuse_secret_key: SecretStr | None = Field(None, description="Secret key of Langfuse.")
    langfuse_host: str = Field("https://cloud.langfuse.com", min_length=1, description="Where Langfuse is.")
    langfuse_sample_rate: float = Field(1, ge=0, le=1, description="Share of runs that Langfuse gets.")
    otel_exporter_otlp_endpoint: str | None = Field(
        None,
        description="Where OpenTelemetry's spans go, by OTLP over HTTP; needs `cantata[opentelemetry]`.",
    )
    otel_exporter_otlp_traces_endpoint: str | None = Field(
        None, description="The same as a whole address, with its path."
    )
    otel_sdk_disabled: bool = Field(False, description="Switches OpenTelemetry off, whatever else is set.")
    otel_service_name: str = Field("cantata", min_length=1, description="Name of this server in its spans.")
    otel_instrumentation_genai_capture_message_content: bool = Field(
        False, description="Whether OpenTelemetry's spans hold prompts, answers, arguments and results."
    )
    trace_flush_seconds: float = Field(
        3, ge=0, le=60, description="Longest wait at shutdown for traces to be sent; what is left then is lost."
    )

    @property
    def traces_endpoint(self) -> str | None:
        """Where OpenTelemetry's spans go; None when they go nowhere."""
        if self.otel_sdk_disabled:
            return None
        base = self.otel_exporter_otlp_endpoint
        return self.otel_exporter_otlp_traces_endpoint or (f"{base.rstrip('/')}/v1/traces" if base else None)
