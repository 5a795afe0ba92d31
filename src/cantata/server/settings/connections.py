"""Who may connect from where, with how much, and for how long; what streams hold."""

from pydantic import BaseModel, Field

from cantata.server.settings.forms import Networks, Origins, Words


class Connections(BaseModel):
    """Who may connect from where, with how much, and for how long; what streams hold."""

    allowed_hosts: Words = Field(
        (), description="Names beside localhost for which an open server answers, separated by commas."
    )
    cors_origins: Origins = Field((), description="Origins whose pages may use the API, separated by commas.")
    cors_private_network: bool = Field(
        False, description="Let those pages reach the server from a public site, as LangSmith Studio does."
    )
    trusted_proxies: Networks = Field(
        (),
        description=(
            "Addresses or networks of proxies whose `X-Forwarded-For`, `X-Forwarded-Proto` and `Forwarded` are"
            " believed, separated by commas."
        ),
    )
    public_url: str | None = Field(
        None, description="Address by which browsers reach the server, when a proxy hides it; for logins."
    )
    max_connections: int = Field(
        5_000, ge=1, le=100_000, description="Connections open at once; more are answered with 503."
    )
    max_header_bytes: int = Field(
        65_536, ge=1_024, le=1_048_576, description="Largest request line and headers together, of 100 fields at most."
    )
    max_body_bytes: int = Field(1_048_576, ge=1_024, le=104_857_600, description="Largest request body.")
    header_timeout_seconds: float = Field(
        10, gt=0, le=3_600, description="A client whose request line and headers take longer is cut."
    )
    body_timeout_seconds: float = Field(60, gt=0, le=3_600, description="A client whose body takes longer is cut.")
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
