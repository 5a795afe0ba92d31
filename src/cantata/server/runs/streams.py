"""The runs that were asked for as streams of their own: which are active, and an end to all of them."""

import asyncio

from cantata.server.errors import Unavailable, WorkflowFinished, WorkflowNotFound
from cantata.server.runs.ids import RunId
from cantata.server.runs.model import Run
from cantata.server.runs.ports.runs import RunFilter
from cantata.server.runs.service import RunService

MAX_LISTED = 10_000


async def active_streams(service: RunService, owner: str | None) -> list[Run]:
    """Return the owner's, newest first; of None everybody's."""
    wanted = RunFilter(is_active=True)
    if owner is None:
        active = await service.find_everybodys(wanted, MAX_LISTED)
    else:
        active = await service.find(owner, wanted, None, MAX_LISTED)
    return [run for run in active if run.spec.is_stream]


async def cancel_streams(service: RunService, owner: str | None, by: str, reason: str) -> list[RunId]:
    """Stop the owner's, of None everybody's; return those that were stopped, once their graphs have ended.

    Raises:
        Unavailable: some go on; as many as could be were stopped.
    """
    cancelled: list[RunId] = []
    refusals: list[Unavailable] = []

    async def cancel(run: Run) -> None:
        try:
            await service.cancel(run.owner, run.id, by, reason)
        except (WorkflowFinished, WorkflowNotFound):  # its own end came first
            return
        except Unavailable as error:  # raised outside, so that the group neither wraps it nor stops the others
            refusals.append(error)
            return
        cancelled.append(run.id)

    async with asyncio.TaskGroup() as tasks:
        for run in await active_streams(service, owner):
            tasks.create_task(cancel(run))
    if refusals:
        raise refusals[0]
    return sorted(cancelled)
