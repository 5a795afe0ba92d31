"""Tokens as an issuer would sign them, and headers that carry them."""

import time
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeyBase, OctKey

SECRET = "a secret of at least thirty-two bytes"
HOUR_SECONDS = 3_600


def claims_of(sub: str = "ada", **members: Any) -> dict[str, Any]:
    """Return what a good token says; None leaves a claim out."""
    now = int(time.time())
    told = {"sub": sub, "email": f"{sub}@example.org", "role": "user", "iat": now, "exp": now + HOUR_SECONDS, **members}
    return {name: value for name, value in told.items() if value is not None}


def token(sub: str = "ada", **members: Any) -> str:
    """Sign a token with the shared secret."""
    return signed(claims_of(sub, **members))


def signed(claims: Mapping[str, Any], key: KeyBase | None = None, algorithm: str = "HS256", **header: Any) -> str:
    """Sign *claims*."""
    key = key or OctKey.import_key(SECRET)
    return jwt.encode({"alg": algorithm, **header}, dict(claims), key, algorithms=[algorithm])


def bearer(text: str) -> dict[str, str]:
    """Return the header that carries a token or a key."""
    return {"Authorization": f"Bearer {text}"}
