"""Tokens of an OpenID Connect issuer: found by discovery, through new keys and outages."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey

from cantata.server.auth.oidc import FRESH_SECONDS, RETRY_SECONDS, STALE_SECONDS, IssuedTokens, Issuer
from cantata.server.auth.tokens import VERIFIED_SECONDS, Tokens
from cantata.server.errors import IssuerUnavailable, Unauthenticated
from tests.auth.conftest import Opened
from tests.support.backends import WallClock
from tests.support.credentials import bearer, signed
from tests.support.issuer import AUDIENCE, USER, LocalIssuer

KEYS = "/keys"


@pytest.fixture
def issuer() -> Iterator[LocalIssuer]:
    """Run an issuer."""
    with LocalIssuer().serving() as issuer:
        yield issuer


@pytest.fixture
def clock() -> WallClock:
    """Give a clock that can be put forward."""
    return WallClock()


@pytest.fixture
async def tokens(issuer: LocalIssuer, clock: WallClock) -> AsyncIterator[Tokens]:
    """Believe what the issuer signs, by that clock."""
    known = Issuer(issuer.url, clock=clock)
    verifier = IssuedTokens(known, audience=AUDIENCE, algorithms=("RS256", "ES256"), clock=clock)
    yield Tokens(verifier, clock=clock)
    await known.aclose()


async def test_the_issuers_token_names_its_user(serving: Opened, issuer: LocalIssuer) -> None:
    """By issuer and `sub`: an e-mail address may be given to somebody else."""
    text = issuer.token(email="ada@example.org", realm_access={"roles": ["offline_access", "premium"]}, scope="openid")
    settings = {"oidc_issuer": issuer.url, "oidc_audience": AUDIENCE, "role_claim": "realm_access.roles"}

    async with serving(**settings) as client:
        told = (await client.get("/auth/me", headers=bearer(text))).json()

    assert told["principal"]["id"] == f"{issuer.url}|{USER}"
    assert (told["principal"]["role"], told["principal"]["method"]) == ("premium", "oidc")
    assert told["methods"] == ["key", "token"]


@pytest.mark.parametrize(
    "members",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 17},
    ],
)
async def test_what_a_token_must_say(tokens: Tokens, issuer: LocalIssuer, members: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await tokens.told(issuer.token(**members))


async def test_the_issuers_own_public_key_is_no_shared_secret(tokens: Tokens, issuer: LocalIssuer) -> None:
    claims = {"iss": issuer.url, "aud": AUDIENCE, "sub": USER, "exp": 4_000_000_000}
    forged = [
        signed(claims, OctKey.import_key("x" * 32), "HS256", kid=str(issuer.key.kid)),
        signed(claims, RSAKey.generate_key(2048), "RS256", kid=str(issuer.key.kid)),
        signed(claims, RSAKey.generate_key(2048), "RS256"),
        signed(claims, RSAKey.generate_key(2048), "PS256", kid=str(issuer.key.kid)),
    ]

    for text in forged:
        with pytest.raises(Unauthenticated):
            await tokens.told(text)


async def test_a_published_secret_is_not_believed(tokens: Tokens, issuer: LocalIssuer) -> None:
    secret = OctKey.import_key("x" * 32, {"kid": "shared"})
    issuer.published.append(secret.as_dict(private=True))
    claims = {"iss": issuer.url, "aud": AUDIENCE, "sub": USER, "exp": 4_000_000_000}

    with pytest.raises(Unauthenticated):
        await tokens.told(signed(claims, secret, "HS256", kid="shared"))


async def test_a_new_key_is_found_without_a_restart(tokens: Tokens, issuer: LocalIssuer, clock: WallClock) -> None:
    await tokens.told(issuer.token())
    issuer.rotate("RS256")
    clock.advance(RETRY_SECONDS)

    told = await tokens.told(issuer.token("another"))

    assert told.principal.id == f"{issuer.url}|another"


async def test_unknown_keys_are_looked_for_once_a_minute(tokens: Tokens, issuer: LocalIssuer, clock: WallClock) -> None:
    """However many tokens with made-up keys somebody sends: the issuer is not to be flooded through us."""
    await tokens.told(issuer.token())
    clock.advance(RETRY_SECONDS)
    bogus = [signed({"sub": "x", "exp": 4_000_000_000}, issuer.key, "ES256", kid=f"../../{n}") for n in range(20)]

    for text in bogus:
        with pytest.raises(Unauthenticated):
            await tokens.told(text)

    assert issuer.asked[KEYS] == 2


async def test_who_comes_at_once_shares_one_fetch(tokens: Tokens, issuer: LocalIssuer) -> None:
    texts = [issuer.token(f"u{n}") for n in range(20)]

    async with asyncio.TaskGroup() as group:
        told = [group.create_task(tokens.told(text)) for text in texts]

    assert len({one.result().principal.id for one in told}) == 20
    assert issuer.asked[KEYS] == 1


async def test_an_outage_of_the_issuer_is_none_of_ours_for_a_day(
    tokens: Tokens, issuer: LocalIssuer, clock: WallClock
) -> None:
    await tokens.told(issuer.token())
    issuer.is_down = True
    clock.advance(STALE_SECONDS - FRESH_SECONDS)
    late = issuer.token("late", exp=int(clock()) + 10_000)

    told = await tokens.told(late)
    clock.advance(FRESH_SECONDS + 60)

    assert told.principal.id.endswith("|late")
    with pytest.raises(IssuerUnavailable):
        await tokens.told(issuer.token("too late", exp=int(clock()) + 10_000))


async def test_an_issuer_that_was_never_reached_is_503(serving: Opened, issuer: LocalIssuer) -> None:
    issuer.is_down = True

    async with serving(oidc_issuer=issuer.url, oidc_audience=AUDIENCE) as client:
        answer = await client.get("/api/workflows", headers=bearer(issuer.token()))

    assert (answer.status_code, answer.json()["code"]) == (503, "issuer_unavailable")
    assert "Retry-After" in answer.headers


async def test_an_issuer_of_another_name_is_not_believed(tokens: Tokens, issuer: LocalIssuer) -> None:
    issuer.calls_itself = "https://evil.example"

    with pytest.raises(IssuerUnavailable):
        await tokens.told(issuer.token())


async def test_a_known_token_costs_the_issuer_nothing(tokens: Tokens, issuer: LocalIssuer) -> None:
    text = issuer.token()
    first = await tokens.told(text)
    issuer.is_down = True

    assert await tokens.told(text) is first


async def test_a_known_token_is_not_believed_for_long_after_its_key_was_withdrawn(
    tokens: Tokens, issuer: LocalIssuer, clock: WallClock
) -> None:
    text = issuer.token()
    await tokens.told(text)
    issuer.rotate()
    del issuer.published[0]
    clock.advance(VERIFIED_SECONDS + 1)

    with pytest.raises(Unauthenticated):
        await tokens.told(text)


async def test_both_kinds_of_tokens_are_never_believed_at_once(issuer: LocalIssuer, serving: Opened) -> None:
    with pytest.raises(ValueError, match="JWT_SECRET or OIDC_ISSUER"):
        async with serving(oidc_issuer=issuer.url, oidc_audience=AUDIENCE, jwt_secret="x" * 32):
            pass


def test_httpx_is_what_we_think(issuer: LocalIssuer) -> None:
    """The issuer of these tests answers as one would over HTTP."""
    told = httpx.get(f"{issuer.url}/.well-known/openid-configuration", trust_env=False).json()

    assert told["issuer"] == issuer.url
