"""What every `KeyStore` promises."""

from dataclasses import replace

from cantata.server.runs.ports.credentials import ApiKey
from tests.support.backends import Backend

KEY = ApiKey(
    id="a",
    owner="ada",
    name="ci",
    role="premium",
    scopes=("events:read", "workflows:read"),
    workspace="acme",
    created_at="2026-01-01T00:00:00.000Z",
    expires_at="2026-02-01T00:00:00.000Z",
    digest=b"\0\1\2",
)


async def test_a_key_is_found_as_it_was_stored(backend: Backend) -> None:
    await backend.keys.add(KEY)

    assert await backend.keys.get("a") == KEY
    assert await backend.keys.get("b") is None


async def test_all_keys_are_listed_newest_first(backend: Backend) -> None:
    later = replace(KEY, id="b", owner="bob", created_at="2026-01-02T00:00:00.000Z", expires_at=None)
    await backend.keys.add(KEY)
    await backend.keys.add(later)

    assert await backend.keys.all() == [later, KEY]


async def test_a_revoked_key_stays_and_says_since_when(backend: Backend) -> None:
    await backend.keys.add(KEY)
    revoked_at = backend.timestamps.now()

    first = await backend.keys.revoke("a")
    backend.clock.advance(60)
    second = await backend.keys.revoke("a")

    assert (first, second, await backend.keys.revoke("b")) == (True, True, False)
    assert await backend.keys.get("a") == replace(KEY, revoked_at=revoked_at)


async def test_uses_are_noted_for_many_at_once(backend: Backend) -> None:
    other = replace(KEY, id="b")
    await backend.keys.add(KEY)
    await backend.keys.add(other)

    await backend.keys.used({"a": "2026-01-03T00:00:00.000Z", "b": "2026-01-04T00:00:00.000Z", "gone": "x"})

    assert [key.last_used_at for key in await backend.keys.all()] == [
        "2026-01-03T00:00:00.000Z",
        "2026-01-04T00:00:00.000Z",
    ]


async def test_a_secret_is_made_once_for_each_name(backend: Backend) -> None:
    first, again, other = [await backend.keys.secret(name) for name in ("pepper", "pepper", "login")]

    assert first == again != other
    assert [len(first), len(other)] == [32, 32]
