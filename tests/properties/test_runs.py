"""Random graphs on the whole server, cancelled and failing anywhere: what must hold of every run's events."""

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.callbacks.events import StoredEvent, encode
from cantata.server.errors import WorkflowFinished
from cantata.server.runs.fold import fold
from tests.support.engine import OWNER, Server, open_server, unwatched
from tests.support.graphs import asks, chain, nested, parallel, quiet, says
from tests.support.invariants import check_invariants
from tests.support.scripted import scripted
from tests.support.shapes import DEEDS, SECRETS, Deed, Group, Leaf, compiled, shapes

FROM_THE_ROW = ("status", "created_at", "started_at", "attempt", "trace", "feedback", "links")
GIVEN = {"log": [f"given {SECRETS[0]}"]}
METADATA = {"note": f"about {SECRETS[1]}", "password": "hunter2-hunter2"}


def told_by_events(workflow: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a workflow that its events tell, as JSON."""
    told = {name: value for name, value in workflow.items() if name not in FROM_THE_ROW}
    return dict(msgspec.json.decode(msgspec.json.encode(told)))


async def outcome(server: Server, graph: str, cancel_at: int | None = None) -> tuple[list[StoredEvent], dict[str, Any]]:
    """Run *graph*, cancel it when its log holds so many events, and return the log and the workflow."""
    run = await server.start(graph, GIVEN, metadata=METADATA)
    if cancel_at is not None:
        await server.reached(run, cancel_at)
        with suppress(WorkflowFinished):
            await server.service.cancel(OWNER, run.id, "tester", "enough")
    workflow = await server.ended(run)
    return await server.events(run.id), workflow


async def run_once(shape: Group, cancel_at: int | None) -> tuple[list[StoredEvent], dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        async with open_server(Path(folder), {"tested": compiled(shape)}, secrets=SECRETS) as server:
            return await outcome(server, "tested", cancel_at)


@given(shapes, st.none() | st.integers(1, 30))
@settings(max_examples=40)
def test_every_run_is_well_told_hides_its_secrets_and_polls_the_same(shape: Group, cancel_at: int | None) -> None:
    """One run, three properties: the invariants, `fold(events) == workflow`, and no seeded secret in any event."""
    events, workflow = asyncio.run(run_once(shape, cancel_at))

    check_invariants(events)
    assert told_by_events(fold(events)) == told_by_events(workflow)
    assert workflow["status"] == fold(events)["status"]
    said = b"".join(map(encode, events)).decode()
    assert [secret for secret in (*SECRETS, "hunter2-hunter2") if secret in said] == []


@pytest.mark.parametrize("kind", ["row", "parallel", "fan_out"])
@pytest.mark.parametrize("deed", [deed for deed in DEEDS if deed != "fail"])
def test_every_harmless_deed_lets_its_run_complete(kind: Any, deed: Deed) -> None:
    """Else the random runs above would all be failures, and say little."""
    shape = Group(kind, (Leaf((deed,)), Group("row", (Leaf((deed, deed)),), False)), True)

    events, workflow = asyncio.run(run_once(shape, None))

    check_invariants(events)
    assert (workflow["status"], workflow["error"]) == ("completed", None)


@given(shapes, st.lists(st.integers(1, 30), min_size=2, max_size=6))
@settings(max_examples=15)
def test_runs_at_once_do_not_mix(shape: Group, cancels: list[int]) -> None:
    async def main() -> list[tuple[list[StoredEvent], dict[str, Any]]]:
        with tempfile.TemporaryDirectory() as folder:
            async with open_server(Path(folder), {"tested": compiled(shape)}, secrets=SECRETS) as server:
                async with asyncio.TaskGroup() as tasks:
                    runs = [tasks.create_task(outcome(server, "tested", at)) for at in cancels]
                return [run.result() for run in runs]

    for events, workflow in asyncio.run(main()):
        check_invariants(events)
        assert {event.workflow_id for event in events} == {workflow["workflow_id"]}


@pytest.mark.parametrize(
    "graph",
    [
        chain(ask=asks("who?")),
        nested(chain(first=says(scripted(["hi"])), ask=asks("who?"))),
        parallel(a=asks("a?"), b=asks("b?")),
    ],
    ids=["plain", "nested", "two at once"],
)
async def test_a_run_that_asks_is_well_told_before_and_after_its_answer(graph: Any, tmp_path: Path) -> None:
    async with open_server(tmp_path, {"tested": graph}) as server:
        run = await server.start("tested", {"log": []})
        waiting = await server.ended(run)
        before = await server.events(run.id)

        answers = {asked["id"]: "me" for asked in waiting["interrupts"]}
        resumed, seq = await server.service.resume(OWNER, run.id, answers, None)
        await server.reached(resumed, seq)
        ended = await server.service.wait(resumed, seq, unwatched)
        events = await server.events(run.id)

    check_invariants(before, "prefix")
    check_invariants(events)
    assert (waiting["status"], ended["status"]) == ("interrupted", "completed")
    assert told_by_events(fold(before)) == told_by_events(waiting)
    assert told_by_events(fold(events)) == told_by_events(ended)


async def test_a_run_cancelled_while_it_asks_is_well_told(tmp_path: Path) -> None:
    async with open_server(tmp_path, {"tested": nested(chain(ask=asks("who?")))}) as server:
        run = await server.start("tested", {"log": []})
        await server.ended(run)
        cancelled = await server.service.cancel(OWNER, run.id, "tester", "enough")
        events = await server.events(run.id)

    check_invariants(events)
    assert cancelled["status"] == "cancelled"
    assert told_by_events(fold(events)) == told_by_events(cancelled)


async def test_a_run_cancelled_before_it_began_is_well_told(tmp_path: Path) -> None:
    async with open_server(tmp_path, {"tested": chain(a=quiet)}) as server:
        first = await server.start("tested", {"log": []}, session_id="s")
        second = await server.start("tested", {"log": []}, session_id="s", if_busy="enqueue")
        cancelled = await server.service.cancel(OWNER, second.id, "tester", "enough")
        await server.ended(first)
        events = await server.events(second.id)

    check_invariants(events)
    assert cancelled["status"] == "cancelled"
