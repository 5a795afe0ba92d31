"""How somebody may be named, whoever says so: what is stored, logged and shown must bear it."""

import base64
import hmac
import json

import httpx
import pytest

from tests.support.credentials import SECRET, bearer, claims_of, token

ADMIN = bearer(token("root", role="admin"))
UNNAMEABLE = ["*", "a\x00b", "a\nb", "a\x85b", "\ud800", "", "x" * 700]


def escaped_token(**members: str) -> str:
    """Sign claims that need not be Unicode: JSON can escape half of a pair, and not every issuer minds."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()) for part in ({"alg": "HS256"}, claims_of(**members))]
    text = b".".join(part.rstrip(b"=") for part in parts)
    signature = base64.urlsafe_b64encode(hmac.digest(SECRET.encode(), text, "sha256"))
    return b".".join([text, signature.rstrip(b"=")]).decode()


@pytest.mark.parametrize("name", UNNAMEABLE)
async def test_a_token_names_nobody_so(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get("/api/workflows", headers=bearer(escaped_token(sub=name)))

    assert answer.status_code == 401


@pytest.mark.parametrize("name", [name for name in UNNAMEABLE if name != "\ud800"])  # which is no JSON of ours
@pytest.mark.parametrize("role", ["user", "admin"])
async def test_a_key_acts_for_nobody_of_that_name(client: httpx.AsyncClient, name: str, role: str) -> None:
    answer = await client.post("/api/keys", json={"role": role, "owner": name}, headers=ADMIN)

    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "owner")


async def test_an_address_that_cannot_be_shown_is_left_out(client: httpx.AsyncClient) -> None:
    answer = await client.get("/auth/me", headers=bearer(escaped_token(sub="ada", email="\ud800@example.org")))

    assert answer.json()["principal"] | {"scopes": []} == {
        "id": "ada",
        "email": None,
        "role": "user",
        "scopes": [],
        "workspace": "default",
        "method": "jwt",
    }


async def test_other_letters_than_ascii_name_somebody(client: httpx.AsyncClient) -> None:
    answer = await client.get("/auth/me", headers=bearer(token("Zoë Łukasz 王 🎻")))

    assert answer.json()["principal"]["id"] == "Zoë Łukasz 王 🎻"
