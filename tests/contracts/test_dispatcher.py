"""What every `Dispatcher` promises: each run is handed over, a bounded number at once, owners in turn."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio
import pytest

from cantata.server.runs.ids import RunId, new_run_id
from cantata.server.runs.ports.dispatch import Dispatcher
from tests.support.backends import Backend


class Hall:
    """Executes runs that last until the test ends them."""

    def __init__(self) -> None:
        self.began: list[RunId] = []
        self._ends: dict[RunId, asyncio.Event] = {}

    async def execute(self, run_id: RunId) -> None:
        """Stay until `end`."""
        self.began.append(run_id)
        self._ends[run_id] = asyncio.Event()
        await self._ends[run_id].wait()
        del self._ends[run_id]

    @property
    def present(self) -> list[RunId]:
        """The runs that go on right now."""
        return list(self._ends)

    async def end(self, run_id: RunId) -> None:
        """End a run, and let what follows it begin."""
        self._ends[run_id].set()
        await anyio.wait_all_tasks_blocked()


@asynccontextmanager
async def serving(dispatcher: Dispatcher, hall: Hall) -> AsyncIterator[None]:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(dispatcher.serve, hall.execute)
        await anyio.wait_all_tasks_blocked()
        yield
        tasks.cancel_scope.cancel()


def hand_over(dispatcher: Dispatcher, runs: Sequence[RunId], owners: Sequence[str] = ()) -> None:
    for run_id, owner in zip(runs, owners or ["ada"] * len(runs), strict=True):
        dispatcher.enqueue(run_id, owner)


@pytest.fixture
def runs() -> list[RunId]:
    return [new_run_id() for _ in range(6)]


async def test_what_was_enqueued_before_serving_is_executed(backend: Backend, runs: list[RunId]) -> None:
    dispatcher, hall = backend.dispatcher(10), Hall()
    dispatcher.enqueue(runs[0], "ada")
    dispatcher.enqueue(runs[1], "ada")

    async with serving(dispatcher, hall):
        assert hall.began == runs[:2]


async def test_what_comes_while_serving_is_executed(backend: Backend, runs: list[RunId]) -> None:
    dispatcher, hall = backend.dispatcher(10), Hall()

    async with serving(dispatcher, hall):
        dispatcher.enqueue(runs[0], "ada")
        await anyio.wait_all_tasks_blocked()

        assert hall.began == runs[:1]


async def test_no_more_than_the_bound_are_executed_at_once(backend: Backend, runs: list[RunId]) -> None:
    dispatcher, hall = backend.dispatcher(2), Hall()
    hand_over(dispatcher, runs)

    async with serving(dispatcher, hall):
        assert hall.present == runs[:2]
        await hall.end(runs[1])
        assert hall.present == [runs[0], runs[2]]
        await hall.end(runs[0])
        assert hall.present == [runs[2], runs[3]]


async def test_owners_take_turns(backend: Backend, runs: list[RunId]) -> None:
    """Whoever sends a hundred runs at once must not hold up the one who sends one."""
    dispatcher, hall = backend.dispatcher(10), Hall()
    owners = ["ada", "ada", "ada", "bob", "bob", "eve"]
    hand_over(dispatcher, runs, owners)

    async with serving(dispatcher, hall):
        assert hall.began == [runs[n] for n in (0, 3, 5, 1, 4, 2)]


async def test_an_owner_who_comes_late_is_next(backend: Backend, runs: list[RunId]) -> None:
    dispatcher, hall = backend.dispatcher(1), Hall()
    hand_over(dispatcher, runs[:4])

    async with serving(dispatcher, hall):
        dispatcher.enqueue(runs[5], "bob")
        await hall.end(runs[0])
        await hall.end(hall.present[0])

        assert runs[5] in hall.began[:3]


async def test_serving_ends_only_when_cancelled(backend: Backend, runs: list[RunId]) -> None:
    dispatcher, hall = backend.dispatcher(1), Hall()
    dispatcher.enqueue(runs[0], "ada")

    async with serving(dispatcher, hall):
        await hall.end(runs[0])
        dispatcher.enqueue(runs[1], "ada")
        await anyio.wait_all_tasks_blocked()

        assert hall.began == runs[:2]
