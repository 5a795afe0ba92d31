"""Which tokens are believed. Every bad one gets the same answer, so that it tells nothing of why."""

import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey

from tests.auth.conftest import Opened
from tests.support.credentials import HOUR_SECONDS, SECRET, bearer, claims_of, signed, token

PROBE = "/api/workflows"
RSA = RSAKey.generate_key(2048)


def ours(**members: Any) -> dict[str, Any]:
    """Return what the strict server wants a token to say, but for these."""
    return claims_of(**{"iss": "us", "aud": "cantata", **members})


def our_token(**members: Any) -> str:
    return signed(ours(**members))


def unsigned(algorithm: str) -> str:
    return ".".join([part({"alg": algorithm, "typ": "JWT"}), part(ours()), ""])


def signed_with_bytes(secret: bytes) -> str:
    """Sign by hand what joserfc refuses to."""
    text = f"{part({'alg': 'HS256'})}.{part(ours())}"
    return f"{text}.{encoded(hmac.digest(secret, text.encode(), 'sha256'))}"


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def part(value: Any) -> str:
    return encoded(json.dumps(value).encode())


def altered(**members: Any) -> str:
    header, _, signature = our_token().split(".")
    return ".".join([header, part(ours(**members)), signature])


def nested(depth: int) -> str:
    header, _, signature = our_token().split(".")
    text = "[" * depth + "]" * depth
    return ".".join([header, encoded(text.encode()), signature])


BAD: dict[str, Callable[[], str]] = {
    "no signature, alg none": lambda: unsigned("none"),
    "no signature, alg nOnE": lambda: unsigned("nOnE"),
    "no signature, alg HS256": lambda: unsigned("HS256"),
    "another secret": lambda: signed(ours(), OctKey.import_key("another secret of thirty-two bytes!!")),
    "another algorithm": lambda: signed(ours(), algorithm="HS512"),
    "signed with an RSA key": lambda: signed(ours(), RSA, "RS256"),
    "HS256 with an RSA key's public half": lambda: signed_with_bytes(RSA.as_pem(private=False)),
    "no exp": lambda: our_token(exp=None),
    "exp that is no number": lambda: our_token(exp="tomorrow"),
    "nobody": lambda: our_token(sub=None),
    "an empty name": lambda: our_token(sub=""),
    "a name with a control character": lambda: our_token(sub="a\nb"),
    "a very long name": lambda: our_token(sub="a" * 300),
    "the open server's user": lambda: our_token(sub="local"),
    "the internal key's": lambda: our_token(sub="internal"),
    "a key's": lambda: our_token(sub="key:abc"),
    "another issuer": lambda: our_token(iss="https://evil.example"),
    "no issuer": lambda: our_token(iss=None),
    "another audience": lambda: our_token(aud="somebody-else"),
    "not yet valid": lambda: our_token(nbf=int(time.time()) + HOUR_SECONDS),
    "issued in the future": lambda: our_token(iat=int(time.time()) + HOUR_SECONDS),
    "an altered claim": lambda: altered(role="admin"),
    "an altered name": lambda: altered(sub="bob"),
    "a kid that is a path": lambda: signed(ours(), OctKey.import_key("x" * 32), kid="../../dev/null"),
    "a key in its header": lambda: signed(ours(), RSA, "RS256", jwk=RSA.as_dict(private=False)),
    "its own secret in its header": lambda: signed(ours(), jwk={"kty": "oct", "k": "eHh4"}),
    "an address of keys": lambda: signed(ours(), jku="https://evil.example/keys"),
    "an address of certificates": lambda: signed(ours(), x5u="https://evil.example/x"),
    "an unknown critical header": lambda: signed(ours(), crit=["b64"], b64=False),
    "a workspace that cannot be one": lambda: our_token(workspace="../x"),
    "claims that are a list": lambda: nested(1),
    "claims nested deeply": lambda: nested(30_000)[:8_000],
    "two parts": lambda: our_token().rpartition(".")[0],
    "five parts": lambda: f"{our_token()}.a.b",
    "no token": lambda: "abc",
    "what is no base64": lambda: "a.b.c",
    "far too long": lambda: "a" * 9_000,
}


@pytest.fixture
async def strict(serving: Opened) -> Any:
    """Serve where tokens must name issuer and audience."""
    async with serving(jwt_secret=SECRET, jwt_issuer="us", jwt_audience="cantata") as client:
        yield client


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_token_is_refused(strict: httpx.AsyncClient, name: str) -> None:
    refused = await strict.get(PROBE, headers=bearer(BAD[name]()))
    nothing_sent = await strict.get(PROBE)

    assert refused.status_code == 401
    assert refused.content == nothing_sent.content
    assert refused.json()["code"] == "unauthenticated"
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


async def test_the_same_token_without_a_fault_is_believed(strict: httpx.AsyncClient) -> None:
    answer = await strict.get(PROBE, headers=bearer(our_token()))

    assert answer.status_code == 200


@pytest.mark.parametrize("audience", ["cantata", ["another", "cantata"]])
async def test_an_audience_may_be_one_of_several(strict: httpx.AsyncClient, audience: Any) -> None:
    assert (await strict.get(PROBE, headers=bearer(our_token(aud=audience)))).status_code == 200


async def test_an_expired_token_says_so(client: httpx.AsyncClient) -> None:
    """A client that hears this gets a new token and goes on, instead of asking its user to log in."""
    answer = await client.get(PROBE, headers=bearer(token(exp=int(time.time()) - 31)))

    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


async def test_a_little_difference_of_clocks_is_no_matter(client: httpx.AsyncClient) -> None:
    late, early = token(exp=int(time.time()) - 10), token(nbf=int(time.time()) + 10)

    assert (await client.get(PROBE, headers=bearer(late))).status_code == 200
    assert (await client.get(PROBE, headers=bearer(early))).status_code == 200


async def test_a_forged_token_is_not_told_that_it_has_expired(client: httpx.AsyncClient) -> None:
    forged = signed(claims_of(exp=1), OctKey.import_key("another secret of thirty-two bytes!!"))

    assert (await client.get(PROBE, headers=bearer(forged))).json()["code"] == "unauthenticated"


@pytest.mark.parametrize(
    ("members", "shown"),
    [
        ({}, {"id": "ada", "email": "ada@example.org", "role": "user", "workspace": "default"}),
        ({"id": "u-7"}, {"id": "u-7"}),
        ({"id": 42, "sub": None}, {"id": "42"}),
        ({"role": "premium"}, {"role": "premium"}),
        ({"role": "emperor"}, {"role": "user"}),
        ({"role": ["user", "admin"]}, {"role": "admin"}),
        ({"workspace": "acme"}, {"workspace": "acme"}),
        ({"scope": "workflows:read events:read"}, {"scopes": ["events:read", "workflows:read"]}),
        ({"scopes": ["workflows:read"]}, {"scopes": ["workflows:read"]}),
        ({"scope": "workflows:read admin:*"}, {"scopes": ["workflows:read"]}),
        ({"role": "admin", "scope": "admin:*"}, {"scopes": ["admin:*"]}),
        (
            {"scope": "openid profile"},
            {"scopes": ["events:read", "workflows:cancel", "workflows:read", "workflows:write"]},
        ),
    ],
)
async def test_a_token_says_who_and_what(
    client: httpx.AsyncClient, members: dict[str, Any], shown: dict[str, Any]
) -> None:
    told = (await client.get("/auth/me", headers=bearer(token(**members)))).json()["principal"]

    assert shown.items() <= told.items()
    assert told["method"] == "jwt"


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer"},
        {"Authorization": ""},
        {"Authorization": "Bearer a b"},
        {"X-API-Key": ""},
        {"X-API-Key": "ak_"},
        {"Cookie": "cantata_login=abc"},
    ],
)
async def test_a_header_that_carries_nothing_is_refused(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert (await client.get(PROBE, headers=headers)).status_code == 401


async def test_a_bad_credential_is_not_mended_by_a_good_one(client: httpx.AsyncClient) -> None:
    twice = [("Authorization", "Bearer x.y.z"), ("Authorization", f"Bearer {token()}")]
    beside = {"X-API-Key": token(), **bearer("x.y.z")}

    assert (await client.get(PROBE, headers=twice)).status_code == 401
    assert (await client.get(PROBE, headers=beside)).status_code == 401


async def test_open_routes_do_not_mind_a_bad_credential(client: httpx.AsyncClient) -> None:
    answers = [await client.get(path, headers=bearer("x.y.z")) for path in ("/health/live", "/auth/me", "/docs")]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[1].json()["principal"] is None


async def test_who_may_see_nothing_is_not_told_what_there_is(client: httpx.AsyncClient) -> None:
    nobody = [await client.get("/nothing"), await client.put("/api/workflows")]
    somebody = [await client.get("/nothing", headers=bearer(token())), await client.put(PROBE, headers=bearer(token()))]

    assert [answer.status_code for answer in nobody] == [401, 401]
    assert [answer.status_code for answer in somebody] == [404, 405]


async def test_nobodys_upload_is_not_looked_at(client: httpx.AsyncClient) -> None:
    """Neither its size nor its type: who it is comes first."""
    big = b"x" * 2_000_000

    answers = [await client.post(path, content=big) for path in ("/chat", "/nothing")]

    assert [answer.status_code for answer in answers] == [401, 401]
    told = {**bearer(token()), "Content-Type": "application/json"}
    assert (await client.post("/chat", content=big, headers=told)).status_code == 413


@pytest.mark.parametrize("is_announced", [True, False])
@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/keys", 403), ("/api/workflows/wf_x/cancel", 404), ("/nothing", 404), ("/chat", 413)],
)
async def test_what_one_may_do_is_told_before_how_much_of_it(
    client: httpx.AsyncClient, path: str, status: int, is_announced: bool
) -> None:
    big = b"x" * 2_000_000
    told = {**bearer(token()), "Content-Type": "application/json"}

    answer = await client.post(path, content=big if is_announced else pieces(big), headers=told)

    assert answer.status_code == status


async def test_a_compressed_body_is_refused_to_who_may_send_one(client: httpx.AsyncClient) -> None:
    told = {**bearer(token()), "Content-Type": "application/json", "Content-Encoding": "gzip"}

    answers = [await client.post(path, content=b"x", headers=told) for path in ("/api/keys", "/nothing", "/chat")]

    assert [answer.status_code for answer in answers] == [403, 404, 415]


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content
