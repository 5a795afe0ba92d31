"""Conversations: their runs and messages, each a tree."""

from dataclasses import dataclass
from typing import Protocol

from msgspec import UNSET, UnsetType

from cantata.server.runs.ids import RunId
from cantata.server.runs.model import Message, Run, Session, Status


@dataclass(frozen=True)
class RunPlace:
    """A run's place in its session."""

    id: RunId
    parent_id: RunId | None
    question_id: str | None
    graph: str
    status: Status
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class SessionPlace:
    """Where a session stands in a listing."""

    updated_at: str
    session_id: str


class SessionStore(Protocol):
    """Conversations: their runs and messages, each a tree. Creating a run makes its session."""

    async def get(self, owner: str, session_id: str) -> Session | None:
        """Return the session, or None when there is none of this owner."""
        ...

    async def find(self, owner: str, text: str | None, before: SessionPlace | None, limit: int) -> list[Session]:
        """Return sessions, the one with the newest activity first; with *text* those that say it, whatever its case."""
        ...

    async def update(
        self,
        owner: str,
        session_id: str,
        *,
        title: str | UnsetType | None = UNSET,
        head: RunId | UnsetType = UNSET,
    ) -> Session:
        """Change what is given: the title, None for the default; the run that the next one follows.

        Raises:
            SessionNotFound: there is none of this owner.
            WorkflowNotFound: the head is no run of it.
        """
        ...

    async def messages(self, owner: str, session_id: str) -> list[Message]:
        """Return all messages, of every branch, in order of time."""
        ...

    async def message(self, owner: str, session_id: str, message_id: str) -> Message | None:
        """Return a message of the session."""
        ...

    async def runs(self, owner: str, session_id: str) -> list[RunPlace]:
        """Return the session's runs in the order of their creation, without what they hold."""
        ...

    async def next_run(self, owner: str, session_id: str, after: RunId | None) -> Run | None:
        """Return the session's first run that was created after that one, even if that one was removed since."""
        ...

    async def delete(self, owner: str, session_id: str) -> None:
        """Remove the session with everything in it; what statistics keep of its runs stays.

        Raises:
            SessionNotFound: there is none of this owner.
            SessionBusy: a run of it is active.
        """
        ...

    async def sweep(self) -> None:
        """Finish removals that a crash cut short: nobody saw what was left of them, but it was there."""
        ...

    async def idle(self, before: str, limit: int) -> list[tuple[str, str]]:
        """Return owners and ids of sessions where nothing is active and nothing happened since; for upkeep only."""
        ...
