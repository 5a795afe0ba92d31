"""Logins of browsers: OpenID Connect's authorization code flow with PKCE, ending in an encrypted cookie.

    /auth/login ─▶ the issuer's page ─▶ /auth/callback?code=&state= ─▶ cookie ─▶ back to the page
         └──────── state, nonce and verifier wait in a cookie of ten minutes ────────┘

Nothing is stored: the cookie holds who is there until when, and only this server can read or write one.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]  # has no types
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]  # has no types
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jwk import OctKey
from joserfc.jwt import JWTClaimsRegistry

from cantata.server.auth.credentials import Told
from cantata.server.auth.oidc import IssuedTokens, Issuer
from cantata.server.auth.principal import Principal, Role
from cantata.server.auth.tokens import Clock, principal_of
from cantata.server.errors import Unauthenticated

BEGUN_SECONDS = 600
SECRET_BYTES = 32

_HEADER = {"alg": "dir", "enc": "A256GCM"}
_REGISTRY = JWERegistry(algorithms=["dir", "A256GCM"])


@dataclass(frozen=True, kw_only=True)
class Client:
    """What we are at the issuer."""

    id: str
    secret: str | None
    scope: str
    role_claim: str
    algorithms: tuple[str, ...]


@dataclass(frozen=True)
class Begun:
    """A login on its way."""

    address: str
    """Of the issuer's page."""
    cookie: str


@dataclass(frozen=True)
class Finished:
    """A login that succeeded."""

    cookie: str
    back_to: str


class Logins:
    """Begins and ends logins, and believes their cookies."""

    def __init__(self, issuer: Issuer, client: Client, key: bytes, *, seconds: float, clock: Clock = time.time) -> None:
        self._issuer = issuer
        self._client = client
        self._key = OctKey.import_key(key)
        self._identity = IssuedTokens(issuer, audience=client.id, algorithms=client.algorithms, clock=clock)
        self.seconds = seconds
        self._clock = clock

    async def begin(self, redirect_uri: str, back_to: str) -> Begun:
        """Say where the browser is to go, and what it is to bring back.

        Raises:
            IssuerUnavailable: the issuer cannot be asked.
        """
        state, nonce, verifier = (secrets.token_urlsafe(SECRET_BYTES) for _ in range(3))
        address = prepare_grant_uri(
            (await self._issuer.endpoints()).authorization,
            client_id=self._client.id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=self._client.scope,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        waiting = {"kind": "begun", "state": state, "nonce": nonce, "verifier": verifier, "back_to": back_to}
        return Begun(str(address), self._sealed(waiting, BEGUN_SECONDS))

    async def finish(self, code: str, state: str, cookie: str, redirect_uri: str) -> Finished:
        """Take what the issuer sent the browser back with.

        Raises:
            Unauthenticated: it is not what was begun in this browser, or the issuer refuses.
            IssuerUnavailable: the issuer cannot be asked.
        """
        begun = self._opened(cookie, "begun")
        if not secrets.compare_digest(state.encode(), begun["state"].encode()):
            raise Unauthenticated
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": begun["verifier"],
            "client_id": self._client.id,
        }
        auth = None if self._client.secret is None else (self._client.id, self._client.secret)
        answer = await self._issuer.post((await self._issuer.endpoints()).token, form, auth)
        token = answer.get("id_token") if isinstance(answer, Mapping) else None
        claims = await self._identity.claims(token if isinstance(token, str) else "")
        if claims.get("nonce") != begun["nonce"]:
            raise Unauthenticated
        owner = self._identity.owner_of(claims)
        principal = principal_of(claims, owner, self._client.role_claim, "cookie")
        return Finished(self._sealed({"kind": "login", **principal.as_json()}, self.seconds), begun["back_to"])

    def told(self, cookie: str) -> Told:
        """Return whom a login's cookie names.

        Raises:
            Unauthenticated: it is none of ours, or its time is over.
        """
        claims = self._opened(cookie, "login")
        principal = Principal(
            id=claims["id"],
            email=claims["email"],
            role=cast(Role, claims["role"]),
            scopes=frozenset(claims["scopes"]),
            workspace=claims["workspace"],
            method="cookie",
        )
        return Told(principal=principal, expires_at=float(claims["exp"]))

    def _sealed(self, claims: Mapping[str, Any], seconds: float) -> str:
        told = {**claims, "exp": int(self._clock() + seconds)}
        return jwt.encode(_HEADER, told, self._key, registry=_REGISTRY)

    def _opened(self, cookie: str, kind: str) -> Mapping[str, Any]:
        try:
            claims = jwt.decode(cookie, self._key, registry=_REGISTRY).claims
            JWTClaimsRegistry(now=lambda: int(self._clock()), exp={"essential": True}).validate(claims)
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise Unauthenticated from error
        if claims.get("kind") != kind:
            raise Unauthenticated
        return claims
