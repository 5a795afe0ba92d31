"""Who asks: what every credential is turned into, and what a route may know of it."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeGuard

from fastapi import Depends, Request
from starlette.types import Scope

from cantata.server.errors import CantataError
from cantata.server.runs.model import DEFAULT_WORKSPACE

Role = Literal["user", "premium", "admin"]
"""Picks limits and models; what may be done is said by scopes."""
Method = Literal["local", "jwt", "oidc", "key", "internal", "ticket", "cookie"]

READ, WRITE, CANCEL, EVENTS, ADMIN = "workflows:read", "workflows:write", "workflows:cancel", "events:read", "admin:*"
METRICS = "metrics:read"  # of METRICS_TOKEN, and of whoever has `admin:*`
USER_SCOPES = frozenset({READ, WRITE, CANCEL, EVENTS})
ALL_SCOPES = USER_SCOPES | {ADMIN}

LOCAL_OWNER = "local"  # whoever uses an open server, and programs that name no owner
INTERNAL_OWNER = "internal"  # whoever sends INTERNAL_API_KEY
METRICS_OWNER = "metrics"  # whoever sends METRICS_TOKEN
EVERYBODY = "*"  # in the place of an owner, where an admin means all of them; nobody is named so
RESERVED_OWNERS = frozenset({LOCAL_OWNER, INTERNAL_OWNER, METRICS_OWNER, EVERYBODY})

_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,600}")


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Whoever sent a request; `id` owns what they make."""

    id: str
    email: str | None
    role: Role
    scopes: frozenset[str]
    workspace: str = DEFAULT_WORKSPACE
    method: str
    """How it was told: one of `Method`."""

    @property
    def is_admin(self) -> bool:
        """Tell whether other people's runs may be read and everybody's be steered."""
        return ADMIN in self.scopes

    def may(self, scope: str) -> bool:
        """Tell whether a route that needs *scope* lets them in."""
        return scope in self.scopes or (scope == METRICS and self.is_admin)

    def as_json(self) -> dict[str, Any]:
        """Show it to whom it is."""
        return {
            "id": self.id,
            "email": self.email,
            "role": self.role,
            "scopes": sorted(self.scopes),
            "workspace": self.workspace,
            "method": self.method,
        }


LOCAL = Principal(id=LOCAL_OWNER, email=None, role="admin", scopes=ALL_SCOPES, method="local")
"""Whoever reaches an open server."""


def is_name(told: object) -> TypeGuard[str]:
    """Tell whether it can name somebody: a text without controls that can be stored, sent, and shown in a line."""
    return isinstance(told, str) and _NAME.fullmatch(told) is not None


def scopes_of(role: Role) -> frozenset[str]:
    """Return what a role may do when its credential does not say."""
    return ALL_SCOPES if role == "admin" else USER_SCOPES


def principal_in(scope: Scope) -> Principal | None:
    """Return who sent the request; None when nobody was told."""
    principal: Principal | None = scope["state"].get("principal")
    return principal


async def _caller(request: Request) -> Principal:
    principal = principal_in(request.scope)
    if principal is None:  # an open route that asks who is there
        raise CantataError("This route is open, and depends on somebody being there.")
    return principal


Caller = Annotated[Principal, Depends(_caller)]
"""Who asks, for routes whose policy lets nobody else in."""
