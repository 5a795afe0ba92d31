"""Looking at what is there: everybody sees their own, admins what is another's, too, and that is written down."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import Request

from cantata.server.auth.principal import EVERYBODY, Principal
from cantata.server.errors import AdminOnly, WorkflowNotFound
from cantata.server.runs.ids import RunId

logger = logging.getLogger(__name__)

WATCH_SECONDS = 3_600

T = TypeVar("T")


async def look_at_run(caller: Principal, run_id: RunId, request: Request, look: Callable[[str], Awaitable[T]]) -> T:
    """Return what *look* finds for the caller as the run's owner or, if an admin asks, for whose it is.

    Raises:
        WorkflowNotFound: there is no such run, or none that the caller may see.
    """
    try:
        return await look(caller.id)
    except WorkflowNotFound:
        owner = await _owner_of(run_id, request) if caller.is_admin else None
        if owner is None or owner == caller.id:
            raise
    await note_look(caller, owner, str(run_id), request)
    return await look(owner)


async def look_as(caller: Principal, owner: str | None, target: str, request: Request) -> str:
    """Return whose things are looked at: the caller's own, unless they name somebody else's.

    Raises:
        AdminOnly: they name somebody else, and are no admin.
    """
    if owner is None or (owner == caller.id and owner != EVERYBODY):
        return caller.id
    if not caller.is_admin:
        raise AdminOnly
    await note_look(caller, owner, target, request)
    return owner


async def note_watching(caller: Principal, target: str, request: Request) -> None:
    """Write down that an admin watches what is everybody's: once an hour, for the page asks every two seconds."""
    watched: dict[str, float] = request.app.state.access.watched
    now = time.monotonic()
    if now - watched.get(caller.id, float("-inf")) >= WATCH_SECONDS:
        await note_look(caller, EVERYBODY, target, request)
        watched[caller.id] = now


async def note_look(caller: Principal, owner: str, target: str, request: Request) -> None:
    """Write down that an admin looked at what is another's, before it is shown."""
    action = f"{request.method} {request.scope['route'].path}"
    logger.info("admin %s looked at %s of %s: %s", caller.id, target, owner, action)
    await request.app.state.resources.audit.note(caller.id, action, owner, target)


async def _owner_of(run_id: RunId, request: Request) -> str | None:
    run = await request.app.state.resources.engine.store.by_id(run_id)
    return None if run is None else str(run.owner)
