"""One chain from a request's headers to one principal, and the middleware that puts it there.

    Authorization: Bearer <API key | INTERNAL_API_KEY | JWT>  ─┐
    X-API-Key: <API key | INTERNAL_API_KEY>                   ─┼─▶ Told ─▶ scope["state"]["principal"]
    the login's cookie                                        ─┤
    ?ticket=                                                  ─┘

The first that is there counts: a bad one is not mended by a good one after it. Whether somebody must be there at all
is decided by the route's policy.
"""

import hmac
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from cantata.server.auth.api_keys import ApiKeys
from cantata.server.auth.cookies import LOGIN, Cookies
from cantata.server.auth.credentials import Told, sent_in
from cantata.server.auth.login import Logins
from cantata.server.auth.principal import ALL_SCOPES, INTERNAL_OWNER, LOCAL, METRICS, METRICS_OWNER, Principal
from cantata.server.auth.tickets import Tickets, ticket_in
from cantata.server.auth.tokens import Tokens
from cantata.server.errors import CantataError, InvalidKey, NotOpened, TokenExpired, Unauthenticated
from cantata.server.paths import path_of
from cantata.server.problems import problem

SCRAPER = Principal(id=METRICS_OWNER, email=None, role="user", scopes=frozenset({METRICS}), method="internal")
INTERNAL = Principal(id=INTERNAL_OWNER, email=None, role="admin", scopes=ALL_SCOPES, method="internal")


class Chain:
    """Tells who sent a request."""

    def __init__(
        self,
        *,
        keys: ApiKeys,
        tickets: Tickets,
        tokens: Tokens | None,
        logins: Logins | None,
        cookies: Cookies,
        own_keys: Mapping[str, Principal],
    ) -> None:
        self._keys, self._tickets, self._tokens, self._logins = keys, tickets, tokens, logins
        self._cookies = cookies
        self._own_keys = [(key.encode(), principal) for key, principal in own_keys.items()]

    async def told(self, scope: Scope) -> Told | None:
        """Return whom the request's credential names; None when it has none.

        Raises:
            Unauthenticated, InvalidKey: it has one, which is not valid.
            IssuerUnavailable: nobody can say whether it is.
        """
        sent = sent_in(scope["headers"], self._cookies.name(LOGIN, scope))
        if sent is not None and sent.bearer is not None:
            return await self._bearer(sent.bearer)
        if sent is not None and sent.key is not None:
            return await self._key(sent.key)
        if (ticket := ticket_in(scope["query_string"])) is not None:
            return await self._tickets.told(ticket)
        if sent is not None and sent.cookie is not None and self._logins is not None:
            return self._logins.told(sent.cookie)
        return None

    async def _bearer(self, text: str) -> Told:
        if text.startswith("ak_") or self._own(text) is not None:
            return await self._key(text)
        if self._tokens is None:
            raise Unauthenticated
        return await self._tokens.told(text)

    async def _key(self, text: str) -> Told:
        if (principal := self._own(text)) is not None:
            return Told(principal=principal)
        return await self._keys.told(text)

    def _own(self, text: str) -> Principal | None:
        """Return whom one of the keys from the settings names."""
        sent = text.encode("latin-1", "replace")
        found = [principal for key, principal in self._own_keys if hmac.compare_digest(sent, key)]
        return found[0] if found else None


@dataclass(frozen=True)
class Grant:
    """The right by which somebody reads a stream, for as long as it is open."""

    told: Told
    keys: ApiKeys
    clock: Callable[[], float] = field(default=time.time)

    async def ended(self) -> str | None:
        """Return why it has ended, if it has."""
        told = self.told
        if told.expires_at is not None and told.expires_at <= self.clock():
            return "the credential has expired"
        if told.key_id is not None and not await self.keys.holds(told.key_id):
            return "the key was revoked"
        return None


class Failures(Protocol):
    """Counts bad credentials by where they come from."""

    def check(self, scope: Scope) -> None:
        """Raise `RateLimited` where nothing is looked at any more."""
        ...

    async def note(self, scope: Scope) -> None:
        """Count one; raise `RateLimited` if it is one too many."""
        ...


class Authentication:
    """Puts into the request's state who sent it, and answers 401 where that must be told and is not.

    Before anything else is looked at, and whatever the address: who may see nothing is not told what there is. An open
    server has one user, for whom nothing is looked at.
    """

    def __init__(self, app: ASGIApp, *, is_open: bool, open_paths: Collection[str], failed_logins: Failures) -> None:
        self._app = app
        self._is_open = is_open
        self._open_paths = frozenset(open_paths)
        self._failed_logins = failed_logins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http":
            state = scope.setdefault("state", {})
            if self._is_open:
                state["principal"] = LOCAL
            else:
                refusal = await self._told(scope)
                if refusal is not None and path_of(scope) not in self._open_paths:
                    await problem(refusal)(scope, receive, send)
                    return
        await self._app(scope, receive, send)

    async def _told(self, scope: Scope) -> CantataError | None:
        """Note who sent the request; return why nobody is known to have, if so."""
        state, access = scope["state"], getattr(scope["app"].state, "access", None)
        state["principal"] = None
        if access is None:
            return NotOpened()
        try:
            told = await self._believed(access.chain, scope)
        except CantataError as refusal:
            return refusal
        if told is None:
            return Unauthenticated()
        state["principal"], state["told"], state["ticket_run"] = told.principal, told, told.run_id
        return None

    async def _believed(self, chain: Chain, scope: Scope) -> Told | None:
        self._failed_logins.check(scope)
        try:
            return await chain.told(scope)
        except TokenExpired:  # it was good, and nobody guesses such a one
            raise
        except (Unauthenticated, InvalidKey):
            await self._failed_logins.note(scope)
            raise
