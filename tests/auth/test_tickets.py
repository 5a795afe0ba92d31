"""How long tickets last; what they open is tried in tests/acceptance."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from cantata.server.auth.api_keys import ApiKeys
from cantata.server.auth.credentials import Told
from cantata.server.auth.principal import LOCAL
from cantata.server.auth.tickets import MOST_SECONDS, Tickets
from cantata.server.errors import Unauthenticated
from cantata.server.runs.ids import new_run_id
from tests.support.backends import Backend, open_backend

RUN = new_run_id()


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[Backend]:
    async with open_backend("sqlite", tmp_path) as opened:
        yield opened


def desk(backend: Backend) -> Tickets:
    return Tickets(backend.tickets, ApiKeys(backend.keys, b"pepper", clock=backend.clock), clock=backend.clock)


async def used_ticket(tickets: Tickets, told: Told) -> str:
    text, _ = await tickets.issue(told, "ada", RUN)
    await tickets.told(text)
    return text


async def test_a_ticket_lasts_for_a_day_whatever_it_was_issued_with(backend: Backend) -> None:
    """A key without an end would make one for ever, and INTERNAL_API_KEY one that outlives its own change."""
    tickets = desk(backend)
    text = await used_ticket(tickets, Told(principal=LOCAL))

    backend.clock.advance(MOST_SECONDS - 1)
    told = await tickets.told(text)
    backend.clock.advance(1)

    assert told.run_id == RUN
    with pytest.raises(Unauthenticated):
        await tickets.told(text)


async def test_a_ticket_ends_with_the_credential_that_it_was_issued_with(backend: Backend) -> None:
    tickets = desk(backend)
    text = await used_ticket(tickets, Told(principal=LOCAL, expires_at=backend.clock() + 600))

    backend.clock.advance(600)

    with pytest.raises(Unauthenticated):
        await tickets.told(text)


async def test_what_nobody_can_use_any_more_is_forgotten(backend: Backend, tmp_path: Path) -> None:
    tickets = desk(backend)
    for _ in range(5):
        await tickets.issue(Told(principal=LOCAL), "ada", RUN)
    backend.clock.advance(61)

    await tickets.issue(Told(principal=LOCAL), "ada", RUN)

    with closing(sqlite3.connect(tmp_path / "cantata.db")) as connection:
        assert connection.execute("SELECT count(*) FROM tickets").fetchone() == (1,)
