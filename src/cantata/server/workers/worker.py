"""Takes runs from the dispatcher, claims and executes them; the same class in one process and in many."""

import asyncio
import logging

from structlog.contextvars import bound_contextvars

from cantata.server.errors import CantataError, Fenced, StorageUnavailable
from cantata.server.runs.engine import Engine
from cantata.server.runs.execution import Execution
from cantata.server.runs.ids import RunId
from cantata.server.runs.live import LiveRun
from cantata.server.runs.model import Claim
from cantata.server.runs.ports.dispatch import Dispatcher

logger = logging.getLogger(__name__)

RETRY_SECONDS = 1.0  # between attempts to reach a storage that failed


class Worker:
    """Executes runs until it is stopped."""

    def __init__(self, name: str, engine: Engine, dispatcher: Dispatcher) -> None:
        self._name = name
        self._engine = engine
        self._dispatcher = dispatcher
        self._is_draining = False
        self._tasks: asyncio.TaskGroup | None = None

    async def serve(self) -> None:
        """Recover what a dead process left, then execute what the dispatcher brings, until cancelled."""
        for run_id, owner in await self._engine.store.recover():
            self._dispatcher.enqueue(run_id, owner)
        async with asyncio.TaskGroup() as self._tasks:
            await self._dispatcher.serve(self._execute)

    async def drain(self, seconds: float) -> None:
        """Take no more runs and let the present ones pause at the edge of their superstep, for at most *seconds*.

        What does not pause in time is left to the next start's recovery.
        """
        self._is_draining = True
        for live in self._engine.live:
            live.drain()
        try:
            async with asyncio.timeout(seconds):
                for live in self._engine.live:
                    await live.settled.wait()
        except TimeoutError:
            logger.warning("%d runs do not pause in time; the next start takes them up", len(self._engine.live))

    async def _execute(self, run_id: RunId) -> None:
        """Execute one run; nothing is raised, so that one run's trouble is not the others'."""
        if self._is_draining or self._engine.live.get(run_id):
            return
        live = LiveRun()
        self._engine.live.add(run_id, live)  # before the claim, so that a cancel never misses the run between the two
        try:
            await self._claim(run_id, live)
        finally:
            self._engine.live.remove(run_id)

    async def _claim(self, run_id: RunId, live: LiveRun) -> None:
        try:
            claim = await self._engine.store.claim(run_id, self._name)
        except StorageUnavailable:
            await asyncio.sleep(RETRY_SECONDS)
            self._dispatcher.enqueue(run_id, "")
            return
        if claim is None:
            return
        if claim.run.spec.on_disconnect == "cancel":
            self._engine.presence.expect(run_id)
        try:
            await self._attempt(claim, live)
        except Fenced:
            logger.warning("run %s was taken over", run_id)
        except CantataError as error:
            logger.error("run %s could not be recorded: %s", run_id, error)
            await self._give_back(claim)
        # The worker's edge: a mistake of ours must not stop the other runs; the recovery repeats this one.
        except Exception:
            logger.exception("run %s could not be executed", run_id)
            await self._give_back(claim)

    async def _attempt(self, claim: Claim, live: LiveRun) -> None:
        assert self._tasks is not None
        with bound_contextvars(workflow_id=claim.run.id, session_id=claim.run.session_id):
            history = await self._engine.history(claim.run)
            following = await Execution(self._engine, claim, history, live).run(self._tasks)
        if following is not None:
            self._dispatcher.enqueue(following, claim.run.owner)

    async def _give_back(self, claim: Claim) -> None:
        """Queue the run again, as after a crash, once the storage can be written."""
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            try:
                await self._engine.store.requeue(claim.run.id, claim.run.epoch)
            except StorageUnavailable:
                continue
            self._dispatcher.enqueue(claim.run.id, claim.run.owner)
            return
