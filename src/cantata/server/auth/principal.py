"""Who sends a request."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["user", "premium", "admin"]


@dataclass(frozen=True)
class Principal:
    """Somebody whose credential was accepted."""

    id: str
    email: str | None
    role: Role
    scopes: frozenset[str]
    workspace: str = "default"
    method: str = ""
