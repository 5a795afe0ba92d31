"""What every `UsageStore` promises: each call counts once, and sums are by what is asked."""

from typing import Any

import pytest

from cantata.callbacks.events import Usage
from cantata.server.runs.model import ModelCall
from cantata.server.runs.ports.usage import UsageFilter
from tests.support.backends import Backend

TODAY = "2026-01-01"
PRICED = Usage(input_tokens=100, output_tokens=20, total_tokens=120, reasoning_tokens=5, cached_tokens=50, cost_usd=0.5)
UNPRICED = Usage(input_tokens=7, output_tokens=3, total_tokens=10)


def call(owner: str = "ada", **members: Any) -> ModelCall:
    told: dict[str, Any] = {
        "session_id": "s1",
        "graph": "assistant",
        "agent": "assistant",
        "model": "m",
        "usage": PRICED,
    }
    return ModelCall(owner=owner, **(told | members))


def wanted(owner: str | None = "ada", **members: Any) -> UsageFilter:
    return UsageFilter(owner=owner, **({"first_day": TODAY, "last_day": TODAY} | members))


async def sums(backend: Backend, *by: Any, **members: Any) -> list[dict[str, Any]]:
    return await backend.usage.sums(wanted(**members), by)


async def test_calls_of_one_kind_are_summed_up(backend: Backend) -> None:
    await backend.usage.add(call())
    await backend.usage.add(call())

    (row,) = await sums(backend, "day", "model")

    assert row == {
        "day": TODAY,
        "model": "m",
        "calls": 2,
        "unpriced": 0,
        "input_tokens": 200,
        "output_tokens": 40,
        "reasoning_tokens": 10,
        "cached_tokens": 100,
        "cost_usd": 1.0,
    }


async def test_a_call_without_a_price_is_counted_as_such(backend: Backend) -> None:
    await backend.usage.add(call())
    await backend.usage.add(call(usage=UNPRICED))

    (row,) = await sums(backend)

    assert (row["calls"], row["unpriced"], row["input_tokens"], row["cost_usd"]) == (2, 1, 107, 0.5)


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("agent", ["a1", "a2"]),
        ("graph", ["g1", "g2"]),
        ("model", ["m1", "m2"]),
        ("session", ["s1", "s2"]),
    ],
)
async def test_sums_are_by_what_is_asked(backend: Backend, key: Any, found: list[str]) -> None:
    await backend.usage.add(call(agent="a2", graph="g2", model="m2", session_id="s2"))
    await backend.usage.add(call(agent="a1", graph="g1", model="m1", session_id="s1"))

    assert [row[key] for row in await sums(backend, key)] == found


async def test_a_user_sees_nothing_of_others_and_an_admin_everybody(backend: Backend) -> None:
    await backend.usage.add(call("ada"))
    await backend.usage.add(call("bob"))

    assert [row["user"] for row in await sums(backend, "user")] == ["ada"]
    assert [row["user"] for row in await sums(backend, "user", owner=None)] == ["ada", "bob"]


async def test_a_filter_leaves_out_other_days_sessions_and_models(backend: Backend) -> None:
    await backend.usage.add(call(session_id="s1", model="m1"))
    await backend.usage.add(call(session_id="s2", model="m2"))

    assert await sums(backend, "day", first_day="2026-01-02", last_day="2026-12-31") == []
    assert [row["model"] for row in await sums(backend, "model", session_id="s2")] == ["m2"]
    assert [row["session"] for row in await sums(backend, "session", model="m1")] == ["s1"]


async def test_without_a_call_there_is_one_empty_sum(backend: Backend) -> None:
    (row,) = await sums(backend)

    assert row["calls"] is None
