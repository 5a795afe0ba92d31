"""What one user may use."""

from pydantic import BaseModel, Field

from cantata.server.settings.forms import AgentRates, Rate, RedisUrl


class UserLimits(BaseModel):
    """What one user may use."""

    rate_limit_default: Rate = Field(
        "100/minute",
        description="Requests of one user, as `100/minute` or `100/15 minutes`; `off` for no limit.",
    )
    rate_limit_stream_start: Rate = Field(
        "100/15 minutes", description="Runs that one user may start, in the same words."
    )
    rate_limit_failed_logins: Rate = Field(
        "30/minute",
        description="Bad credentials from one address; after ten times as many nothing from there is looked at.",
    )
    agent_rate_limits: AgentRates = Field(
        (), description="Runs that one user may start of an agent, as `researcher=10/hour`, separated by commas."
    )
    concurrent_runs_per_user: int = Field(
        20, ge=0, le=10_000, description="Runs of one user that are queued or running at once; 0 for no limit."
    )
    concurrent_streams_per_user: int = Field(
        50,
        ge=0,
        le=10_000,
        description="Streams that one user has open at once, and answers that they wait for; 0 for no limit.",
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
    redis_url: RedisUrl | None = Field(
        None,
        description="Where several servers count requests together, as `redis://host:6379/0`; else each counts alone.",
    )
    rate_limit_processes: int = Field(
        1, ge=1, le=1_000, description="Servers that share the limits: each grants its part while Redis is away."
    )

    def limits(self, name: str, *, is_known: bool) -> bool:
        """Tell whether the limit *name* holds for a user: on a server that asks for no credential only if it is set."""
        return is_known or name in self.model_fields_set
