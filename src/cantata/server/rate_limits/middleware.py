"""Counts every request before it is routed, and tells in each answer how the limits stand.

    RateLimit-Policy: "default";q=100;w=60     RateLimit: "default";r=97;t=58

as in draft-ietf-httpapi-ratelimit-headers-11 (q: quota, w: window in seconds, r: remaining, t: seconds to the reset).
"""

from collections.abc import Collection

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cantata.server.errors import RateLimited
from cantata.server.paths import path_of
from cantata.server.problems import problem
from cantata.server.rate_limits.visits import Limits, Visit

UNCOUNTED = ("/health/", "/assets/")  # also what is not there


class RateLimits:
    """Pure ASGI; without a limit that holds for the request it does nothing. The *page* is not counted."""

    def __init__(self, app: ASGIApp, limits: Limits, page: Collection[str]) -> None:
        self._app = app
        self._limits = limits
        self._page = frozenset(page)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer that it is one too many."""
        visit = self._limits.visit(scope) if scope["type"] == "http" and self._counts(path_of(scope)) else None
        if visit is None:
            await self._app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                _tell(message, visit)
            await send(message)

        try:
            await visit.count_request()
        except RateLimited as error:
            await problem(error)(scope, receive, told)
            return
        try:
            await self._app(scope, receive, told)
        finally:
            visit.release()

    def _counts(self, path: str) -> bool:
        return path not in self._page and not path.startswith(UNCOUNTED)


def _tell(message: Message, visit: Visit) -> None:
    if not visit.counted:
        return
    headers = MutableHeaders(scope=message)
    headers["RateLimit-Policy"] = ", ".join(
        f'"{name}";q={rate.amount};w={rate.get_expiry()}' for name, rate, _ in visit.counted
    )
    headers["RateLimit"] = ", ".join(
        f'"{name}";r={count.remaining};t={count.reset_seconds}' for name, _, count in visit.counted
    )
