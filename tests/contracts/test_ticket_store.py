"""What every `TicketStore` promises: a minute to connect, then until the issuer's credential ends."""

from dataclasses import replace

from cantata.server.runs.ids import new_run_id
from cantata.server.runs.ports.credentials import Ticket
from tests.support.backends import NOON, Backend


def a_ticket(backend: Backend, **members: str) -> Ticket:
    ticket = Ticket(
        owner="ada",
        run_id=new_run_id(),
        workspace="default",
        connect_by=backend.timestamps.at(NOON + 60),
        expires_at=backend.timestamps.at(NOON + 3_600),
        key_id=None,
    )
    return replace(ticket, **members)  # type: ignore[arg-type]  # texts all


async def test_a_ticket_is_found_by_its_digest(backend: Backend) -> None:
    ticket = a_ticket(backend, key_id="k")
    await backend.tickets.add(b"digest", ticket)

    assert await backend.tickets.use(b"digest") == ticket
    assert await backend.tickets.use(b"another") is None


async def test_a_ticket_that_was_not_used_in_time_is_void(backend: Backend) -> None:
    await backend.tickets.add(b"digest", a_ticket(backend))

    backend.clock.advance(60)

    assert await backend.tickets.use(b"digest") is None


async def test_a_ticket_that_was_used_lasts_until_it_expires(backend: Backend) -> None:
    ticket = a_ticket(backend)
    await backend.tickets.add(b"digest", ticket)
    await backend.tickets.use(b"digest")

    backend.clock.advance(3_599)
    late = await backend.tickets.use(b"digest")
    backend.clock.advance(1)

    assert late == ticket
    assert await backend.tickets.use(b"digest") is None


async def test_a_ticket_of_a_credential_without_an_end_has_none(backend: Backend) -> None:
    ticket = replace(a_ticket(backend), expires_at=None)
    await backend.tickets.add(b"digest", ticket)
    await backend.tickets.use(b"digest")

    backend.clock.advance(10_000_000)

    assert await backend.tickets.use(b"digest") == ticket


async def test_a_new_ticket_leaves_the_valid_ones(backend: Backend) -> None:
    await backend.tickets.add(b"used", a_ticket(backend))
    await backend.tickets.use(b"used")
    backend.clock.advance(120)

    await backend.tickets.add(b"new", a_ticket(backend))

    assert await backend.tickets.use(b"used") is not None
