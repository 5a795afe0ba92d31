"""What one request may use: its windows, the streams of whoever sends it, what its runs may use up."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from fastapi import Request
from limits import RateLimitItem
from starlette.types import Scope

from cantata.server.auth.principal import Principal
from cantata.server.errors import RateLimited, TooManyStreams
from cantata.server.rate_limits.failed_logins import FailedLogins
from cantata.server.rate_limits.peers import peer_of
from cantata.server.rate_limits.policies import Policies, Policy
from cantata.server.rate_limits.windows import Count, Windows
from cantata.server.runs.allowances import NOTHING_LIMITED, Allowance, Allowances

STREAMS = "concurrent_streams"
RETRY_SECONDS = 5  # a guess: when one of the streams ends, nobody knows
_VISIT = "visit"


@dataclass(frozen=True)
class Limits:
    """What all requests share."""

    policies: Policies
    allowances: Allowances
    windows: Windows
    failed_logins: FailedLogins
    streams: Counter[str] = field(default_factory=Counter)
    """Open now in this process, by whose they are."""

    def visit(self, scope: Scope) -> "Visit | None":
        """Begin to count a request; None when nothing limits it."""
        principal: Principal | None = scope.get("state", {}).get("principal")
        if principal is not None and principal.method == "local":
            principal = None  # an open server knows nobody
        if principal is None and not self.policies.has_unknown and self.allowances.unknown == NOTHING_LIMITED:
            return None
        visit = Visit(self, scope, principal)
        scope.setdefault("state", {})[_VISIT] = visit
        return visit


class Visit:
    """One request."""

    def __init__(self, limits: Limits, scope: Scope, principal: Principal | None) -> None:
        self.role = None if principal is None else principal.role
        self.allowance: Allowance = limits.allowances.of(self.role)
        self.counted: list[tuple[str, RateLimitItem, Count]] = []
        """Each policy that the request fell under, its size and how it stands."""
        self._limits = limits
        self._key = f"peer:{peer_of(scope)}" if principal is None else f"user:{principal.id}"
        self._holds_stream = False

    async def count(self, policy: Policy) -> None:
        """Count the request under *policy*.

        Raises:
            RateLimited: it is one too many.
        """
        rate = policy.rates.get(self.role)
        if rate is None:
            return
        count = await self._limits.windows.hit(rate, f"{policy.name}:{self._key}")
        self.counted.append((policy.name, rate, count))
        if not count.is_granted:
            raise RateLimited(
                f"{rate.amount} of these requests in {rate.get_expiry()} seconds are all that you may send:"
                f" wait {count.reset_seconds} s.",
                policy=policy.name,
                retry_after=count.reset_seconds,
            )

    async def count_request(self) -> None:
        """Count the request as one of all.

        Raises:
            RateLimited: it is one too many.
        """
        await self.count(self._limits.policies.default)

    async def count_start(self, agents: Collection[str]) -> None:
        """Count the start of a run in which *agents* work.

        Raises:
            RateLimited: it is one too many, of all or of an agent's.
        """
        await self.count(self._limits.policies.stream_start)
        for name, policy in self._limits.policies.agents.items():
            if name in agents:
                await self.count(policy)

    @property
    def counts_agents(self) -> bool:
        """Tell whether it matters which agents work."""
        return bool(self._limits.policies.agents)

    def hold_stream(self) -> None:
        """Take one of the streams that may be open, until the request has ended. Idempotent.

        Raises:
            TooManyStreams: as many are open as may be.
        """
        if self._holds_stream:
            return
        most, streams = self.allowance.streams, self._limits.streams
        if most is not None and streams[self._key] >= most:
            raise TooManyStreams(
                f"{most} streams of yours are open, and no more may be: close one, or poll.",
                policy=STREAMS,
                retry_after=RETRY_SECONDS,
            )
        streams[self._key] += 1
        self._holds_stream = True

    def release(self) -> None:
        """Give back what the request held."""
        if self._holds_stream:
            self._holds_stream = False
            self._limits.streams[self._key] -= 1
            if not self._limits.streams[self._key]:
                del self._limits.streams[self._key]


def visit_of(request: Request) -> Visit | None:
    """Return what *request* may use; None when nothing limits it."""
    visit: Visit | None = request.scope.get("state", {}).get(_VISIT)
    return visit
