"""Stream tickets: what a browser's EventSource puts into the address, because it can send no header.

A ticket opens the events of one run and nothing else. It is void after a minute unless a stream was opened with it;
then it lasts for the reconnects of that run, until the credential ends with which it was issued, and for a day at most.
"""

import hashlib
import math
import re
import secrets
import time
from collections.abc import Callable
from datetime import datetime

from cantata.callbacks.events import Timestamps
from cantata.server.auth.api_keys import ApiKeys
from cantata.server.auth.credentials import Told
from cantata.server.auth.principal import EVENTS, Principal
from cantata.server.errors import Unauthenticated
from cantata.server.runs.ids import RunId
from cantata.server.runs.ports.credentials import Ticket, TicketStore

CONNECT_SECONDS = 60
MOST_SECONDS = 86_400  # also of a credential that never ends
TICKET_BYTES = 24

_TICKET = re.compile(r"st_[A-Za-z0-9_-]{32}")
_IN_QUERY = re.compile(rb"(?:^|&)ticket=([^&]*)")


class Tickets:
    """Issues tickets and believes them."""

    def __init__(self, store: TicketStore, keys: ApiKeys, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._timestamps = Timestamps(clock)

    async def issue(self, told: Told, owner: str, run_id: RunId) -> tuple[str, str]:
        """Make a ticket for *owner*'s run; return it, and until when it must have been used."""
        now = self._clock()
        text = f"st_{secrets.token_urlsafe(TICKET_BYTES)}"
        ticket = Ticket(
            owner=owner,
            run_id=run_id,
            workspace=told.principal.workspace,
            connect_by=self._timestamps.at(now + CONNECT_SECONDS),
            expires_at=self._timestamps.at(min(told.expires_at or math.inf, now + MOST_SECONDS)),
            key_id=told.key_id,
        )
        await self._store.add(_digest(text), ticket)
        return text, ticket.connect_by

    async def told(self, text: str) -> Told:
        """Return whom a ticket names, and of which run.

        Raises:
            Unauthenticated: it is void.
        """
        ticket = await self._store.use(_digest(text)) if _TICKET.fullmatch(text) else None
        if ticket is None or not (ticket.key_id is None or await self._keys.holds(ticket.key_id)):
            raise Unauthenticated
        principal = Principal(
            id=ticket.owner,
            email=None,
            role="user",
            scopes=frozenset({EVENTS}),
            workspace=ticket.workspace,
            method="ticket",
        )
        ends = None if ticket.expires_at is None else datetime.fromisoformat(ticket.expires_at).timestamp()
        return Told(principal=principal, key_id=ticket.key_id, expires_at=ends, run_id=ticket.run_id)


def ticket_in(query: bytes) -> str | None:
    """Find the ticket in a query."""
    match = _IN_QUERY.search(query)
    return None if match is None else match[1].decode("latin-1")


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
