"""Whoever sends bad credentials is told to wait; whoever sends a good one from the same address is let in."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from limits import RateLimitItem, parse
from tests.support.app import Application, open_app, somebody
from tests.support.backends import Clock
from tests.support.credentials import bearer, token

from cantata.server.errors import RateLimited
from cantata.server.rate_limits.failed_logins import PATIENCE, FailedLogins
from cantata.server.rate_limits.windows import MemoryWindows

PATH = "/api/graphs"
LIMIT = 3
BAD = [
    {"X-API-Key": "ak_abcdefghijklmnop_" + "A" * 43},
    {"X-API-Key": "a guess"},
    {"Authorization": "Bearer a.b.c"},
    {"Authorization": "Basic YTpi"},
    {"Authorization": "Bearer " + token()[:-4] + "AAAA"},
]
RATE = parse(f"{LIMIT}/minute")


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Application]:
    """Run a server that lets an address fail a few times."""
    async with open_app(tmp_path, rate_limit_failed_logins=f"{LIMIT}/minute") as app:
        yield app


async def statuses(client: httpx.AsyncClient, count: int, path: str = PATH, **headers: str) -> list[int]:
    return [(await client.get(path, headers=headers)).status_code for _ in range(count)]


@pytest.mark.parametrize("bad", BAD)
async def test_too_many_bad_credentials_are_told_to_wait(app: Application, bad: dict[str, str]) -> None:
    async with app.client() as client:
        before = await statuses(client, LIMIT, **bad)
        answer = await client.get(PATH, headers=bad)

    assert before == [401] * LIMIT
    assert (answer.status_code, answer.json()["policy"]) == (429, "failed_logins")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


async def test_void_tickets_count_too(app: Application) -> None:
    async with app.client() as client:
        assert await statuses(client, LIMIT + 1, f"{PATH}?ticket=st_{'A' * 32}") == [401] * LIMIT + [429]


async def test_a_neighbour_with_a_good_credential_is_let_in(app: Application) -> None:
    async with app.client() as client:
        await statuses(client, LIMIT * 2, **BAD[0])

        assert await statuses(client, 1, **somebody("ada")) == [200]


async def test_another_address_is_another_matter(app: Application) -> None:
    async with app.client() as client, app.client(peer="203.0.113.9") as other:
        await statuses(client, LIMIT * 2, **BAD[0])

        assert await statuses(other, 1, **BAD[0]) == [401]


async def test_who_goes_on_guessing_is_not_looked_at(app: Application, caplog: pytest.LogCaptureFixture) -> None:
    """A good credential does not help then: it could be the guess that was right."""
    async with app.client() as client, app.client(somebody("ada"), peer="203.0.113.9") as other:
        await statuses(client, LIMIT * PATIENCE + 5, **BAD[0])
        shut = await client.get(PATH, headers=somebody("ada"))
        page = await statuses(client, 1, "/auth/me", **somebody("ada"))
        elsewhere = await statuses(other, 1)

    assert (shut.status_code, shut.json()["code"]) == (429, "rate_limited")
    assert (page, elsewhere) == ([200], [200])
    assert [record.getMessage().split()[0] for record in caplog.records if "bad credentials" in record.msg] == [
        "127.0.0.1"
    ]


async def test_nobody_and_who_comes_too_late_have_not_guessed(app: Application) -> None:
    """A page that asks before its user has logged in, and a client whose token has just expired."""
    async with app.client() as client:
        assert await statuses(client, LIMIT * 2) == [401] * LIMIT * 2
        assert await statuses(client, LIMIT * 2, **bearer(token(exp=1))) == [401] * LIMIT * 2


async def test_it_can_be_off(tmp_path: Path) -> None:
    async with open_app(tmp_path, rate_limit_failed_logins="off") as app, app.client() as client:
        assert await statuses(client, 40, **BAD[0]) == [401] * 40


@pytest.mark.parametrize("rate", [RATE])
async def test_after_a_while_an_address_is_looked_at_again(rate: RateLimitItem) -> None:
    clock = Clock()
    failed = FailedLogins(MemoryWindows(clock), rate, clock)
    scope = {"client": ("203.0.113.9", 1)}
    for _ in range(LIMIT):
        await failed.note(scope)
    for _ in range(LIMIT * PATIENCE):
        with pytest.raises(RateLimited):
            await failed.note(scope)
    with pytest.raises(RateLimited):
        failed.check(scope)

    clock.advance(61)

    failed.check(scope)
    await failed.note(scope)
