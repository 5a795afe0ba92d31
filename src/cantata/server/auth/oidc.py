"""An OpenID Connect issuer: where it is reached, its keys, and the tokens that it signs.

Keys are fetched when they are needed and kept for a while. One that is not known is looked for once a minute at most,
whatever tokens claim; while the issuer is away the keys that are known go on being believed for a day.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.util import json_b64decode

from cantata.server.auth.principal import Method
from cantata.server.auth.tokens import Claims, Clock, Rules, decoded
from cantata.server.errors import IssuerUnavailable, Unauthenticated

logger = logging.getLogger(__name__)

FRESH_SECONDS = 600
STALE_SECONDS = 86_400  # for which keys are believed whose issuer is away
RETRY_SECONDS = 60  # between two fetches, however many tokens ask for them
FETCH_SECONDS = 5
MAX_ANSWER_BYTES = 1_048_576
DISCOVERY = "/.well-known/openid-configuration"

_ASYMMETRIC = ("RSA", "EC", "OKP")


@dataclass(frozen=True)
class Endpoints:
    """Where an issuer is reached."""

    keys: str
    authorization: str
    token: str
    end_session: str | None


class Issuer:
    """Keeps an issuer's addresses and keys."""

    def __init__(self, url: str, *, clock: Clock = time.time) -> None:
        self.url = url
        self._clock = clock
        self._http = httpx.AsyncClient(timeout=FETCH_SECONDS, trust_env=False, follow_redirects=False)
        self._endpoints: Endpoints | None = None
        self._keys: KeySet | None = None
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching: asyncio.Event | None = None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def keys(self, kid: object) -> KeySet:
        """Return the keys to verify with; fetched anew when they are old, or *kid* is none of them.

        Raises:
            IssuerUnavailable: there are none that may still be believed.
        """
        if self._is_old() or not self._knows(kid):
            await self._refresh()
        if self._keys is None or self._clock() - self._fetched_at > STALE_SECONDS:
            raise IssuerUnavailable
        return self._keys

    async def endpoints(self) -> Endpoints:
        """Return where the issuer is reached.

        Raises:
            IssuerUnavailable: it cannot be asked.
        """
        if self._endpoints is None:
            await self._refresh()
        if self._endpoints is None:
            raise IssuerUnavailable
        return self._endpoints

    async def post(self, url: str, form: Mapping[str, str], auth: tuple[str, str] | None) -> Any:
        """Send a form to the issuer; return what it answers.

        Raises:
            IssuerUnavailable: it does not answer.
            Unauthenticated: it refuses.
        """
        try:
            answer = await self._http.post(url, data=dict(form), auth=auth or httpx.USE_CLIENT_DEFAULT)
            if answer.is_client_error:
                logger.warning("the issuer refused a login: %s %.200s", answer.status_code, answer.text)
                raise Unauthenticated
            return _parsed(answer)
        except (httpx.HTTPError, ValueError) as error:
            raise IssuerUnavailable from error

    def _is_old(self) -> bool:
        return self._clock() - self._fetched_at > FRESH_SECONDS

    def _knows(self, kid: object) -> bool:
        return self._keys is not None and (kid is None or any(key.kid == kid for key in self._keys))

    async def _refresh(self) -> None:
        """Fetch, but not too often; whoever comes meanwhile waits for the same answer."""
        if self._fetching is not None:
            await self._fetching.wait()
            return
        if self._clock() - self._tried_at < RETRY_SECONDS:
            return
        self._fetching, self._tried_at = asyncio.Event(), self._clock()
        try:
            await self._fetch()
        except (httpx.HTTPError, JoseError, ValueError, TypeError, KeyError) as error:
            logger.warning("the keys of %s cannot be fetched: %s", self.url, error or type(error).__name__)
        finally:
            self._fetching.set()
            self._fetching = None

    async def _fetch(self) -> None:
        told = _parsed(await self._http.get(self.url.rstrip("/") + DISCOVERY))
        if told["issuer"] != self.url:
            raise ValueError(f"it calls itself {told['issuer']!r}: OIDC_ISSUER must say the same")
        endpoints = Endpoints(
            keys=told["jwks_uri"],
            authorization=told["authorization_endpoint"],
            token=told["token_endpoint"],
            end_session=told.get("end_session_endpoint"),
        )
        listed = _parsed(await self._http.get(endpoints.keys))["keys"]
        # A secret among published keys would let everybody sign.
        usable = [key for key in listed if key.get("kty") in _ASYMMETRIC and key.get("use", "sig") == "sig"]
        self._keys = KeySet.import_key_set({"keys": usable})
        self._endpoints, self._fetched_at = endpoints, self._clock()


class IssuedTokens:
    """Verifies what the issuer has signed for us."""

    method: Method = "oidc"

    def __init__(self, issuer: Issuer, *, audience: str, algorithms: tuple[str, ...], clock: Clock = time.time) -> None:
        self._issuer = issuer
        self._rules = Rules(algorithms=algorithms, issuer=issuer.url, audience=audience)
        self._clock = clock

    async def claims(self, token: str) -> Claims:
        """Return what a valid token says."""
        header = _header_of(token)
        if header.get("alg") not in self._rules.algorithms:
            raise Unauthenticated
        return decoded(token, await self._issuer.keys(header.get("kid")), self._rules, self._clock)

    def owner_of(self, claims: Claims) -> object:
        """Name its user by issuer and `sub`: an e-mail address may change hands."""
        subject = claims.get("sub")
        return f"{self._issuer.url}|{subject}" if isinstance(subject, str) and subject else None


def _header_of(token: str) -> Mapping[str, Any]:
    """Read a header that nobody has verified yet, for the one thing that it may choose: which of our keys is tried."""
    try:
        header = json_b64decode(token.partition(".")[0].encode())
    except (ValueError, TypeError, RecursionError) as error:
        raise Unauthenticated from error
    if not isinstance(header, dict):
        raise Unauthenticated
    return header


def _parsed(answer: httpx.Response) -> Any:
    answer.raise_for_status()
    if len(answer.content) > MAX_ANSWER_BYTES:
        raise ValueError("the answer is too large")
    return answer.json()
