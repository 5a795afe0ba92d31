"""What every `RetentionStore` promises: it finds what is old, nothing that is in use, and nothing twice."""

from typing import Any

import pytest
from langgraph.checkpoint.base import CheckpointMetadata, empty_checkpoint

from cantata.server.runs.ids import RunId
from cantata.server.runs.model import Claim, Fence, Rest
from cantata.server.runs.ports.retention import FIRST_ENDING, Ending, Workspaces
from tests.support.backends import Backend, a_run, said

METADATA: CheckpointMetadata = {"source": "loop", "step": 0, "parents": {}}
HOUR = 3_600


async def logs(backend: Backend, after: Ending = FIRST_ENDING, limit: int = 100) -> list[tuple[RunId, int]]:
    """Find what ended more than a minute ago."""
    found = await backend.retention.ended_logs(after, backend.timestamps.ago(60), limit)
    return [(log.ending.run_id, log.last_seq) for log in found]


async def threads(backend: Backend, after: Ending = FIRST_ENDING, limit: int = 100) -> list[str]:
    found = await backend.retention.idle_threads(after, backend.timestamps.ago(60), limit)
    return [thread.thread_id for thread in found]


async def save(backend: Backend, claim: Claim, *namespaces: str) -> None:
    """Save a checkpoint in each of *namespaces*."""
    saver = backend.checkpoints.unbound()
    for namespace in namespaces:
        place: Any = {"configurable": {"thread_id": claim.run.thread_id, "checkpoint_ns": namespace}}
        await saver.aput(place, empty_checkpoint(), METADATA, {})


async def end(backend: Backend, claim: Claim) -> None:
    await backend.store.settle(claim.run.id, Fence(claim.run.epoch, 1), None, Rest(status="cancelled"), b"{}")


async def test_a_log_is_found_when_its_run_ended_long_enough_ago(backend: Backend) -> None:
    old = await backend.ended()
    backend.clock.advance(61)
    await backend.ended()

    assert await logs(backend) == [(old.run.id, 5)]


@pytest.mark.parametrize("status", ["interrupted", "queued"])
async def test_the_log_of_an_active_run_is_never_found(backend: Backend, status: Any) -> None:
    """It may wait for a human for a year, and needs its events to go on."""
    claim = await backend.claimed()
    await backend.store.settle(claim.run.id, Fence(1, 1), None, Rest(status=status), b"{}")
    await backend.claimed(a_run(session_id="s2"))
    backend.clock.advance(365 * 24 * HOUR)

    assert await logs(backend) == []


async def test_a_trimmed_log_is_found_no_more_and_one_cut_short_still_is(backend: Backend) -> None:
    """A process may die in the middle of a long log."""
    first, second = await backend.ended(), await backend.ended(a_run(session_id="s2"))
    backend.clock.advance(61)

    await backend.log.trim(first.run.id, 5)
    await backend.log.trim(second.run.id, 3)

    assert await logs(backend) == [(second.run.id, 5)]


async def test_a_deleted_run_is_not_found(backend: Backend) -> None:
    claim = await backend.ended()
    await backend.store.delete(claim.run.owner, claim.run.id)
    backend.clock.advance(61)

    assert await logs(backend) == []


async def test_logs_are_found_in_the_order_of_their_ends_a_part_at_a_time(backend: Backend) -> None:
    """Many may end in one millisecond; none of them is passed over."""
    ended = [await backend.ended(a_run(session_id=f"s{n}", owner=f"o{n % 2}")) for n in range(5)]
    backend.clock.advance(1)
    last = await backend.ended(a_run(session_id="last"))
    backend.clock.advance(61)

    first = await backend.retention.ended_logs(FIRST_ENDING, backend.timestamps.ago(60), 2)
    rest = await logs(backend, first[-1].ending)

    found = [log.ending.run_id for log in first] + [run_id for run_id, _ in rest]
    assert found == [*sorted(claim.run.id for claim in ended), last.run.id]


async def test_a_thread_is_found_when_its_last_run_ended_long_enough_ago(backend: Backend) -> None:
    idle, busy = await backend.claimed(), await backend.claimed(a_run(session_id="s2"))
    await save(backend, idle, "", "")
    await save(backend, busy, "", "")
    await end(backend, idle)
    backend.clock.advance(61)
    await end(backend, busy)

    assert await threads(backend) == [idle.run.thread_id]


async def test_a_thread_with_a_later_or_an_active_run_is_not_found(backend: Backend) -> None:
    first = await backend.claimed()
    await save(backend, first, "", "")
    await end(backend, first)
    waiting = await backend.claimed(a_run(session_id="s2"))
    await save(backend, waiting, "", "")
    await end(backend, waiting)
    backend.clock.advance(61)
    await end(backend, await backend.claimed(a_run()))
    await backend.created(a_run(session_id="s2"))

    assert await threads(backend) == []


async def test_a_run_of_another_graph_does_not_keep_a_thread(backend: Backend) -> None:
    """A session has a thread for each graph; each is idle by itself."""
    claim = await backend.claimed()
    await save(backend, claim, "", "")
    await end(backend, claim)
    backend.clock.advance(61)
    await backend.claimed(a_run(graph="another"))

    assert await threads(backend) == [claim.run.thread_id]


async def test_a_thread_whose_last_run_was_cancelled_in_the_queue_counts_from_the_one_before(backend: Backend) -> None:
    first = await backend.claimed()
    second = await backend.created(a_run(if_busy="enqueue"))
    await save(backend, first, "", "")
    await backend.store.settle(second.id, Fence(0, 1), said(second.id, 1), Rest(status="cancelled"), b"{}")
    backend.clock.advance(61)
    before = await threads(backend)
    await end(backend, first)
    just_ended = await threads(backend)
    backend.clock.advance(61)

    assert (before, just_ended, await threads(backend)) == ([], [], [first.run.thread_id])


async def test_a_thread_that_has_nothing_to_forget_is_not_found(backend: Backend) -> None:
    claim = await backend.claimed()
    await save(backend, claim, "", "inner")
    await end(backend, claim)
    backend.clock.advance(61)

    assert await threads(backend) == []


async def test_threads_are_found_a_part_at_a_time(backend: Backend) -> None:
    claims = [await backend.claimed(a_run(session_id=f"s{n}")) for n in range(3)]
    for claim in claims:
        await save(backend, claim, "", "")
        await end(backend, claim)
        backend.clock.advance(1)
    backend.clock.advance(61)

    first = await backend.retention.idle_threads(FIRST_ENDING, backend.timestamps.ago(60), 2)
    rest = await threads(backend, first[-1].ending)

    assert [thread.thread_id for thread in first] + rest == [claim.run.thread_id for claim in claims]


async def test_logs_are_found_by_workspace(backend: Backend) -> None:
    runs = {
        name: (await backend.ended(a_run(session_id=name, workspace=name))).run.id for name in ("acme", "trial", "x")
    }
    backend.clock.advance(120)

    async def found(workspaces: Workspaces) -> set[RunId]:
        logs = await backend.retention.ended_logs(FIRST_ENDING, backend.timestamps.ago(60), 100, workspaces)
        return {log.ending.run_id for log in logs}

    assert await found(Workspaces(only="acme")) == {runs["acme"]}
    assert await found(Workspaces(without=("acme", "trial"))) == {runs["x"]}
    assert await found(Workspaces()) == set(runs.values())
