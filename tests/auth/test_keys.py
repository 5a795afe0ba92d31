"""API keys over HTTP: made by admins, shown once, refused when they are revoked or over."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from cantata.server.auth.api_keys import ApiKeys
from cantata.server.errors import InvalidKey, Unauthenticated
from cantata.server.persistence.sqlite import Visit
from tests.auth.conftest import Opened
from tests.support.backends import Clock, open_backend
from tests.support.credentials import SECRET, bearer, token

ADMIN = bearer(token("root", role="admin"))
INTERNAL = "an-internal-key-of-ours"


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("cantata.db*"))


async def made(client: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    answer = await client.post("/api/keys", json={"role": "user", **members}, headers=ADMIN)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_key_is_shown_once_and_names_its_principal(client: httpx.AsyncClient) -> None:
    key = await made(client, role="premium", name="ci", workspace="acme")
    listed = (await client.get("/api/keys", headers=ADMIN)).json()["keys"]
    told = (await client.get("/auth/me", headers={"X-API-Key": key["key"]})).json()["principal"]

    assert key["key"].startswith(f"ak_{key['id']}_")
    assert [{**one, "key": key["key"]} for one in listed] == [key]
    assert told == {
        "id": f"key:{key['id']}",
        "email": None,
        "role": "premium",
        "scopes": ["events:read", "workflows:cancel", "workflows:read", "workflows:write"],
        "workspace": "acme",
        "method": "key",
    }


async def test_a_key_may_come_as_a_bearer(client: httpx.AsyncClient) -> None:
    key = await made(client)

    assert (await client.get("/api/workflows", headers=bearer(key["key"]))).status_code == 200


async def test_a_key_may_act_for_somebody(client: httpx.AsyncClient) -> None:
    key = await made(client, owner="ada", scopes=["workflows:read"])
    started = await client.post("/chat", json={"message": "hi"}, headers={"X-API-Key": key["key"]})
    listed = await client.get("/api/workflows", headers={"X-API-Key": key["key"]})

    assert (started.status_code, started.json()["scope"]) == (403, "workflows:write")
    assert listed.status_code == 200


async def test_a_revoked_key_is_refused_at_once(client: httpx.AsyncClient) -> None:
    key = await made(client)
    before = await client.get("/api/workflows", headers={"X-API-Key": key["key"]})

    revoked = await client.delete(f"/api/keys/{key['id']}", headers=ADMIN)
    after = await client.get("/api/workflows", headers={"X-API-Key": key["key"]})
    again = await client.delete(f"/api/keys/{key['id']}", headers=ADMIN)

    assert [before.status_code, revoked.status_code, after.status_code, again.status_code] == [200, 204, 401, 204]
    assert (await client.delete("/api/keys/nothing", headers=ADMIN)).json()["code"] == "key_not_found"


@pytest.mark.parametrize(
    "body",
    [
        {"role": "emperor"},
        {"role": "user", "scopes": ["admin:*"]},
        {"role": "user", "scopes": ["everything"]},
        {"role": "user", "owner": "local"},
        {"role": "premium", "owner": "internal"},
        {"role": "user", "expires_days": 0},
        {"role": "user", "workspace": "../x"},
        {"role": "user", "unknown": 1},
    ],
)
async def test_a_key_that_could_do_too_much_is_not_made(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await client.post("/api/keys", json=body, headers=ADMIN)).status_code == 422


async def test_an_admins_key_may_act_for_the_open_servers_user(client: httpx.AsyncClient) -> None:
    """What was made before authentication was turned on can be gone on with."""
    key = await made(client, role="admin", owner="local")

    assert (await client.get("/auth/me", headers={"X-API-Key": key["key"]})).json()["principal"]["id"] == "local"


async def test_the_internal_key_is_an_admin(serving: Opened) -> None:
    async with serving(internal_api_key=INTERNAL) as client:
        told = [
            await client.get("/auth/me", headers=headers) for headers in ({"X-API-Key": INTERNAL}, bearer(INTERNAL))
        ]
        wrong = await client.get("/api/keys", headers={"X-API-Key": INTERNAL[:-1]})

    assert [answer.json()["principal"]["role"] for answer in told] == ["admin", "admin"]
    assert wrong.status_code == 401


async def test_the_seeds_answer_to_a_bad_key_can_be_had(serving: Opened) -> None:
    async with serving(jwt_secret=SECRET, invalid_key_status=403) as client:
        bad_key = await client.get("/api/workflows", headers={"X-API-Key": "abc"})
        no_key = await client.get("/api/workflows")
        bad_token = await client.get("/api/workflows", headers=bearer("a.b.c"))

    assert (bad_key.status_code, bad_key.json()["code"]) == (403, "invalid_key")
    assert [no_key.status_code, bad_token.status_code] == [401, 401]


async def test_what_is_stored_is_not_what_is_sent(client: httpx.AsyncClient, tmp_path: Path) -> None:
    key = await made(client)
    stored = everything_in(tmp_path)

    assert key["id"].encode() in stored
    assert key["key"].split("_", 2)[2].encode() not in stored


async def test_a_key_expires(tmp_path: Path) -> None:
    clock = Clock()
    async with open_backend("sqlite", tmp_path, clock) as backend:
        keys = ApiKeys(backend.keys, b"pepper", clock=clock)
        _, text = await keys.add(role="user", scopes=frozenset(), name="", owner=None, workspace="default", seconds=60)
        clock.advance(59)
        told = await keys.told(text)
        clock.advance(1)

        with pytest.raises(Unauthenticated):
            await keys.told(text)
        assert told.expires_at == clock.seconds


async def test_a_key_of_another_pepper_is_refused(tmp_path: Path) -> None:
    async with open_backend("sqlite", tmp_path) as backend:
        wanted: Any = {"role": "user", "scopes": frozenset(), "name": "", "owner": None, "workspace": "default"}
        _, text = await ApiKeys(backend.keys, b"one").add(**wanted, seconds=None)

        with pytest.raises(InvalidKey):
            await ApiKeys(backend.keys, b"another", invalid_status=403).told(text)


async def test_uses_are_noted_together(tmp_path: Path) -> None:
    async with open_backend("sqlite", tmp_path) as backend:
        keys = ApiKeys(backend.keys, b"pepper", clock=backend.clock)
        key, text = await keys.add(
            role="user", scopes=frozenset(), name="", owner=None, workspace="default", seconds=None
        )
        await keys.told(text)
        before = await backend.keys.get(key.id)
        await keys.note_uses()
        after = await backend.keys.get(key.id)

    assert before is not None
    assert after is not None
    assert (before.last_used_at, after.last_used_at) == (None, backend.timestamps.now())


def test_keys_are_not_readable_by_others(tmp_path: Path) -> None:
    """The file is created for its owner alone, whoever makes it: the server or the command."""
    Visit(tmp_path / "new.db").close()

    assert (tmp_path / "new.db").stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(tmp_path / "new.db")) as connection:
        assert connection.execute("SELECT count(*) FROM api_keys").fetchone() == (0,)
