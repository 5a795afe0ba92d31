"""What can be configured: read once, from the environment and `.env`, into one frozen object."""

import json
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self, get_args
from urllib.parse import urlsplit

from limits import RateLimitItem, parse_many
from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cantata.graphs.loading import LOAD_SECONDS
from cantata.graphs.spec import MAX_DEPTH, MAX_STEPS, MOST_LEVELS, MOST_STEPS

Words = Annotated[tuple[str, ...], NoDecode]
"""A list, in the environment separated by commas."""

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
OFF = "off"
MOST_REQUESTS = 100_000  # of one window: each is remembered


WorkspaceDays = Annotated[dict[str, Annotated[float, Field(ge=0, le=36_500)]], NoDecode]
"""Days by workspace, as JSON."""

MIN_JWT_SECRET_BYTES = 32  # RFC 7518, 3.2
MIN_INTERNAL_KEY_CHARS = 16
ASYMMETRIC_ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)


class Settings(BaseSettings):
    """The server's settings; each is an environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    database_url: str = Field(
        "sqlite:///cantata.db",
        description="Where everything is kept, as `sqlite:///path`; the graphs' store lies beside it.",
    )
    gemini_api_key: SecretStr | None = Field(
        None,
        description="Key of Google's Gemini; `GOOGLE_API_KEY` is read too. Without one the model is `offline-demo`.",
    )
    google_api_key: SecretStr | None = Field(None, description="Another name for `GEMINI_API_KEY`.")
    default_model: str | None = Field(
        None,
        description="`provider:model` of a run that names none; else Gemini when a key is set, else `offline-demo`.",
    )

    max_body_bytes: int = Field(1_048_576, ge=1_024, le=104_857_600, description="Largest request body.")
    max_message_chars: int = Field(100_000, ge=1, le=10_000_000, description="Longest message.")
    max_concurrent_runs: int = Field(100, ge=1, le=10_000, description="Runs executed at once; more wait in turn.")
    max_attempts: int = Field(
        3, ge=1, le=100, description="Times that a run is taken up after crashes without progress."
    )
    run_timeout_seconds: float = Field(
        3_600, gt=0, le=604_800, description="Longest running time of a run that names none."
    )
    recursion_limit: int = Field(100, ge=1, le=10_000, description="Supersteps of a run that names no limit.")

    max_workflow_steps: int = Field(
        MAX_STEPS, ge=1, le=MOST_STEPS, description="Steps of a workflow that a request or a definition brings."
    )
    max_workflow_depth: int = Field(
        MAX_DEPTH, ge=1, le=MOST_LEVELS, description="Levels of steps within steps of such a workflow."
    )
    graph_load_seconds: float = Field(
        LOAD_SECONDS, gt=0, le=3_600, description="Longest import of a graph's file at the start."
    )

    cancel_seconds: float = Field(5, gt=0, le=300, description="Longest wait for a cancelled graph to stop.")
    drain_seconds: float = Field(
        10, ge=0, le=3_600, description="Longest wait at shutdown for runs to reach a superstep's edge."
    )
    disconnect_grace_seconds: float = Field(
        15,
        ge=0,
        le=86_400,
        description="How long a run with `on_disconnect: cancel` goes on without a reader.",
    )
    heartbeat_seconds: float = Field(15, ge=0.1, le=3_600, description="Silence of a stream before a heartbeat.")
    send_timeout_seconds: float = Field(
        60, gt=0, le=3_600, description="A stream whose client takes nothing for so long is closed."
    )
    reader_window_bytes: int = Field(
        262_144,
        ge=4_096,
        le=67_108_864,
        description="What a stream holds for a slow client before it goes back to the log.",
    )

    event_retention_days: float = Field(
        7,
        ge=0,
        le=36_500,
        description="Of a workflow that ended so long ago only the last event is kept; 0 keeps all for ever.",
    )
    checkpoint_retention_days: float = Field(
        30,
        ge=0,
        le=36_500,
        description=(
            "Of a conversation with a graph that was last active so long ago only the newest checkpoint is kept;"
            " 0 keeps all for ever."
        ),
    )
    session_retention_days: float = Field(
        0,
        ge=0,
        le=36_500,
        description="A session that was last active so long ago is deleted with everything; 0 keeps it.",
    )
    retention_interval_seconds: float = Field(
        3_600, ge=0.1, le=86_400, description="Pause between two looks for what is to be removed."
    )

    metrics_prefix: str = Field(
        "", pattern=r"^([a-zA-Z][a-zA-Z0-9_]*)?$", description="Stands, with an underscore, before every metric's name."
    )
    metrics_token: SecretStr | None = Field(
        None, description="A key of yours, 16 characters or more, that opens `/metrics` and nothing else."
    )
    log_format: Literal["console", "json"] = Field("console", description="`console` for people, `json` for machines.")
    log_level: LogLevel = Field("INFO", description="The least that is logged.")
    log_levels: Words = Field((), description="Other levels for some modules, as `module=LEVEL`, separated by commas.")
    log_requests: bool = Field(True, description="A line for every request but those of `/health` and `/metrics`.")
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

    max_connections: int = Field(
        5_000, ge=1, le=100_000, description="Connections open at once; more are answered with 503."
    )
    max_header_bytes: int = Field(
        65_536, ge=1_024, le=1_048_576, description="Largest request line and headers together, of 100 fields at most."
    )
    header_timeout_seconds: float = Field(
        10, gt=0, le=3_600, description="A client whose request line and headers take longer is cut."
    )
    body_timeout_seconds: float = Field(60, gt=0, le=3_600, description="A client whose body takes longer is cut.")

    rate_limit_default: str = Field(
        "100/minute",
        description="Requests of one user, as `100/minute` or `100/15 minutes`; `off` for no limit.",
    )
    rate_limit_stream_start: str = Field(
        "100/15 minutes", description="Runs that one user may start, in the same words."
    )
    agent_rate_limits: Words = Field(
        (), description="Runs that one user may start of an agent, as `researcher=10/hour`, separated by commas."
    )
    concurrent_runs_per_user: int = Field(
        20, ge=0, le=10_000, description="Runs of one user that are queued or running at once; 0 for no limit."
    )
    concurrent_streams_per_user: int = Field(
        50, ge=0, le=10_000, description="Streams that one user has open at once; 0 for no limit."
    )
    daily_tokens_per_user: int = Field(
        0, ge=0, le=10**12, description="Tokens of one user's model calls in a day (UTC); 0 for no limit."
    )
    daily_cost_usd_per_user: float = Field(
        0,
        ge=0,
        le=1_000_000,
        description="What one user's model calls may cost in a day (UTC), as estimated in US dollars; 0 for no limit.",
    )
    premium_limit_factor: float = Field(
        3, ge=1, le=1_000, description="Times a user's limits that the role `premium` has."
    )
    admin_limit_factor: float = Field(
        10, ge=1, le=1_000, description="Times a user's limits that the role `admin` has."
    )
    redis_url: SecretStr | None = Field(
        None,
        description="Where several servers count requests together, as `redis://host:6379/0`; else each counts alone.",
    )
    rate_limit_processes: int = Field(
        1, ge=1, le=1_000, description="Servers that share the limits: each grants its part while Redis is away."
    )

    authentication: bool = Field(
        False, description="Ask everybody for a credential; the settings of tokens and INTERNAL_API_KEY do so, too."
    )
    jwt_secret: SecretStr | None = Field(None, description="Secret of HS256 tokens: 32 bytes or more.")
    jwt_issuer: str | None = Field(None, description="`iss` that HS256 tokens must have.")
    jwt_audience: str | None = Field(None, description="`aud` that HS256 tokens must have.")
    internal_api_key: SecretStr | None = Field(
        None, description="A key of yours, 16 characters or more, for one admin."
    )
    api_key_pepper: SecretStr | None = Field(
        None,
        description=(
            "What API keys are hashed with, 16 characters or more; else a secret that is made once and kept in the"
            " database."
        ),
    )
    invalid_key_status: int = Field(401, description="What answers to an invalid API key: 401, or 403.")
    oidc_issuer: str | None = Field(
        None, description="Issuer of OpenID Connect tokens, as its `iss` says; not beside JWT_SECRET."
    )
    oidc_audience: str | None = Field(None, description="`aud` that its tokens must have; needed with OIDC_ISSUER.")
    oidc_algorithms: Words = Field(
        ("RS256", "ES256", "EdDSA"), description="Algorithms that its tokens may be signed with."
    )
    oidc_client_id: str | None = Field(None, description="Lets browsers log in at the issuer: our id there.")
    oidc_client_secret: SecretStr | None = Field(None, description="Our secret there, unless we are a public client.")
    oidc_scope: str = Field("openid email profile", description="What a login asks the issuer for.")
    role_claim: str = Field(
        "role", description="Claim with a role or a list of them; dots lead inwards, as in `realm_access.roles`."
    )
    login_hours: float = Field(12, gt=0, le=8_760, description="How long a browser's login lasts.")
    auth_check_seconds: float = Field(
        30, ge=0.1, le=3_600, description="How often open streams look whether their reader may read on."
    )
    public_url: str | None = Field(
        None, description="Address by which browsers reach the server, when a proxy hides it; for logins."
    )
    premium_models: Words = Field((), description="Models for the roles premium and admin alone, by commas.")
    workspace_retention: WorkspaceDays = Field(
        {}, description='EVENT_RETENTION_DAYS of single workspaces, as `{"trial": 1, "acme": 90}`.'
    )

    allowed_hosts: Words = Field(
        (), description="Names beside localhost for which an open server answers, separated by commas."
    )
    cors_origins: Words = Field((), description="Origins whose pages may use the API, separated by commas.")
    cors_private_network: bool = Field(
        False, description="Let those pages reach the server from a public site, as LangSmith Studio does."
    )
    trusted_proxies: Words = Field(
        (),
        description=(
            "Addresses or networks of proxies whose `X-Forwarded-For`, `X-Forwarded-Proto` and `Forwarded` are"
            " believed, separated by commas."
        ),
    )
    checkpoint_types: Words = Field(
        (),
        description="Classes that checkpoints may revive beside those of the project: `module:Class`, by commas.",
    )
    blocking_seconds: float = Field(
        0.2,
        gt=0,
        le=60,
        description="A call that holds the event loop for so long is logged with its stack.",
    )

    @field_validator(
        "allowed_hosts",
        "cors_origins",
        "checkpoint_types",
        "log_levels",
        "trusted_proxies",
        "agent_rate_limits",
        "premium_models",
        "oidc_algorithms",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value

    @field_validator("workspace_retention", mode="before")
    @classmethod
    def _parse(cls, value: object) -> object:
        try:
            return json.loads(value) if isinstance(value, str) else value
        except ValueError as error:
            raise ValueError('WORKSPACE_RETENTION is JSON, as in {"trial": 1}') from error

    @field_validator("database_url")
    @classmethod
    def _is_supported(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "sqlite" or len(parts.path) < 2:
            raise ValueError("DATABASE_URL must be sqlite:///relative/path or sqlite:////absolute/path")
        return value

    @field_validator("checkpoint_types")
    @classmethod
    def _name_classes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name.count(":") != 1:
                raise ValueError(f"CHECKPOINT_TYPES must hold module:Class, not {name!r}")
        return value

    @field_validator("log_levels")
    @classmethod
    def _name_levels(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for told in value:
            module, _, level = told.partition("=")
            if not module or level not in get_args(LogLevel):
                raise ValueError(f"LOG_LEVELS must hold module=LEVEL, not {told!r}")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _name_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            parts = urlsplit(origin)
            if (
                parts.scheme not in ("http", "https")
                or origin != f"{parts.scheme}://{parts.netloc}"
                or not parts.netloc
            ):
                raise ValueError(f"CORS_ORIGINS must hold origins as https://app.example, not {origin!r}")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _name_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ip_network(network)  # says what is wrong
        return value

    @field_validator("rate_limit_default", "rate_limit_stream_start")
    @classmethod
    def _is_rate(cls, value: str) -> str:
        rate_of(value)
        return value

    @field_validator("agent_rate_limits")
    @classmethod
    def _are_rates(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            agent, _, rate = entry.partition("=")
            if not agent or not rate:
                raise ValueError(f"AGENT_RATE_LIMITS must hold agent=10/hour, not {entry!r}")
            rate_of(rate)
        return value

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and urlsplit(value.get_secret_value()).scheme not in ("redis", "rediss"):
            raise ValueError("REDIS_URL must be redis://host:port/number, or rediss:// with TLS")
        return value

    def limits(self, name: str, *, is_known: bool) -> bool:
        """Tell whether the limit *name* holds for a user: on a server that asks for no credential only if it is set."""
        return is_known or name in self.model_fields_set

    @field_validator("jwt_secret")
    @classmethod
    def _is_long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().encode()) < MIN_JWT_SECRET_BYTES:
            raise ValueError(f"JWT_SECRET needs {MIN_JWT_SECRET_BYTES} bytes or more: openssl rand -hex 32 makes one")
        return value

    @field_validator("internal_api_key", "api_key_pepper", "metrics_token")
    @classmethod
    def _is_key(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None and not re.fullmatch(
            rf"[\x21-\x7e]{{{MIN_INTERNAL_KEY_CHARS},}}", value.get_secret_value()
        ):
            raise ValueError(
                f"{str(info.field_name).upper()} needs {MIN_INTERNAL_KEY_CHARS} or more visible ASCII characters"
            )
        return value

    @field_validator("invalid_key_status")
    @classmethod
    def _is_status(cls, value: int) -> int:
        if value not in (401, 403):
            raise ValueError("INVALID_KEY_STATUS is 401 or 403")
        return value

    @field_validator("oidc_algorithms")
    @classmethod
    def _are_asymmetric(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or not ASYMMETRIC_ALGORITHMS.issuperset(value):
            raise ValueError(f"OIDC_ALGORITHMS may name {', '.join(sorted(ASYMMETRIC_ALGORITHMS))}")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.oidc_issuer is not None and self.jwt_secret is not None:
            raise ValueError("set JWT_SECRET or OIDC_ISSUER, not both: a token must have one way to be verified")
        if self.oidc_issuer is not None and self.oidc_audience is None:
            raise ValueError("OIDC_AUDIENCE is needed with OIDC_ISSUER: tokens for other services must not count here")
        if self.oidc_client_id is not None and self.oidc_issuer is None:
            raise ValueError("OIDC_CLIENT_ID needs OIDC_ISSUER")
        return self

    @property
    def is_open(self) -> bool:
        """Tell whether nobody is asked who they are."""
        told = (self.jwt_secret, self.oidc_issuer, self.internal_api_key)
        return not (self.authentication or any(value is not None for value in told))

    @property
    def database_path(self) -> Path:
        """The file that `database_url` names."""
        return Path(self.database_url.removeprefix("sqlite:///"))

    @property
    def store_path(self) -> Path:
        """The file of the graphs' store, beside the database: `cantata.db` has `cantata.store.db`."""
        return self.database_path.with_stem(f"{self.database_path.stem}.store")

    @property
    def traces_endpoint(self) -> str | None:
        """Where OpenTelemetry's spans go; None when they go nowhere."""
        if self.otel_sdk_disabled:
            return None
        base = self.otel_exporter_otlp_endpoint
        return self.otel_exporter_otlp_traces_endpoint or (f"{base.rstrip('/')}/v1/traces" if base else None)

    def secrets(self) -> tuple[str, ...]:
        """Return the configured secrets, which no event, log line or answer may hold."""
        told = (getattr(self, name) for name in type(self).model_fields)
        secrets = [value.get_secret_value() for value in told if isinstance(value, SecretStr)]
        passwords = [urlsplit(secret).password or "" for secret in secrets if "://" in secret]
        return tuple(secrets + passwords)


def rate_of(text: str) -> RateLimitItem | None:
    """Read a rate limit; None when it is off.

    Raises:
        ValueError: it is none.
    """
    if text.strip().lower() == OFF:
        return None
    try:
        (rate,) = parse_many(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no rate limit: write 100/minute, 100/15 minutes, or off") from error
    if not 1 <= rate.amount <= MOST_REQUESTS:
        raise ValueError(f"{text!r} is no rate limit: from 1 to {MOST_REQUESTS} requests can be counted")
    return rate
