"""What every `RunStore` promises: each run once, in its session's order, under one claim, with one end."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from cantata.server.errors import (
    Fenced,
    IdempotencyMismatch,
    LogConflict,
    SessionBusy,
    WorkflowNotFinished,
    WorkflowNotFound,
)
from cantata.server.runs.ids import RunId, new_run_id
from cantata.server.runs.model import Claim, Feedback, Fence, NewRun, Rest, Resumption, Run, Status
from cantata.server.runs.ports.runs import RunFilter
from tests.support.backends import ALL, Backend, a_run, cancelled, first_frames, said, seqs

A_DAY = 24 * 3600.0
CANCELLED = Rest(status="cancelled")


async def _run(backend: Backend, run_id: RunId) -> Run:
    run = await backend.store.by_id(run_id)
    assert run is not None
    return run


async def _settle(backend: Backend, claim: Claim, status: Status, **members: Any) -> RunId | None:
    """Bring a claimed run to rest, without more events."""
    fence = Fence(claim.run.epoch, claim.run.last_seq)
    return await backend.store.settle(claim.run.id, fence, None, Rest(status=status, **members), b"{}")


# Creation


async def test_a_created_run_is_queued_with_its_first_event(backend: Backend) -> None:
    new = a_run()

    created = await backend.store.create(new, first_frames(new), b'{"status":"queued"}')

    assert created.is_new
    assert not created.is_waiting
    assert (created.run.status, created.run.epoch, created.run.attempt, created.run.last_seq) == ("queued", 0, 1, 1)
    assert created.run.spec == new.spec
    assert created.run.workflow == b'{"status":"queued"}'
    assert seqs(await backend.log.read(new.id, 0, ALL)) == [1]


async def test_the_same_key_finds_the_same_run(backend: Backend) -> None:
    first = await backend.created(a_run(idempotency_key="k", request_hash="h"))
    again = a_run(idempotency_key="k", request_hash="h")

    created = await backend.store.create(again, first_frames(again), b"{}")

    assert not created.is_new
    assert created.run.id == first.id
    assert await backend.store.by_id(again.id) is None


async def test_the_same_key_finds_the_run_though_its_session_is_busy(backend: Backend) -> None:
    """The repeated request must not be told that it is itself in its way."""
    await backend.created(a_run(idempotency_key="k"))
    again = a_run(idempotency_key="k", if_busy="reject")

    created = await backend.store.create(again, first_frames(again), b"{}")

    assert not created.is_new


async def test_the_same_key_with_another_body_is_refused(backend: Backend) -> None:
    await backend.created(a_run(idempotency_key="k", request_hash="h"))
    other = a_run(session_id="s2", idempotency_key="k", request_hash="other")

    with pytest.raises(IdempotencyMismatch):
        await backend.store.create(other, first_frames(other), b"{}")


async def test_a_key_is_kept_for_a_day(backend: Backend) -> None:
    first = await backend.created(a_run(idempotency_key="k"))
    backend.clock.advance(A_DAY)
    again = a_run(idempotency_key="k")

    created = await backend.store.create(again, first_frames(again), b"{}")

    assert created.run.id == first.id


async def test_a_key_is_free_again_after_a_day(backend: Backend) -> None:
    first = await backend.created(a_run(idempotency_key="k", request_hash="h"))
    backend.clock.advance(A_DAY + 0.001)
    again = a_run(session_id="s2", idempotency_key="k", request_hash="other")

    created = await backend.store.create(again, first_frames(again), b"{}")

    assert created.is_new
    assert created.run.id != first.id
    assert await backend.store.by_id(first.id) is not None


async def test_keys_belong_to_their_owner(backend: Backend) -> None:
    await backend.created(a_run("ada", idempotency_key="k", request_hash="h"))
    other = a_run("bob", idempotency_key="k", request_hash="other")

    created = await backend.store.create(other, first_frames(other), b"{}")

    assert created.is_new


async def test_of_many_equal_requests_at_once_one_makes_the_run(backend: Backend) -> None:
    wanted = [a_run(idempotency_key="k") for _ in range(50)]

    async with asyncio.TaskGroup() as tasks:
        attempts = [tasks.create_task(backend.store.create(new, first_frames(new), b"{}")) for new in wanted]

    assert sum(attempt.result().is_new for attempt in attempts) == 1
    assert len({attempt.result().run.id for attempt in attempts}) == 1


async def test_a_busy_session_refuses_a_second_run_and_names_the_first(backend: Backend) -> None:
    first, second = await backend.created(), a_run()

    with pytest.raises(SessionBusy) as refusal:
        await backend.store.create(second, first_frames(second), b"{}")

    assert refusal.value.members["active_workflow_id"] == first.id
    assert await backend.store.by_id(second.id) is None


async def test_a_busy_session_lets_a_run_wait_that_asks_for_it(backend: Backend) -> None:
    await backend.created()
    second = a_run(if_busy="enqueue")

    created = await backend.store.create(second, first_frames(second), b"{}")

    assert created.is_new
    assert created.is_waiting


async def test_another_owners_session_of_the_same_name_is_not_busy(backend: Backend) -> None:
    await backend.created(a_run("ada"))
    other = a_run("bob")

    created = await backend.store.create(other, first_frames(other), b"{}")

    assert not created.is_waiting


async def test_a_thread_belongs_to_owner_session_and_graph(backend: Backend) -> None:
    """Two owners who happen on the same session name must never share a conversation."""
    places = [("ada", "s1", "a"), ("ada", "s1", "b"), ("ada", "s2", "a"), ("bob", "s1", "a"), ("ada", "s1", "a")]
    new = [a_run(owner, session, graph, if_busy="enqueue") for owner, session, graph in places]

    threads = [(await _run(backend, (await backend.created(n)).id)).thread_id for n in new]

    assert len(set(threads)) == 4
    assert threads[0] == threads[4]


# Reading


async def test_others_runs_are_not_found(backend: Backend) -> None:
    new = await backend.created(a_run("ada"))

    assert await backend.store.get("bob", new.id) is None
    assert (await backend.store.get("ada", new.id)) is not None


async def test_a_listing_holds_the_owners_runs_only(backend: Backend) -> None:
    mine = await backend.created(a_run("ada"))
    await backend.created(a_run("bob"))

    found = await backend.store.find("ada", RunFilter(), None, 10)

    assert [run.id for run in found] == [mine.id]


async def test_a_listing_is_newest_first_and_goes_on_before_its_last(backend: Backend) -> None:
    made = [(await backend.created(a_run(session_id=f"s{n}"))).id for n in range(5)]

    first = [run.id for run in await backend.store.find("ada", RunFilter(), None, 3)]
    rest = [run.id for run in await backend.store.find("ada", RunFilter(), first[-1], 3)]

    assert first + rest == made[::-1]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (RunFilter(status="running"), [1]),
        (RunFilter(session_id="s0"), [0]),
        (RunFilter(graph="b"), [2]),
        (RunFilter(status="queued", graph="a"), [0]),
        (RunFilter(status="completed"), []),
        (RunFilter(trace_id="none has one"), []),
    ],
)
async def test_a_listing_can_be_filtered(backend: Backend, wanted: RunFilter, expected: list[int]) -> None:
    new = [await backend.created(a_run(session_id=f"s{n}", graph=graph)) for n, graph in enumerate("aab")]
    await backend.store.claim(new[1].id, "tester")

    found = await backend.store.find("ada", wanted, None, 10)

    assert [run.id for run in found] == [new[n].id for n in expected]


# Claims


async def test_a_claim_starts_the_run_under_a_new_epoch(backend: Backend) -> None:
    claim = await backend.claimed()

    assert (claim.run.status, claim.run.epoch, claim.run.attempt) == ("running", 1, 1)
    assert claim.run.started_at is not None
    assert not claim.has_checkpoint


async def test_a_run_is_claimed_once(backend: Backend) -> None:
    new = await backend.created()

    async with asyncio.TaskGroup() as tasks:
        attempts = [tasks.create_task(backend.store.claim(new.id, f"worker {n}")) for n in range(20)]

    assert sum(attempt.result() is not None for attempt in attempts) == 1


async def test_an_unknown_run_cannot_be_claimed(backend: Backend) -> None:
    assert await backend.store.claim(new_run_id(), "tester") is None


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "interrupted"])
async def test_a_run_at_rest_cannot_be_claimed(backend: Backend, status: Status) -> None:
    claim = await backend.claimed()
    await _settle(backend, claim, status)

    assert await backend.store.claim(claim.run.id, "tester") is None


async def test_runs_that_wait_for_a_human_are_counted(backend: Backend) -> None:
    rests: tuple[tuple[str, Status], ...] = (("ada", "interrupted"), ("bob", "interrupted"), ("eve", "completed"))
    for owner, status in rests:
        await _settle(backend, await backend.claimed(a_run(owner)), status)

    assert await backend.store.interrupted() == 2


@pytest.mark.parametrize("status", ["queued", "running", "interrupted"])
async def test_a_run_waits_while_an_earlier_one_of_its_session_is_active(backend: Backend, status: Status) -> None:
    """An interrupted run keeps its session: the next message must not overtake the question."""
    first = await backend.claimed()
    await _settle(backend, first, status)
    second = await backend.created(a_run(if_busy="enqueue"))

    assert await backend.store.claim(second.id, "tester") is None


async def test_a_run_may_be_claimed_when_its_session_is_free_again(backend: Backend) -> None:
    first = await backend.claimed()
    second = await backend.created(a_run(if_busy="enqueue"))
    await _settle(backend, first, "completed")

    assert await backend.store.claim(second.id, "tester") is not None


async def test_sessions_of_others_do_not_hold_a_claim_up(backend: Backend) -> None:
    await backend.created(a_run("bob"))
    mine = await backend.created(a_run("ada"))

    assert await backend.store.claim(mine.id, "tester") is not None


async def test_the_end_of_a_run_names_the_sessions_next(backend: Backend) -> None:
    first = await backend.claimed()
    second = await backend.created(a_run(if_busy="enqueue"))
    await backend.created(a_run(if_busy="enqueue"))
    await backend.created(a_run("bob"))

    assert await _settle(backend, first, "completed") == second.id


async def test_a_pause_names_no_next(backend: Backend) -> None:
    first = await backend.claimed()
    await backend.created(a_run(if_busy="enqueue"))

    assert await _settle(backend, first, "interrupted") is None


# Crashes


async def test_recovery_puts_back_what_ran_and_lists_what_waits_in_turn(backend: Backend) -> None:
    first = await backend.claimed(a_run("ada", "s1"))
    second = await backend.created(a_run("bob", "s2"))
    await _settle(backend, await backend.claimed(a_run("eve", "s3")), "completed")
    await _settle(backend, await backend.claimed(a_run("eve", "s4")), "interrupted")

    found = await backend.store.recover()

    assert found == [(first.run.id, "ada"), (second.id, "bob")]
    assert (await _run(backend, first.run.id)).takeover == "recovery"
    assert (await _run(backend, second.id)).takeover is None


async def test_each_recovery_counts_an_attempt(backend: Backend) -> None:
    """A run that kills its process every time must end some day."""
    claim = await backend.claimed()
    await backend.store.recover()
    second = await backend.store.claim(claim.run.id, "tester")
    await backend.store.recover()
    third = await backend.store.claim(claim.run.id, "tester")

    assert [c.run.attempt for c in (claim, second, third) if c] == [1, 2, 3]
    assert [c.run.epoch for c in (claim, second, third) if c] == [1, 2, 3]


async def test_recovery_without_a_claim_between_counts_once(backend: Backend) -> None:
    claim = await backend.claimed()
    await backend.store.recover()
    await backend.store.recover()

    again = await backend.store.claim(claim.run.id, "tester")

    assert again is not None
    assert again.run.attempt == 2


async def test_a_planned_stop_counts_no_attempt(backend: Backend) -> None:
    claim = await backend.claimed()
    await _settle(backend, claim, "queued", takeover="drain")

    again = await backend.store.claim(claim.run.id, "tester")

    assert again is not None
    assert (again.run.attempt, again.run.takeover) == (1, "drain")


async def test_a_planned_stop_that_left_runs_behind_counts_no_attempt(backend: Backend) -> None:
    """What did not pause in time was stopped, too; nobody crashed."""
    claim = await backend.claimed()
    await backend.store.recover("drain")

    again = await backend.store.claim(claim.run.id, "tester")

    assert again is not None
    assert (again.run.attempt, again.run.takeover) == (1, "drain")


async def test_a_lost_run_goes_back_into_the_queue(backend: Backend) -> None:
    claim = await backend.claimed()

    await backend.store.requeue(claim.run.id, claim.run.epoch)

    run = await _run(backend, claim.run.id)
    assert (run.status, run.takeover) == ("queued", "recovery")


async def test_a_lost_run_is_not_put_back_under_a_newer_claim(backend: Backend) -> None:
    claim = await backend.claimed()
    await backend.store.recover()
    await backend.store.claim(claim.run.id, "another")

    await backend.store.requeue(claim.run.id, claim.run.epoch)

    assert (await _run(backend, claim.run.id)).status == "running"


async def test_a_run_at_rest_is_not_put_back(backend: Backend) -> None:
    claim = await backend.claimed()
    await _settle(backend, claim, "completed")

    await backend.store.requeue(claim.run.id, claim.run.epoch)

    assert (await _run(backend, claim.run.id)).status == "completed"


# Coming to rest


async def test_the_last_events_and_the_status_are_written_together(backend: Backend) -> None:
    claim = await backend.claimed()
    run_id = claim.run.id

    await backend.store.settle(run_id, Fence(1, 1), cancelled(run_id, 1), CANCELLED, b'{"status":"cancelled"}')

    run = await _run(backend, run_id)
    assert (run.status, run.last_seq, run.workflow) == ("cancelled", 2, b'{"status":"cancelled"}')
    assert seqs(await backend.log.read(run_id, 0, ALL)) == [1, 2]


async def test_settling_follows_the_appends_before_it(backend: Backend) -> None:
    claim = await backend.claimed()
    run_id = claim.run.id
    append = backend.log.append(run_id, Fence(1, 1), said(run_id, 1, 3))

    await backend.store.settle(run_id, Fence(1, 4), cancelled(run_id, 4), CANCELLED, b"{}")

    assert append.done()
    assert seqs(await backend.log.read(run_id, 0, ALL)) == [1, 2, 3, 4, 5]


async def test_an_older_epoch_cannot_end_a_run(backend: Backend) -> None:
    claim = await backend.claimed()
    await backend.store.recover()
    await backend.store.claim(claim.run.id, "another")

    with pytest.raises(Fenced):
        await _settle(backend, claim, "failed")

    assert (await _run(backend, claim.run.id)).status == "running"


async def test_an_older_epoch_cannot_end_a_run_with_events(backend: Backend) -> None:
    claim = await backend.claimed()
    run_id = claim.run.id
    await backend.store.recover()
    await backend.store.claim(run_id, "another")

    with pytest.raises(Fenced):
        await backend.store.settle(run_id, Fence(1, 1), cancelled(run_id, 1), CANCELLED, b"{}")

    assert seqs(await backend.log.read(run_id, 0, ALL)) == [1]


async def test_a_run_that_ended_does_not_end_again(backend: Backend) -> None:
    claim = await backend.claimed()
    await _settle(backend, claim, "completed")

    with pytest.raises(Fenced):
        await _settle(backend, claim, "cancelled")

    assert (await _run(backend, claim.run.id)).status == "completed"


async def test_of_racing_ends_exactly_one_is_written(backend: Backend) -> None:
    """Cancel, failure and completion may come in the same moment; readers see one terminal event."""
    claim = await backend.claimed()
    run_id = claim.run.id

    def end(n: int) -> Awaitable[RunId | None]:
        return backend.store.settle(run_id, Fence(1, 1), cancelled(run_id, 1, f"racer {n}"), CANCELLED, b"{}")

    outcomes = await _all_of([end(n) for n in range(10)])

    assert sum(outcome is None for outcome in outcomes) == 1
    assert {type(outcome) for outcome in outcomes if outcome is not None} <= {Fenced, LogConflict}
    assert seqs(await backend.log.read(run_id, 0, ALL)) == [1, 2]


async def test_nothing_is_appended_to_a_run_that_ended(backend: Backend) -> None:
    """The terminal event is the last one, whoever still holds a pen."""
    claim = await backend.claimed()
    run_id = claim.run.id
    await backend.store.settle(run_id, Fence(1, 1), cancelled(run_id, 1), CANCELLED, b"{}")

    outcomes = await _all_of([backend.log.append(run_id, Fence(1, 2), said(run_id, 2))])

    assert [type(outcome) for outcome in outcomes] == [Fenced]
    assert seqs(await backend.log.read(run_id, 0, ALL)) == [1, 2]


async def test_a_refused_end_leaves_no_event_behind(backend: Backend) -> None:
    """Either all of it is there, or none: an event without its status would be a run that never ends."""
    claim = await backend.claimed()
    run_id = claim.run.id
    await _settle(backend, claim, "completed")

    outcomes = await _all_of([backend.store.settle(run_id, Fence(1, 1), cancelled(run_id, 1), CANCELLED, b"{}")])

    assert [type(outcome) for outcome in outcomes] == [Fenced]
    assert seqs(await backend.log.read(run_id, 0, ALL)) == [1]
    assert (await _run(backend, run_id)).last_seq == 1


async def test_answers_and_their_repetition_are_kept_until_they_are_taken(backend: Backend) -> None:
    claim = await backend.claimed()
    await _settle(backend, claim, "interrupted")
    resumption = Resumption("key", {"i1": {"ok": True}}, 2)
    await _settle(backend, claim, "queued", answers={"i1": {"ok": True}}, resumption=resumption)

    again = await backend.store.claim(claim.run.id, "tester")

    assert again is not None
    assert (again.run.answers, again.run.resumption) == ({"i1": {"ok": True}}, resumption)


async def test_of_two_answers_with_the_same_event_one_wins(backend: Backend) -> None:
    """Two racing answers of one millisecond make the same bytes, as a repeat after a lost acknowledgement does."""
    claim = await backend.claimed()
    await _settle(backend, claim, "interrupted")
    fence = Fence(claim.run.epoch, claim.run.last_seq)
    resumed = said(claim.run.id, claim.run.last_seq)
    first, second = (
        Rest(status="queued", answers={"i1": n}, resumption=Resumption(None, {"i1": n}, resumed.last_seq))
        for n in (1, 2)
    )

    await backend.store.settle(claim.run.id, fence, resumed, first, b"{}")
    with pytest.raises(Fenced):
        await backend.store.settle(claim.run.id, fence, resumed, second, b"{}")

    assert (await _run(backend, claim.run.id)).answers == {"i1": 1}


async def test_empty_answers_are_answers(backend: Backend) -> None:
    """A breakpoint is resumed with `{}`, which is not the same as nobody having answered."""
    claim = await backend.claimed()
    await _settle(backend, claim, "interrupted")
    await _settle(backend, claim, "queued", answers={})

    again = await backend.store.claim(claim.run.id, "tester")

    assert again is not None
    assert again.run.answers == {}


async def test_answers_survive_a_crash_before_they_are_taken(backend: Backend) -> None:
    claim = await backend.claimed()
    await _settle(backend, claim, "interrupted")
    await _settle(backend, claim, "queued", answers={"i1": 1})
    await backend.store.claim(claim.run.id, "tester")
    await backend.store.recover()

    again = await backend.store.claim(claim.run.id, "tester")

    assert again is not None
    assert again.run.answers == {"i1": 1}


async def test_the_last_answers_repetition_outlives_the_run(backend: Backend) -> None:
    claim = await backend.claimed()
    resumption = Resumption("key", {}, 1)
    await _settle(backend, claim, "queued", answers={}, resumption=resumption)
    again = await backend.store.claim(claim.run.id, "tester")
    assert again is not None
    await _settle(backend, again, "completed")

    assert (await _run(backend, claim.run.id)).resumption == resumption


# Feedback


async def test_feedback_is_kept_replaced_and_taken_back(backend: Backend) -> None:
    claim = await backend.claimed()
    await _settle(backend, claim, "completed")
    good, bad = Feedback(1, None), Feedback(0, "Wrong — “391” is not a prime. \U0001f622")
    run_id = claim.run.id

    before = [(await backend.store.set_feedback("ada", run_id, said)).feedback for said in (good, bad, bad, None, None)]

    assert before == [None, good, bad, bad, None]
    assert (await _run(backend, run_id)).feedback is None


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
async def test_feedback_is_told_with_its_run(backend: Backend, status: Status) -> None:
    claim = await backend.claimed()
    await _settle(backend, claim, status)
    said = Feedback(0, "No.")

    await backend.store.set_feedback("ada", claim.run.id, said)

    assert (await _run(backend, claim.run.id)).feedback == said
    (listed,) = await backend.store.find("ada", RunFilter(), None, 10)
    assert listed.feedback == said


@pytest.mark.parametrize("status", ["queued", "interrupted"])
async def test_a_run_that_has_not_ended_takes_no_feedback(backend: Backend, status: Status) -> None:
    claim = await backend.claimed()
    await _settle(backend, claim, status)

    with pytest.raises(WorkflowNotFinished):
        await backend.store.set_feedback("ada", claim.run.id, Feedback(1, None))
    await backend.store.set_feedback("ada", claim.run.id, None)

    assert (await _run(backend, claim.run.id)).feedback is None


async def test_only_the_owner_gives_feedback(backend: Backend) -> None:
    claim = await backend.claimed(a_run("ada"))
    await _settle(backend, claim, "completed")

    with pytest.raises(WorkflowNotFound):
        await backend.store.set_feedback("bob", claim.run.id, Feedback(1, None))
    with pytest.raises(WorkflowNotFound):
        await backend.store.set_feedback("ada", new_run_id(), None)

    assert (await _run(backend, claim.run.id)).feedback is None


# Deletion


async def test_a_deleted_run_is_gone_with_its_log(backend: Backend) -> None:
    claim = await backend.claimed()
    await _settle(backend, claim, "completed")

    await backend.store.delete("ada", claim.run.id)

    assert await backend.store.by_id(claim.run.id) is None
    assert (await backend.log.read(claim.run.id, 0, ALL)).frames is None


@pytest.mark.parametrize("status", ["queued", "interrupted"])
async def test_an_active_run_is_not_deleted(backend: Backend, status: Status) -> None:
    claim = await backend.claimed()
    await _settle(backend, claim, status)

    with pytest.raises(WorkflowNotFinished):
        await backend.store.delete("ada", claim.run.id)

    assert await backend.store.by_id(claim.run.id) is not None


async def test_others_runs_are_not_deleted(backend: Backend) -> None:
    claim = await backend.claimed(a_run("ada"))
    await _settle(backend, claim, "completed")

    await backend.store.delete("bob", claim.run.id)

    assert await backend.store.by_id(claim.run.id) is not None


async def test_a_deleted_runs_key_is_free(backend: Backend) -> None:
    claim = await backend.claimed(a_run(idempotency_key="k", request_hash="h"))
    await _settle(backend, claim, "completed")
    await backend.store.delete("ada", claim.run.id)

    again: NewRun = await backend.created(a_run(idempotency_key="k", request_hash="other"))

    assert await backend.store.by_id(again.id) is not None


async def _all_of(calls: list[Awaitable[RunId | None]]) -> list[object]:
    """Await *calls* at once; give each one's result or exception."""
    futures = [asyncio.ensure_future(call) for call in calls]
    await asyncio.wait(futures)
    return [future.exception() or future.result() for future in futures]
