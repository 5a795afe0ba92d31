"""How much one user may have at once, and use up in a day."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cantata.server.settings import Settings

ADMIN, PREMIUM = "admin", "premium"


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What one user may have; None is no limit."""

    runs: int | None = None
    """Queued or running at once."""
    streams: int | None = None
    """Open at once."""
    tokens: int | None = None
    """Of model calls, in a day (UTC)."""
    cost_usd: float | None = None
    """Of model calls, in a day (UTC), as estimated."""

    @property
    def has_budget(self) -> bool:
        """Tell whether a day's use is limited."""
        return self.tokens is not None or self.cost_usd is not None

    def times(self, factor: float) -> "Allowance":
        """Return so many times as much."""
        return Allowance(
            runs=None if self.runs is None else int(self.runs * factor),
            streams=None if self.streams is None else int(self.streams * factor),
            tokens=None if self.tokens is None else int(self.tokens * factor),
            cost_usd=None if self.cost_usd is None else self.cost_usd * factor,
        )


NOTHING_LIMITED = Allowance()


@dataclass(frozen=True)
class Allowances:
    """What each role may have."""

    known: Allowance = NOTHING_LIMITED
    """A user with a role, before its factor."""
    unknown: Allowance = NOTHING_LIMITED
    """Whoever uses a server that asks for no credential."""
    factors: Mapping[str, float] = field(default_factory=dict)

    def of(self, role: str | None) -> Allowance:
        """Return what somebody of *role* may have; None is whoever uses an open server."""
        return self.unknown if role is None else self.known.times(self.factors.get(role, 1.0))

    @classmethod
    def configured(cls, settings: Settings) -> "Allowances":
        """Read the settings: on an open server only what is set counts."""

        def allowance(*, is_known: bool) -> Allowance:
            def told(name: str) -> int | None:
                return getattr(settings, name) or None if settings.limits(name, is_known=is_known) else None

            return Allowance(
                runs=told("concurrent_runs_per_user"),
                streams=told("concurrent_streams_per_user"),
                tokens=told("daily_tokens_per_user"),
                cost_usd=told("daily_cost_usd_per_user"),
            )

        return cls(allowance(is_known=True), allowance(is_known=False), factors_of(settings))


def factors_of(settings: Settings) -> Mapping[str, float]:
    """Say how many times a user's limits each other role has."""
    return {PREMIUM: settings.premium_limit_factor, ADMIN: settings.admin_limit_factor}
