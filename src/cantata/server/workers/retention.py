"""Removes what is older than it is to be kept: sessions, events of ended runs, checkpoints of idle threads, looks.

Everything goes in small transactions with a pause after each, so that open streams do not notice. What a sweep does
not get done, because the storage fails or the process stops, the next one does.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from cantata.callbacks.events import Timestamps
from cantata.server.errors import CantataError, SessionBusy, SessionNotFound
from cantata.server.runs.ports.checkpoints import Checkpoints
from cantata.server.runs.ports.credentials import AuditLog
from cantata.server.runs.ports.event_log import EventLog
from cantata.server.runs.ports.retention import FIRST_ENDING, Ending, IdleThread, RetentionStore, Workspaces
from cantata.server.runs.ports.sessions import SessionStore

logger = logging.getLogger(__name__)

PAGE_ROWS = 100  # found at a time
PAUSE_SECONDS = 0.005  # after each run, thread or session
DAY_SECONDS = 86_400


@dataclass(frozen=True, kw_only=True)
class Limits:
    """For how long things are kept; 0 is for ever."""

    event_days: float
    event_days_of: Mapping[str, float] = field(default_factory=dict)
    """By workspace, instead of those above."""
    checkpoint_days: float
    session_days: float
    audit_days: float = 0


@dataclass(frozen=True)
class Removed:
    """What a sweep removed."""

    sessions: int = 0
    events: int = 0
    checkpoints: int = 0
    looks: int = 0

    @property
    def is_something(self) -> bool:
        """Tell whether it removed anything."""
        return self != Removed()


class Retention:
    """Sweeps until it is stopped."""

    def __init__(  # noqa: PLR0913 — a place of each kind of what it removes
        self,
        limits: Limits,
        store: RetentionStore,
        log: EventLog,
        checkpoints: Checkpoints,
        sessions: SessionStore,
        audit: AuditLog,
        *,
        timestamps: Timestamps,
    ) -> None:
        self._limits = limits
        self._store, self._log, self._checkpoints, self._sessions = store, log, checkpoints, sessions
        self._audit = audit
        self._timestamps = timestamps
        # What was looked at in this process is not looked at again; a new process begins anew.
        self._trimmed: dict[str | None, Ending] = {}  # by workspace
        self._pruned = FIRST_ENDING

    async def sweep_regularly(self, interval_seconds: float) -> None:
        """Sweep now and after each interval, until cancelled; after a sweep that fails the next one may succeed."""
        while True:
            try:
                removed = await self.sweep()
            except CantataError as error:
                logger.warning("old data could not be removed; the next sweep tries again", exc_info=error)
            else:
                if removed.is_something:
                    logger.info(
                        "removed what is too old: %d sessions, %d events, %d checkpoints, %d looks of admins",
                        removed.sessions,
                        removed.events,
                        removed.checkpoints,
                        removed.looks,
                    )
            await asyncio.sleep(interval_seconds)

    async def sweep(self) -> Removed:
        """Remove what is too old now, and return what that was.

        Raises:
            StorageUnavailable: something is left; what was removed is.
        """
        limits = self._limits
        return Removed(
            sessions=await self._forget_sessions(limits.session_days) if limits.session_days else 0,
            events=await self._trim_all_logs(),
            checkpoints=await self._prune_threads(limits.checkpoint_days) if limits.checkpoint_days else 0,
            looks=await self._forget_looks(limits.audit_days) if limits.audit_days else 0,
        )

    async def _forget_sessions(self, days: float) -> int:
        removed, total = -1, 0
        while removed != 0:
            removed = 0
            for owner, session_id in await self._sessions.idle(self._before(days), PAGE_ROWS):
                removed += await self._forget(owner, session_id)
                await asyncio.sleep(PAUSE_SECONDS)
            total += removed
        return total

    async def _forget(self, owner: str, session_id: str) -> int:
        try:
            await self._sessions.delete(owner, session_id)
        except (SessionBusy, SessionNotFound):  # somebody has just come back, or was faster
            return 0
        return 1

    async def _trim_all_logs(self) -> int:
        limits = self._limits
        others = Workspaces(without=tuple(limits.event_days_of)) if limits.event_days_of else None
        removed = await self._trim_logs(limits.event_days, others)
        for workspace, days in limits.event_days_of.items():
            removed += await self._trim_logs(days, Workspaces(only=workspace))
        return removed

    async def _trim_logs(self, days: float, workspaces: Workspaces | None) -> int:
        """Let ended logs keep their terminal event alone: with it every reader comes to an end."""
        removed, place = 0, None if workspaces is None else workspaces.only
        after = self._trimmed.get(place, FIRST_ENDING)
        while days and (logs := await self._store.ended_logs(after, self._before(days), PAGE_ROWS, workspaces)):
            for log in logs:
                removed += await self._log.trim(log.ending.run_id, log.last_seq)
                self._trimmed[place] = after = log.ending
                await asyncio.sleep(PAUSE_SECONDS)
        return removed

    async def _prune_threads(self, days: float) -> int:
        removed = 0
        while threads := await self._store.idle_threads(self._pruned, self._before(days), PAGE_ROWS):
            for thread in threads:
                removed += await self._prune(thread)
                self._pruned = thread.ending
                await asyncio.sleep(PAUSE_SECONDS)
        return removed

    async def _prune(self, thread: IdleThread) -> int:
        try:
            return await self._checkpoints.unbound().keep_newest(thread.thread_id)
        except CantataError:
            raise
        # A worker's edge: a checkpoint that cannot be read, whatever the reason, must not stop the others' upkeep.
        except Exception:
            logger.exception("the checkpoints of thread %s cannot be read: they stay", thread.thread_id)
            return 0

    async def _forget_looks(self, days: float) -> int:
        total = 0
        while removed := await self._audit.forget(self._before(days)):
            total += removed
            await asyncio.sleep(PAUSE_SECONDS)
        return total

    def _before(self, days: float) -> str:
        return self._timestamps.ago(days * DAY_SECONDS)
