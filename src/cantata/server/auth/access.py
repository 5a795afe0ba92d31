"""Opens what tells who is there, as the settings say."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from cantata.server.auth.api_keys import USES_SECONDS, ApiKeys
from cantata.server.auth.chain import INTERNAL, SCRAPER, Chain
from cantata.server.auth.cookies import Cookies
from cantata.server.auth.login import Client, Logins
from cantata.server.auth.oidc import IssuedTokens, Issuer
from cantata.server.auth.principal import Principal
from cantata.server.auth.tickets import Tickets
from cantata.server.auth.tokens import SharedSecret, Tokens, Verifier
from cantata.server.bootstrap import Resources
from cantata.server.errors import CantataError
from cantata.server.runs.ports.credentials import AuditLog, KeyStore
from cantata.server.settings import Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Access:
    """What lives as long as the process, to tell who is there."""

    is_open: bool
    chain: Chain
    keys: ApiKeys
    key_store: KeyStore
    tickets: Tickets
    logins: Logins | None
    cookies: Cookies
    audit: AuditLog
    methods: tuple[str, ...]
    """How somebody may say who they are: `key`, `token`, `oidc`."""
    watched: dict[str, float] = field(default_factory=dict)
    """When it was written down last that an admin watches everybody's runs."""


@asynccontextmanager
async def open_access(settings: Settings, resources: Resources) -> AsyncIterator[Access]:
    """Open it as long as the context is open."""
    async with AsyncExitStack() as stack:
        keys = await _keys(settings, resources)
        issuer = None
        if settings.oidc_issuer is not None:
            issuer = Issuer(settings.oidc_issuer)
            stack.push_async_callback(issuer.aclose)
        verifier = _verifier(settings, issuer)
        logins = await _logins(settings, issuer, resources)
        tickets, cookies = Tickets(resources.tickets, keys), Cookies(settings.public_url)
        tokens = None if verifier is None else Tokens(verifier, role_claim=settings.role_claim)
        chain = Chain(
            keys=keys,
            tickets=tickets,
            tokens=tokens,
            logins=logins,
            cookies=cookies,
            own_keys=_own_keys(settings),
        )
        is_there = {"key": True, "token": tokens is not None, "oidc": logins is not None}
        methods = tuple(name for name, is_so in is_there.items() if is_so and not settings.is_open)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        noting = tasks.create_task(_note_uses(keys))
        stack.callback(noting.cancel)
        yield Access(
            is_open=settings.is_open,
            chain=chain,
            keys=keys,
            key_store=resources.keys,
            tickets=tickets,
            logins=logins,
            cookies=cookies,
            audit=resources.audit,
            methods=methods,
        )
        await keys.note_uses()


def _own_keys(settings: Settings) -> dict[str, Principal]:
    told = ((settings.metrics_token, SCRAPER), (settings.internal_api_key, INTERNAL))
    return {key.get_secret_value(): principal for key, principal in told if key is not None}


async def _keys(settings: Settings, resources: Resources) -> ApiKeys:
    return ApiKeys(
        resources.keys, await pepper_of(settings, resources.keys), invalid_status=settings.invalid_key_status
    )


async def pepper_of(settings: Settings, store: KeyStore) -> bytes:
    """Return what keys are hashed with."""
    told = settings.api_key_pepper
    return await store.secret("api_key_pepper") if told is None else told.get_secret_value().encode()


def _verifier(settings: Settings, issuer: Issuer | None) -> Verifier | None:
    if issuer is not None:
        return IssuedTokens(issuer, audience=settings.oidc_audience or "", algorithms=settings.oidc_algorithms)
    if settings.jwt_secret is None:
        return None
    secret = settings.jwt_secret.get_secret_value()
    try:
        return SharedSecret(secret, issuer=settings.jwt_issuer, audience=settings.jwt_audience)
    except ValueError as error:  # a public key is no secret
        raise CantataError(f"JWT_SECRET: {error}.") from error


async def _logins(settings: Settings, issuer: Issuer | None, resources: Resources) -> Logins | None:
    if issuer is None or settings.oidc_client_id is None:
        return None
    secret = settings.oidc_client_secret
    client = Client(
        id=settings.oidc_client_id,
        secret=None if secret is None else secret.get_secret_value(),
        scope=settings.oidc_scope,
        role_claim=settings.role_claim,
        algorithms=settings.oidc_algorithms,
    )
    return Logins(issuer, client, await resources.keys.secret("login"), seconds=settings.login_hours * 3_600)


async def _note_uses(keys: ApiKeys) -> None:
    while True:
        await asyncio.sleep(USES_SECONDS)
        try:
            await keys.note_uses()
        except CantataError as error:
            logger.info("when keys were used could not be noted: %s", error)
