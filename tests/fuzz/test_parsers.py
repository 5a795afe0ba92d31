"""What reads strangers' words answers them, or refuses with a 4xx: never anything else, and never quickly wrong."""

from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from starlette.requests import Request

from cantata.callbacks.events import Timestamps
from cantata.server.auth.api_keys import ApiKeys
from cantata.server.auth.chain import INTERNAL, Chain
from cantata.server.auth.cookies import LOGIN, Cookies, cookie_in
from cantata.server.auth.credentials import Told, sent_in
from cantata.server.auth.principal import scopes_of
from cantata.server.auth.tickets import Tickets, ticket_in
from cantata.server.auth.tokens import SharedSecret, Tokens
from cantata.server.errors import BadCursor, Unauthenticated
from cantata.server.persistence.sqlite import Visit
from cantata.server.persistence.sqlite_keys import SqliteKeys
from cantata.server.persistence.sqlite_tickets import SqliteTickets
from cantata.server.routes.requests import attaching_cursor, position_in, told_cursor
from cantata.server.runs.ids import Cursor, new_run_id, run_id_of
from tests.fuzz.inputs import as_header, many, sent
from tests.support.credentials import SECRET, token

RUN = new_run_id()
CURSOR = str(Cursor(RUN, 12))
KEY = "ak_abcdefghijklmnop_" + "A" * 43
TICKET = "st_" + "A" * 32
TOKEN = token()


class Desk:
    """A chain over a real database, with a key and a ticket that are right."""

    def __init__(self, folder: Path) -> None:
        self.visit = Visit(folder / "cantata.db")
        keys = ApiKeys(SqliteKeys(self.visit, Timestamps()), b"pepper")
        tickets = Tickets(SqliteTickets(self.visit, Timestamps()), keys)
        self.chain = Chain(
            keys=keys,
            tickets=tickets,
            tokens=Tokens(SharedSecret(SECRET)),
            logins=None,
            cookies=Cookies(None),
            own_keys={"an internal key": INTERNAL},
        )
        _, self.key = finished(
            keys.add(role="user", scopes=scopes_of("user"), name="", owner="eve", workspace="x", seconds=None)
        )

    def told(self, headers: list[tuple[bytes, bytes]], query: bytes = b"") -> Told | None:
        told: Told | None = finished(self.chain.told({"scheme": "http", "headers": headers, "query_string": query}))
        return told


def finished(work: Coroutine[Any, Any, Any]) -> Any:
    """Run what never has to wait."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Open the chain."""
    made = Desk(tmp_path_factory.mktemp("fuzz"))
    yield made
    made.visit.close()


def refused(work: Any, *arguments: Any) -> bool:
    """Tell whether *work* refuses; whatever it raises must be a client's fault."""
    try:
        work(*arguments)
    except (Unauthenticated, BadCursor):
        return True
    return False


@many
@given(text=sent(f"Bearer {TOKEN}", f"Bearer {KEY}", "Bearer an internal key", "Basic YTpi"))
@example(text=f"Bearer {TOKEN}")
def test_authorization(desk: Desk, text: str) -> None:
    """Nobody is let in but by the token itself: no near miss, and no other one's key."""
    header = as_header(text)

    is_refused = refused(desk.told, [(b"authorization", header)])

    assert is_refused or header.strip().split()[-1] == TOKEN.encode()


@many
@given(text=sent(KEY, TOKEN, "an internal key"))
def test_api_keys(desk: Desk, text: str) -> None:
    assert refused(desk.told, [(b"x-api-key", as_header(text))]) or text == "an internal key"


@many
@given(text=sent(f"ticket={TICKET}", f"after=1&ticket={TICKET}", f"ticket=&ticket={TICKET}"))
def test_tickets(desk: Desk, text: str) -> None:
    query = as_header(text)

    assert ticket_in(query) is None or refused(desk.told, [], query)


@many
@given(text=sent(f"{LOGIN}=a.b.c.d.e", f"x=y; {LOGIN}=a; z"))
def test_cookies(text: str) -> None:
    header = as_header(text)

    refused(sent_in, [(b"cookie", header)], LOGIN)
    assert cookie_in(header.decode("latin-1"), LOGIN) is None or LOGIN.encode() in header


@many
@given(text=sent(CURSOR, CURSOR.rpartition("_")[0], "12", "-1", "0-0", str(2**63)))
def test_cursors(text: str) -> None:
    """A cursor that is read is written the same again, but for a bare number."""
    refused(position_in, RUN, text)
    if not refused(attaching_cursor, text):
        assert str(attaching_cursor(text)) == text


@many
@given(text=sent(CURSOR, "12"), after=sent(CURSOR, "12"))
def test_last_event_id(text: str, after: str) -> None:
    request = Request({"type": "http", "headers": [(b"last-event-id", as_header(text))], "query_string": b""})

    refused(position_in, RUN, told_cursor(request, after))


@many
@given(text=sent(RUN, RUN.removeprefix("wf_"), "01890a5d-ac96-774b-bcce-b302099a8057"))
def test_workflow_ids(text: str) -> None:
    run_id = run_id_of(text)

    assert run_id is None or run_id_of(run_id) == run_id


@many
@given(text=sent(TOKEN, TOKEN.replace(".", ".."), TOKEN + "."))
def test_tokens(text: str) -> None:
    verifier = SharedSecret(SECRET)

    assert refused(lambda: finished(verifier.claims(text))) or text == TOKEN
