"""Which limits there are, by name, and how large they are for whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from limits import RateLimitItem

from cantata.server.runs.allowances import factors_of
from cantata.server.settings import Settings
from cantata.server.settings.forms import MOST_REQUESTS, rate_of

DEFAULT, STREAM_START, AGENT = "default", "stream_start", "agent"


@dataclass(frozen=True)
class Policy:
    """A named limit; `rates` are its sizes by role, and under None for whoever has none."""

    name: str
    rates: Mapping[str | None, RateLimitItem]


@dataclass(frozen=True)
class Policies:
    """All of them."""

    default: Policy
    stream_start: Policy
    agents: Mapping[str, Policy] = field(default_factory=dict)

    @property
    def has_unknown(self) -> bool:
        """Tell whether any of them holds for whoever uses an open server."""
        return any(None in policy.rates for policy in (self.default, self.stream_start, *self.agents.values()))

    @classmethod
    def configured(cls, settings: Settings) -> "Policies":
        """Read the settings: on an open server only what is set counts."""
        factors = {"user": 1.0, **factors_of(settings)}

        def policy(name: str, setting: str, text: str) -> Policy:
            rate = rate_of(text)
            if rate is None:
                return Policy(name, {})
            rates: dict[str | None, RateLimitItem] = {role: times(rate, factor) for role, factor in factors.items()}
            if settings.limits(setting, is_known=False):
                rates[None] = rate
            return Policy(name, rates)

        entries = (entry.partition("=") for entry in settings.agent_rate_limits)
        return cls(
            policy(DEFAULT, "rate_limit_default", settings.rate_limit_default),
            policy(STREAM_START, "rate_limit_stream_start", settings.rate_limit_stream_start),
            {
                agent.strip(): policy(f"{AGENT}_{agent.strip()}", "agent_rate_limits", text)
                for agent, _, text in entries
            },
        )


def times(rate: RateLimitItem, factor: float) -> RateLimitItem:
    """Return so many times as much, as far as it can be counted."""
    return type(rate)(min(MOST_REQUESTS, int(rate.amount * factor)), rate.multiples, rate.namespace)
