"""The checker itself: it passes a good log, and each way of breaking one is found."""

import asyncio
import copy
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.engine import open_server
from tests.support.invariants import check_invariants
from tests.support.shapes import Group, Leaf, compiled

Members = dict[str, Any]
Break = Callable[[list[Members]], object]

RICH = Group(
    "row", (Leaf(("speak", "say", "tool", "note")), Group("parallel", (Leaf(("progress", "tool")),), False)), True
)


@pytest.fixture(scope="module")
def log() -> list[Members]:
    """Return the JSON of a run that did a bit of everything."""
    return asyncio.run(_log())


async def _log() -> list[Members]:
    with tempfile.TemporaryDirectory() as folder:
        async with open_server(Path(folder), {"tested": compiled(RICH)}) as server:
            run = await server.start("tested", {"log": []})
            await server.ended(run)
            return [msgspec.to_builtins(event) for event in await server.events(run.id)]


def first(log: list[Members], kind: str) -> Members:
    return next(event for event in log if event["type"] == kind)


def last(log: list[Members], kind: str) -> Members:
    return next(event for event in reversed(log) if event["type"] == kind)


def without(log: list[Members], kind: str) -> None:
    """Drop the first event of a kind, and number the rest anew."""
    log.remove(first(log, kind))
    for seq, event in enumerate(log, 1):
        event["seq"] = seq


def swapped(log: list[Members], at: int) -> None:
    log[at], log[at + 1] = log[at + 1], log[at]
    log[at]["seq"], log[at + 1]["seq"] = log[at + 1]["seq"], log[at]["seq"]


def test_a_good_log_passes(log: list[Members]) -> None:
    check_invariants(log)


@pytest.mark.parametrize("count", [1, 5, 17])
def test_a_part_of_a_good_log_passes_as_a_prefix(log: list[Members], count: int) -> None:
    check_invariants(log[:count], "prefix")


def test_what_a_stream_makes_itself_is_passed_over(log: list[Members]) -> None:
    envelope = {"workflow_id": log[0]["workflow_id"], "timestamp": log[0]["timestamp"]}

    check_invariants([*log, {"type": "heartbeat", "status": "running", "last_seq": 3, **envelope}])


@pytest.mark.parametrize(
    "kind",
    [
        *("workflow_started", "step_start", "step_end", "message_start", "message_delta", "agent_thinking"),
        *("message_complete", "reasoning_step", "tool_start", "tool_end", "workflow_completed"),
    ],
)
def test_a_missing_event_is_found(log: list[Members], kind: str) -> None:
    broken = copy.deepcopy(log)
    without(broken, kind)

    with pytest.raises(AssertionError):
        check_invariants(broken)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda log: log.pop(), id="no end"),
        pytest.param(lambda log: log.append(log[-1]), id="two ends"),
        pytest.param(lambda log: log.pop(4), id="a hole"),
        pytest.param(lambda log: log[3].update(seq=99), id="a jump"),
        pytest.param(lambda log: swapped(log, 1), id="a word before its step"),
        pytest.param(lambda log: swapped(log, len(log) - 2), id="something after the end"),
        pytest.param(lambda log: log[5].update(workflow_id="wf_01h455vb4pex5vsknk084sn02q"), id="another run's"),
        pytest.param(lambda log: log[5].update(timestamp="2026-01-01 00:00:00"), id="a strange time"),
        pytest.param(lambda log: first(log, "message_delta").update(delta="other"), id="other words"),
        pytest.param(lambda log: first(log, "agent_thinking").update(delta="other"), id="other thoughts"),
        pytest.param(lambda log: first(log, "message_delta").update(delta=""), id="an empty delta"),
        pytest.param(lambda log: first(log, "message_start").update(message_id="m7"), id="a strange message"),
        pytest.param(lambda log: first(log, "tool_start").update(parent_span_id="nobody"), id="no such parent"),
        pytest.param(lambda log: first(log, "tool_end").update(span_id="nobody"), id="an end without a start"),
        pytest.param(lambda log: first(log, "tool_end").update(tool="other"), id="another tool's end"),
        pytest.param(lambda log: first(log, "tool_end").update(status="error"), id="an error without words"),
        pytest.param(lambda log: last(log, "step_start").update(step=9), id="a strange step"),
        pytest.param(lambda log: last(log, "step_start").update(attempt=2), id="a try too many"),
        pytest.param(lambda log: last(log, "step_start").update(replaces=["nobody"]), id="replaces nothing"),
        pytest.param(lambda log: last(log, "step_start").update(replaces=[]), id="an empty list"),
        pytest.param(lambda log: last(log, "step_start").update(path=["x"]), id="a strange path"),
        pytest.param(lambda log: first(log, "reasoning_step").update(index=4), id="a strange index"),
        pytest.param(lambda log: first(log, "reasoning_step").update(thought="other"), id="a strange thought"),
        pytest.param(lambda log: first(log, "progress").update(percent=140), id="over a hundred"),
        pytest.param(lambda log: log[-1].update(tools_used=[]), id="forgotten tools"),
        pytest.param(lambda log: log[-1].update(step_count=1), id="miscounted steps"),
        pytest.param(lambda log: log[-1]["usage"].update(total_tokens=1), id="miscounted tokens"),
    ],
)
def test_a_damaged_log_is_found(log: list[Members], damage: Break) -> None:
    broken = copy.deepcopy(log)
    damage(broken)

    with pytest.raises(AssertionError):
        check_invariants(broken)
