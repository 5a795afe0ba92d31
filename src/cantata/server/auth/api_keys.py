"""API keys: `ak_<id>_<secret>`, shown once and kept as an HMAC.

The secret is 32 random bytes, so a fast hash is enough: nobody can guess one. The pepper with which it is made is
API_KEY_PEPPER, or lies in the database beside the keys. Kept elsewhere it also stops whoever can write to the database
from making keys for themselves.
"""

import base64
import hmac
import re
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, cast

from cantata.callbacks.events import Timestamps
from cantata.server.auth.credentials import Told
from cantata.server.auth.principal import EVERYBODY, RESERVED_OWNERS, Principal, Role, is_name, scopes_of
from cantata.server.auth.tokens import KEY_OWNER_PREFIX
from cantata.server.errors import CantataError, Invalid, InvalidKey, Unauthenticated
from cantata.server.runs.ports.credentials import ApiKey, KeyStore

ID_BYTES = 10
SECRET_BYTES = 32
USES_SECONDS = 30  # between two notes of when keys were used

_KEY = re.compile(r"ak_([a-z2-7]{16})_([A-Za-z0-9_-]{43})")
_NOBODY = b"\0" * 32  # a digest that no secret has


class ApiKeys:
    """Makes, revokes and believes keys."""

    def __init__(
        self, store: KeyStore, pepper: bytes, *, invalid_status: int = 401, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._pepper = pepper
        self._invalid: type[CantataError] = InvalidKey if invalid_status == 403 else Unauthenticated
        self._timestamps = Timestamps(clock)
        self._clock = clock
        self._uses: dict[str, str] = {}

    async def add(
        self, *, role: Role, scopes: frozenset[str], name: str, owner: str | None, workspace: str, seconds: float | None
    ) -> tuple[ApiKey, str]:
        """Make a key; return it with what its holder is to send, which nobody can be told again."""
        key_id = base64.b32encode(secrets.token_bytes(ID_BYTES)).decode().lower()
        text = f"ak_{key_id}_{secrets.token_urlsafe(SECRET_BYTES)}"
        key = ApiKey(
            id=key_id,
            owner=owner or KEY_OWNER_PREFIX + key_id,
            name=name,
            role=role,
            scopes=tuple(sorted(scopes)),
            workspace=workspace,
            created_at=self._timestamps.now(),
            expires_at=None if seconds is None else self._timestamps.at(self._clock() + seconds),
            digest=self._digest(text),
        )
        await self._store.add(key)
        return key, text

    async def told(self, text: str) -> Told:
        """Return whom a key names.

        Raises:
            Unauthenticated: there is no such key, or it has expired or was revoked; `InvalidKey` where that is wanted.
        """
        match = _KEY.fullmatch(text)
        key = None if match is None else await self._store.get(match[1])
        is_right = hmac.compare_digest(self._digest(text), _NOBODY if key is None else key.digest)
        if key is None or not is_right or not self.is_valid(key):
            raise self._invalid
        self._uses[key.id] = self._timestamps.now()
        principal = Principal(
            id=key.owner,
            email=None,
            role=cast(Role, key.role),
            scopes=frozenset(key.scopes),
            workspace=key.workspace,
            method="key",
        )
        return Told(principal=principal, key_id=key.id, expires_at=_seconds(key.expires_at))

    async def holds(self, key_id: str) -> bool:
        """Tell whether a key that was believed still is."""
        key = await self._store.get(key_id)
        return key is not None and self.is_valid(key)

    def is_valid(self, key: ApiKey) -> bool:
        """Tell whether a key may be used now."""
        return key.revoked_at is None and (key.expires_at is None or key.expires_at > self._timestamps.now())

    async def note_uses(self) -> None:
        """Store when keys were used since the last call: one write, however many requests there were."""
        if self._uses:
            uses, self._uses = self._uses, {}
            await self._store.used(uses)

    def _digest(self, text: str) -> bytes:
        return hmac.digest(self._pepper, text.encode(errors="surrogatepass"), "sha256")


def key_scopes(told: Sequence[str] | None, role: Role, owner: str | None) -> frozenset[str]:
    """Return what a key of *role* may do that is to act for *owner*.

    Raises:
        Invalid: its role does not have such a scope, or it may not act for that one.
    """
    allowed = scopes_of(role)
    for scope in told or ():
        if scope not in allowed:
            raise Invalid.fields([("scopes", f"The role {role} has {', '.join(sorted(allowed))}, not {scope!r}.")])
    if owner is not None and (owner == EVERYBODY or not is_name(owner)):
        raise Invalid.fields([("owner", f"Nobody can be named {owner!r}.")])
    if owner in RESERVED_OWNERS and role != "admin":
        raise Invalid.fields([("owner", f"Only an admin's key may act for {owner!r}.")])
    return allowed if told is None else frozenset(told)


def shown_key(key: ApiKey) -> dict[str, Any]:
    """Show a key without what is secret of it."""
    return {
        "id": key.id,
        "name": key.name,
        "owner": key.owner,
        "role": key.role,
        "scopes": list(key.scopes),
        "workspace": key.workspace,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
    }


def _seconds(at: str | None) -> float | None:
    return None if at is None else datetime.fromisoformat(at).timestamp()
