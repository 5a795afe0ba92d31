"""What is kept to tell who may do what: the ports of keys, tickets and the audit log.

Contract tests in `tests/contracts` hold for every implementation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cantata.server.runs.ids import RunId


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A key, without what is secret of it."""

    id: str
    owner: str
    """As whom it acts."""
    name: str
    role: str
    scopes: tuple[str, ...]
    workspace: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None = None
    last_used_at: str | None = None
    digest: bytes = field(repr=False, default=b"")


class KeyStore(Protocol):
    """API keys as digests, of every owner: admins make them, and whoever holds one is told by it."""

    async def add(self, key: ApiKey) -> None:
        """Store a new key."""
        ...

    async def get(self, key_id: str) -> ApiKey | None:
        """Return the key as it is now, also one that has been revoked or has expired."""
        ...

    async def all(self) -> list[ApiKey]:
        """Return all keys, newest first."""
        ...

    async def revoke(self, key_id: str) -> bool:
        """Let the key be refused from now on; False when there is none. Idempotent."""
        ...

    async def used(self, at: Mapping[str, str]) -> None:
        """Note when keys were used last, by their ids."""
        ...

    async def secret(self, name: str) -> bytes:
        """Return the server's own secret of that name: 32 random bytes, made when they are first asked for."""
        ...


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """The right to read the events of one run, for somebody who cannot send a credential."""

    owner: str
    """Of the run."""
    run_id: RunId
    workspace: str
    connect_by: str
    """When it is void, unless it was used before."""
    expires_at: str | None
    """When its issuer's credential ends."""
    key_id: str | None
    """The key with which it was issued, if it was one: revoking that ends the ticket."""


class TicketStore(Protocol):
    """Stream tickets, by the digests of what clients hold."""

    async def add(self, digest: bytes, ticket: Ticket) -> None:
        """Store a new ticket, and forget those that nobody can use any more."""
        ...

    async def use(self, digest: bytes) -> Ticket | None:
        """Return the ticket if it is valid now; the first use makes it last until it expires."""
        ...


@dataclass(frozen=True, kw_only=True)
class Look:
    """An admin has looked at what is another's."""

    at: str
    admin: str
    action: str
    owner: str
    target: str


class AuditLog(Protocol):
    """Who looked at what of other people."""

    async def note(self, admin: str, action: str, owner: str, target: str) -> None:
        """Write a look down; returns once it is durable."""
        ...

    async def looks(self, limit: int) -> list[Look]:
        """Return the newest looks, newest first."""
        ...

    async def forget(self, before: str) -> int:
        """Remove some of the looks that are older, the oldest first; return how many: 0 when none is left."""
        ...
