"""JSON Web Tokens: which are believed, and whom they name.

What a token says of its own verification is not believed: algorithms come from the configuration, keys too.
"""

import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import KeyBase, OctKey
from joserfc.jws import JWSRegistry
from joserfc.jwt import ClaimsOption, JWTClaimsRegistry

from cantata.server.auth.credentials import Told
from cantata.server.auth.principal import (
    ALL_SCOPES,
    RESERVED_OWNERS,
    Method,
    Principal,
    Role,
    is_name,
    scopes_of,
)
from cantata.server.errors import TokenExpired, Unauthenticated
from cantata.server.runs.model import DEFAULT_WORKSPACE

LEEWAY_SECONDS = 30  # between our clock and the issuer's
MIN_SECRET_BYTES = 32  # of HS256, as RFC 7518 has it
MAX_CACHED = 10_000  # verified tokens
VERIFIED_SECONDS = 600  # after which a token is held anew against the keys, which its issuer may have changed
MAX_ID_CHARS = 255
KEY_OWNER_PREFIX = "key:"  # whom a key acts for that names nobody

_WORKSPACE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_KEYS_IN_HEADER = ("jwk", "jku", "x5u", "x5c", "crit")

Claims = Mapping[str, Any]
Clock = Callable[[], float]


class Verifier(Protocol):
    """Holds tokens against the keys of one issuer."""

    method: Method

    async def claims(self, token: str) -> Claims:
        """Return what a token says that is valid now.

        Raises:
            Unauthenticated: it is not.
        """
        ...

    def owner_of(self, claims: Claims) -> object:
        """Name whom a token is about."""
        ...


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What every token of an issuer must say."""

    algorithms: tuple[str, ...]
    issuer: str | None = None
    audience: str | None = None


def decoded(token: str, key: KeyBase, rules: Rules, clock: Clock = time.time) -> dict[str, Any]:
    """Verify a token's signature, then what it says of time, issuer and audience.

    Raises:
        TokenExpired: only the time is over.
        Unauthenticated: anything else is wrong with it.
    """
    try:
        read = jwt.decode(token, key, registry=JWSRegistry(algorithms=rules.algorithms))
        if any(name in read.header for name in _KEYS_IN_HEADER):
            raise Unauthenticated
        _registry(rules, clock).validate(read.claims)
    except ExpiredTokenError as error:
        raise TokenExpired from error
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise Unauthenticated from error
    return read.claims


def _registry(rules: Rules, clock: Clock) -> JWTClaimsRegistry:
    options: dict[str, ClaimsOption] = {"exp": {"essential": True}}
    for name, value in (("iss", rules.issuer), ("aud", rules.audience)):
        if value is not None:
            options[name] = {"essential": True, "value": value}
    return JWTClaimsRegistry(now=lambda: int(clock()), leeway=LEEWAY_SECONDS, **options)


class SharedSecret:
    """Tokens that somebody signs who has the same secret as we: HS256."""

    method: Method = "jwt"

    def __init__(
        self, secret: str, *, issuer: str | None = None, audience: str | None = None, clock: Clock = time.time
    ) -> None:
        self._key = OctKey.import_key(secret)
        self._rules = Rules(algorithms=("HS256",), issuer=issuer, audience=audience)
        self._clock = clock

    async def claims(self, token: str) -> Claims:
        """Return what a valid token says."""
        return decoded(token, self._key, self._rules, self._clock)

    def owner_of(self, claims: Claims) -> object:
        """Name its user by `id`, else by `sub`."""
        told = claims.get("id", claims.get("sub"))
        return str(told) if isinstance(told, int) and not isinstance(told, bool) else told


class Tokens:
    """Tells whom tokens name, and remembers it for a while: a status is polled with one token many times."""

    def __init__(self, verifier: Verifier, *, role_claim: str = "role", clock: Clock = time.time) -> None:
        self._verifier = verifier
        self._role_claim = role_claim
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[Told, float]] = OrderedDict()

    async def told(self, token: str) -> Told:
        """Return whom a token names.

        Raises:
            TokenExpired, Unauthenticated: it is not valid.
        """
        name, now = hashlib.sha256(token.encode()).digest(), self._clock()
        told, verified_at = self._known.get(name, (None, now))
        if told is None or now - verified_at >= VERIFIED_SECONDS:
            self._known.pop(name, None)
            told = await self._verified(token)
            self._remember(name, told, now)
        if told.expires_at is not None and told.expires_at <= now:
            raise TokenExpired
        return told

    async def _verified(self, token: str) -> Told:
        claims = await self._verifier.claims(token)
        principal = principal_of(claims, self._verifier.owner_of(claims), self._role_claim, self._verifier.method)
        return Told(principal=principal, expires_at=float(claims["exp"]) + LEEWAY_SECONDS)

    def _remember(self, name: bytes, told: Told, now: float) -> None:
        self._known[name] = told, now
        if len(self._known) > MAX_CACHED:
            self._known.popitem(last=False)


def principal_of(claims: Claims, owner: object, role_claim: str, method: Method) -> Principal:
    """Read who a token is about, and what it lets them do.

    Raises:
        Unauthenticated: it names nobody, or somebody who is nobody's token to name.
    """
    if not is_name(owner) or len(owner) > MAX_ID_CHARS:
        raise Unauthenticated
    if owner in RESERVED_OWNERS or owner.startswith(KEY_OWNER_PREFIX):
        raise Unauthenticated
    email, role = claims.get("email"), _role(claims, role_claim)
    return Principal(
        id=owner,
        email=email if is_name(email) else None,
        role=role,
        scopes=_scopes(claims, role),
        workspace=workspace_of(claims.get("workspace")),
        method=method,
    )


def workspace_of(told: object) -> str:
    """Read a workspace's name; the default one's when there is none.

    Raises:
        Unauthenticated: it cannot be one, so whoever is there cannot be told from others.
    """
    if told is None:
        return DEFAULT_WORKSPACE
    if not isinstance(told, str) or not _WORKSPACE.fullmatch(told):
        raise Unauthenticated
    return told


def _role(claims: Claims, path: str) -> Role:
    """Return the highest role that the claim at *path* names: a word, or a list of them; `user` when it names none."""
    told: Any = claims
    for name in path.split("."):
        told = told.get(name) if isinstance(told, Mapping) else None
    named = told if isinstance(told, list) else [told]
    roles: tuple[Role, ...] = ("admin", "premium")
    return next((role for role in roles if role in named), "user")


def _scopes(claims: Claims, role: Role) -> frozenset[str]:
    """Return the scopes that the token names; one that names none of ours has all of its role."""
    told = claims.get("scope", claims.get("scopes", ""))
    words = told.split() if isinstance(told, str) else told if isinstance(told, list) else []
    named = ALL_SCOPES.intersection(word for word in words if isinstance(word, str))
    allowed = scopes_of(role)
    return named & allowed if named else allowed


def development_token(secret: str, claims: Mapping[str, Any], *, seconds: float, now: float) -> str:
    """Sign a token for trying things out, as an issuer with the same secret would."""
    told = {**claims, "iat": int(now), "exp": int(now + seconds)}
    return jwt.encode({"alg": "HS256"}, told, OctKey.import_key(secret))
