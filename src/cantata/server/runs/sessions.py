"""What can be done with conversations, for every route and program alike. Knows owners, not HTTP."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from msgspec import UNSET, UnsetType

from cantata.server.errors import Invalid, MessageNotFound, SessionBusy, SessionNotFound, UnknownCheckpoint
from cantata.server.runs.ids import RunId
from cantata.server.runs.links import links_of
from cantata.server.runs.messages import USER
from cantata.server.runs.model import Message, Run, Session
from cantata.server.runs.ports.runs import RunStore
from cantata.server.runs.ports.sessions import RunPlace, SessionPlace, SessionStore
from cantata.server.runs.requests import RunRequest
from cantata.server.runs.variants import edited, origin_of, repeated

TITLE_CHARS = 80

Link = TypeVar("Link", Message, RunPlace)


class Sessions:
    """The conversations of every owner."""

    def __init__(self, store: SessionStore, runs: RunStore) -> None:
        self._store = store
        self._runs = runs

    async def get(self, owner: str, session_id: str) -> Session:
        """Return the session.

        Raises:
            SessionNotFound: it does not exist, or is another owner's.
        """
        session = await self._store.get(owner, session_id)
        if session is None:
            raise SessionNotFound(f"No session {session_id!r} exists: one begins with its first message.")
        return session

    async def find(self, owner: str, text: str | None, before: SessionPlace | None, limit: int) -> list[Session]:
        """Return sessions, the one with the newest activity first."""
        return await self._store.find(owner, text, before, limit)

    async def change(
        self, owner: str, session_id: str, *, title: str | UnsetType | None = UNSET, head: str | UnsetType = UNSET
    ) -> Session:
        """Set the title, None for the default, or the message after whose run the conversation goes on.

        Raises:
            SessionNotFound, MessageNotFound: there is no such session or message.
        """
        run_id = UNSET if head is UNSET else (await self.message(owner, session_id, head)).run_id
        return await self._store.update(owner, session_id, title=title, head=run_id)

    async def delete(self, owner: str, session_id: str) -> None:
        """Remove the session with everything in it.

        Raises:
            SessionNotFound: it does not exist.
            SessionBusy: a run of it is active.
        """
        try:
            await self._store.delete(owner, session_id)
        except SessionBusy as error:
            busy: RunId = error.members["active_workflow_id"]
            raise SessionBusy(
                "The session has an active workflow: cancel it first.",
                active_workflow_id=busy,
                cancel=links_of(busy)["cancel"],
            ) from error

    async def sweep(self) -> None:
        """Finish removals that a crash cut short."""
        await self._store.sweep()

    async def messages(self, owner: str, session_id: str) -> list[Message]:
        """Return the messages of all branches, in order of time."""
        return await self._store.messages(owner, session_id)

    async def message(self, owner: str, session_id: str, message_id: str) -> Message:
        """Return a message.

        Raises:
            SessionNotFound, MessageNotFound: there is no such session or message.
        """
        message = await self._store.message(owner, session_id, message_id)
        if message is None:
            await self.get(owner, session_id)
            raise MessageNotFound(f"The session has no message {message_id!r}.")
        return message

    async def runs(self, owner: str, session_id: str) -> list[RunPlace]:
        """Return the session's runs in the order of their creation."""
        return await self._store.runs(owner, session_id)

    async def next_run(self, owner: str, session_id: str, after: RunId | None) -> Run | None:
        """Return the run that was created next after that one, or the first; None when there is none."""
        return await self._store.next_run(owner, session_id, after)

    async def edited(self, owner: str, message: Message, text: str, wanted: RunRequest) -> RunRequest:
        """Complete a request for a run with another text than the user's *message*, in its place.

        Raises:
            Invalid: it is not the user's, or no text.
        """
        if message.role != USER:
            raise Invalid.fields([("message_id", "Only what the user said can be edited.")])
        run = await self._run_of(owner, message)
        return edited(run, text, wanted, await self._origin(owner, run))

    async def repeated(self, owner: str, message: Message, wanted: RunRequest) -> RunRequest:
        """Complete a request for another answer in place of *message*, or to it."""
        run = await self._run_of(owner, message)
        return repeated(run, wanted, await self._origin(owner, run))

    async def _run_of(self, owner: str, message: Message) -> Run:
        run = await self._runs.get(owner, message.run_id)
        if run is None:  # removed a moment ago, and its messages with it
            raise MessageNotFound
        return run

    async def _origin(self, owner: str, run: Run) -> Run | None:
        forked = origin_of(run.spec)
        if forked is None:
            return None
        origin = await self._runs.get(owner, RunId(forked["workflow_id"]))
        if origin is None:
            raise UnknownCheckpoint(f"{forked['workflow_id']}, from which the workflow was forked, is gone.")
        return origin


def title_of(session: Session) -> str | None:
    """Return the session's title: the one that was set, else its first words; None when it is empty."""
    return session.title or one_line(session.first_words or "", TITLE_CHARS) or None


def one_line(text: str, chars: int) -> str:
    """Return the beginning of *text* as one line of at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= chars else f"{line[: chars - 1].rstrip()}…"


def branch_to(messages: Sequence[Message], message_id: str | None) -> list[Message]:
    """Return the messages from the beginning of the conversation to that one."""
    return way_to({message.message_id: message for message in messages}, message_id)


def way_to(by_id: Mapping[str, Link], last: str | None) -> list[Link]:
    """Return what lies in the tree from its beginning to *last*: messages, or runs."""
    found: list[Link] = []
    while last is not None and (link := by_id.get(last)):
        found.append(link)
        last = link.parent_id
    return found[::-1]
