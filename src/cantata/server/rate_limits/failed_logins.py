"""Counts bad credentials by the address that they come from.

    within the limit   401, as ever
    beyond it          429 instead: whoever sends a good one from the same address is let in all the same
    beyond ten times   429 for everything from there, good or bad, before anybody looks at it

One program with an old key must not lock out its neighbours, and nobody who guesses may have the server look for ever.
A request with a good credential costs one look into a dictionary.
"""

import logging
import time

from limits import RateLimitItem
from starlette.types import Scope

from cantata.server.errors import RateLimited
from cantata.server.rate_limits.peers import peer_of
from cantata.server.rate_limits.policies import times
from cantata.server.rate_limits.windows import Clock, Windows

logger = logging.getLogger(__name__)

FAILED_LOGINS = "failed_logins"
PATIENCE = 10  # times the limit, after which nothing is looked at


class FailedLogins:
    """Without a rate it counts nothing."""

    def __init__(self, windows: Windows, rate: RateLimitItem | None, clock: Clock = time.monotonic) -> None:
        self._windows = windows
        self._rate = rate
        self._clock = clock
        self._shut: dict[str, float] = {}  # until when, by address

    def check(self, scope: Scope) -> None:
        """Let an address be looked at.

        Raises:
            RateLimited: too much has come from there.
        """
        until = self._shut.get(peer_of(scope), 0.0) if self._shut else 0.0
        if (left := until - self._clock()) > 0:
            raise _limited(int(left) + 1)

    async def note(self, scope: Scope) -> None:
        """Count a bad credential.

        Raises:
            RateLimited: it is one too many.
        """
        if self._rate is None:
            return
        peer = peer_of(scope)
        count = await self._windows.hit(self._rate, f"{FAILED_LOGINS}:peer:{peer}")
        most = await self._windows.hit(times(self._rate, PATIENCE), f"{FAILED_LOGINS}:all:{peer}")
        if not most.is_granted:
            self._shut_out(peer, most.reset_seconds, self._rate)
        if not count.is_granted:
            raise _limited(count.reset_seconds)

    def _shut_out(self, peer: str, seconds: int, rate: RateLimitItem) -> None:
        now = self._clock()
        self._shut = {other: until for other, until in self._shut.items() if until + rate.get_expiry() > now}
        if peer not in self._shut:  # once for each burst
            logger.warning(
                "%s sends so many bad credentials that nothing from there is looked at for a while;"
                " if it is a proxy, name it in TRUSTED_PROXIES",
                peer,
            )
        self._shut[peer] = now + seconds


def _limited(seconds: int) -> RateLimited:
    return RateLimited(
        f"Too many bad credentials have come from your address: wait {seconds} s, then send one that is valid.",
        policy=FAILED_LOGINS,
        retry_after=seconds,
    )
