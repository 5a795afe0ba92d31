"""Workflows that clients have stored, in versions."""

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One version of a stored workflow; it never changes."""

    name: str
    version: int
    description: str
    spec: dict[str, Any]
    input_schema: dict[str, Any] | None
    created_at: str
    is_retired: bool = False


@dataclass(frozen=True)
class Content:
    """What a client says of a workflow that is to be stored."""

    spec: dict[str, Any]
    description: str = ""
    input_schema: dict[str, Any] | None = None


class DefinitionStore(Protocol):
    """Workflows that clients have stored, in versions; every name belongs to one owner."""

    async def add(self, owner: str, name: str, content: Content, *, is_new: bool) -> Definition:
        """Store the next version of *name*: its first, or first after it was retired, when *is_new*.

        Raises:
            NameTaken: *is_new*, but it is stored already.
            DefinitionNotFound: not *is_new*, and there is none, or it is retired.
        """
        ...

    async def newest(self, owner: str, name: str) -> Definition | None:
        """Return the version that a run gets now; None when there is none, or it is retired."""
        ...

    async def versions(self, owner: str, name: str) -> list[Definition]:
        """Return all versions, newest first; those from before a retirement are marked."""
        ...

    async def all(self, owner: str) -> list[Definition]:
        """Return the newest version of each name that is not retired, by name."""
        ...

    async def retire(self, owner: str, name: str) -> None:
        """Let nobody start it any more; what runs goes on.

        Raises:
            DefinitionNotFound: there is none, or it is retired already.
        """
        ...
