"""What every `AuditLog` promises."""

from cantata.server.runs.ports.credentials import Look
from tests.support.backends import Backend


async def test_looks_are_listed_newest_first(backend: Backend) -> None:
    at = backend.timestamps.now()
    await backend.audit.note("root", "GET /api/workflows/{workflow_id}", "ada", "wf_1")
    await backend.audit.note("root", "GET /api/sessions", "bob", "sessions")

    newest = Look(at=at, admin="root", action="GET /api/sessions", owner="bob", target="sessions")
    assert await backend.audit.looks(1) == [newest]
    assert [look.owner for look in await backend.audit.looks(10)] == ["bob", "ada"]
