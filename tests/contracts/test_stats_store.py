"""What every `StatsStore` promises: a record of each run that ended, once, until the owner begins anew."""

from cantata.server.runs.ids import RunId
from cantata.server.runs.model import Fence, Rest, RunRecord, Turn
from tests.support.backends import Backend, a_run, cancelled

RECORD = RunRecord("parallel", "g", Turn("completed", 12, 3, 4, 1, 0.5), [("a", Turn("failed", 7, cost_usd=None))])


async def ended(backend: Backend, owner: str = "ada", record: RunRecord = RECORD) -> RunId:
    """Let a run end that leaves *record*."""
    claim = await backend.claimed(a_run(owner))
    run = claim.run
    frames = cancelled(run.id, run.last_seq)
    rest = Rest(status="cancelled", record=record)
    await backend.store.settle(run.id, Fence(run.epoch, run.last_seq), frames, rest, b"{}")
    return run.id


async def test_an_ended_run_leaves_its_record(backend: Backend) -> None:
    await ended(backend)

    ((_, record),) = await backend.stats.ended("ada", 0)

    assert record == RECORD


async def test_records_are_read_on_from_the_last_one_that_was_seen(backend: Backend) -> None:
    await ended(backend)
    ((seen, _),) = await backend.stats.ended("ada", 0)

    assert await backend.stats.ended("ada", seen) == []

    await ended(backend)
    ((later, _),) = await backend.stats.ended("ada", seen)
    assert later > seen


async def test_a_run_that_is_removed_leaves_its_record(backend: Backend) -> None:
    run_id = await ended(backend)

    await backend.store.delete("ada", run_id)

    assert len(await backend.stats.ended("ada", 0)) == 1


async def test_after_a_reset_older_records_do_not_count(backend: Backend) -> None:
    await ended(backend)
    before = await backend.stats.since("ada")

    await backend.stats.reset("ada")

    assert before == (None, 0)
    assert (await backend.stats.since("ada"))[0] == "2026-01-01T00:00:00.000Z"
    assert await backend.stats.ended("ada", 0) == []
    await ended(backend)
    assert len(await backend.stats.ended("ada", 0)) == 1


async def test_records_and_resets_belong_to_their_owner(backend: Backend) -> None:
    await ended(backend, "ada")
    await ended(backend, "bob")

    await backend.stats.reset("bob")

    assert len(await backend.stats.ended("ada", 0)) == 1
    assert await backend.stats.ended("bob", 0) == []


async def test_what_has_not_ended_is_active(backend: Backend) -> None:
    await ended(backend)
    waiting = await backend.created(a_run(session_id="s2"))
    await backend.created(a_run("bob", session_id="s3"))

    assert await backend.stats.active("ada") == [waiting.spec]
