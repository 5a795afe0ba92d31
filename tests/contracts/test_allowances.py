"""What every `RunStore` and `UsageStore` promise of what an owner may have: it is decided where it is written."""

import asyncio
from typing import Any

import pytest

from cantata.callbacks.events import Usage
from cantata.server.errors import BudgetExceeded, CantataError, TooManyRuns
from cantata.server.runs.allowances import Allowance
from cantata.server.runs.ids import RunId
from cantata.server.runs.model import Claim, Fence, ModelCall, NewRun, Rest, Resumption, Spent
from tests.support.backends import Backend, a_run, first_frames

ONE_RUN, SEVEN_RUNS = Allowance(runs=1), Allowance(runs=7)
A_DAY = 24 * 3600.0


async def _made(backend: Backend, new: NewRun) -> RunId | CantataError:
    try:
        return (await backend.store.create(new, first_frames(new), b"{}")).run.id
    except CantataError as refusal:
        return refusal


async def _answered(backend: Backend, claim: Claim, allowance: Allowance) -> None:
    rest = Rest(status="queued", answers={}, resumption=Resumption(None, {}, 2), allowance=allowance)
    await backend.store.settle(claim.run.id, Fence(claim.run.epoch, claim.run.last_seq), None, rest, b"{}")


async def _interrupted(backend: Backend, session_id: str) -> Claim:
    claim = await backend.claimed(a_run(session_id=session_id))
    fence = Fence(claim.run.epoch, claim.run.last_seq)
    await backend.store.settle(claim.run.id, fence, None, Rest(status="interrupted"), b"{}")
    return claim


async def test_of_many_runs_at_once_exactly_as_many_are_made_as_may_be(backend: Backend) -> None:
    wanted = [a_run(session_id=f"s{n}", allowance=SEVEN_RUNS) for n in range(200)]

    async with asyncio.TaskGroup() as tasks:
        attempts = [tasks.create_task(_made(backend, new)) for new in wanted]

    results: list[Any] = [attempt.result() for attempt in attempts]
    refusals = [result for result in results if isinstance(result, TooManyRuns)]
    assert len(results) - len(refusals) == 7
    assert {refusal.members["policy"] for refusal in refusals} == {"concurrent_runs"}


async def test_a_refused_run_leaves_nothing(backend: Backend) -> None:
    await backend.created(a_run(session_id="s1"))
    refused = a_run(session_id="s2", allowance=ONE_RUN)

    assert isinstance(await _made(backend, refused), TooManyRuns)

    assert await backend.store.by_id(refused.id) is None
    assert await backend.sessions.get("ada", "s2") is None


async def test_others_runs_do_not_count(backend: Backend) -> None:
    await backend.created(a_run("bob"))

    assert isinstance(await _made(backend, a_run("ada", allowance=ONE_RUN)), str)


@pytest.mark.parametrize("status", ["interrupted", "completed"])
async def test_runs_that_are_not_at_work_do_not_count(backend: Backend, status: Any) -> None:
    """A question that nobody answers must not lock its asker out for ever."""
    claim = await backend.claimed(a_run(session_id="s1"))
    fence = Fence(claim.run.epoch, claim.run.last_seq)
    await backend.store.settle(claim.run.id, fence, None, Rest(status=status), b"{}")

    assert isinstance(await _made(backend, a_run(session_id="s2", allowance=ONE_RUN)), str)


async def test_a_repeat_finds_its_run_though_no_more_may_be(backend: Backend) -> None:
    first = await backend.created(a_run(idempotency_key="k", allowance=ONE_RUN))

    assert await _made(backend, a_run(idempotency_key="k", allowance=ONE_RUN)) == first.id


async def test_an_answered_run_counts_as_a_new_one_does(backend: Backend) -> None:
    """Or many questions, answered at once, would be many runs at once."""
    claims = [await _interrupted(backend, f"s{n}") for n in range(3)]
    await _answered(backend, claims[0], ONE_RUN)

    with pytest.raises(TooManyRuns):
        await _answered(backend, claims[1], ONE_RUN)

    refused = await backend.store.by_id(claims[1].run.id)
    assert refused is not None
    assert (refused.status, refused.answers, refused.resumption) == ("interrupted", None, None)


async def test_what_is_spent_adds_up_by_owner(backend: Backend) -> None:
    async with asyncio.TaskGroup() as tasks:
        for _ in range(200):
            tasks.create_task(_spend(backend, "ada"))

    assert await backend.usage.today("ada") == Spent(2_000, 50.0)
    assert await backend.usage.today("bob") == Spent(0, 0.0)


async def _spend(backend: Backend, owner: str) -> Spent:
    usage = Usage(total_tokens=10, cost_usd=0.25)
    call = ModelCall(owner=owner, session_id="s", graph="g", agent="a", model="m", usage=usage)
    return await backend.usage.add(call)


async def test_a_days_spending_is_told_with_each_addition(backend: Backend) -> None:
    assert await _spend(backend, "ada") == Spent(10, 0.25)
    assert await _spend(backend, "ada") == Spent(20, 0.5)


async def test_a_new_day_begins_with_nothing_spent(backend: Backend) -> None:
    await _spend(backend, "ada")
    backend.clock.advance(A_DAY)

    assert await backend.usage.today("ada") == Spent(0, 0.0)


@pytest.mark.parametrize(
    ("allowance", "is_refused"),
    [
        (Allowance(tokens=10), True),
        (Allowance(tokens=11), False),
        (Allowance(cost_usd=0.25), True),
        (Allowance(cost_usd=0.26), False),
        (Allowance(tokens=11, cost_usd=0.1), True),
        (Allowance(), False),
    ],
)
async def test_a_run_is_refused_when_its_owners_day_is_used_up(
    backend: Backend, allowance: Allowance, is_refused: bool
) -> None:
    await _spend(backend, "ada")

    refusal = await _made(backend, a_run(allowance=allowance))

    assert isinstance(refusal, BudgetExceeded) is is_refused


async def test_a_refusal_says_when_the_next_day_begins(backend: Backend) -> None:
    await _spend(backend, "ada")
    backend.clock.advance(3600.0)

    refusal: Any = await _made(backend, a_run(allowance=Allowance(tokens=1)))

    assert refusal.members == {"policy": "budget", "retry_after": 23 * 3600}


async def test_an_answer_is_refused_when_its_owners_day_is_used_up(backend: Backend) -> None:
    claim = await _interrupted(backend, "s1")
    await _spend(backend, "ada")

    with pytest.raises(BudgetExceeded):
        await _answered(backend, claim, Allowance(tokens=1))
