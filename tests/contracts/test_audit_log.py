"""What every `AuditLog` promises."""

import asyncio

from cantata.server.runs.ports.credentials import Look
from tests.support.backends import Backend


async def test_looks_are_listed_newest_first(backend: Backend) -> None:
    at = backend.timestamps.now()
    await backend.audit.note("root", "GET /api/workflows/{workflow_id}", "ada", "wf_1")
    await backend.audit.note("root", "GET /api/sessions", "bob", "sessions")

    newest = Look(at=at, admin="root", action="GET /api/sessions", owner="bob", target="sessions")
    assert await backend.audit.looks(1) == [newest]
    assert [look.owner for look in await backend.audit.looks(10)] == ["bob", "ada"]


async def test_the_oldest_looks_are_forgotten_bit_by_bit(backend: Backend) -> None:
    async with asyncio.TaskGroup() as tasks:
        for number in range(700):
            tasks.create_task(backend.audit.note("root", "GET /api/sessions", "ada", str(number)))
    backend.clock.advance(60)
    await backend.audit.note("root", "GET /api/sessions", "ada", "new")

    before = backend.timestamps.now()
    removed = [await backend.audit.forget(before) for _ in range(3)]

    assert (sum(removed), removed[2]) == (700, 0)
    assert removed[0] < 700
    assert [look.target for look in await backend.audit.looks(10)] == ["new"]
