"""The whole application in this process, and clients of it who are who a test says they are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from cantata.server.app import create_app, opened
from cantata.server.auth.principal import Principal, Role
from cantata.server.settings import Settings

LOCAL = "http://localhost"


def somebody(name: str, role: Role = "user") -> Principal:
    """Make a principal with every scope."""
    return Principal(id=name, email=None, role=role, scopes=frozenset({"*"}), method="test")


class Accepted:
    """Stands where credentials are checked: every request is this principal's, or nobody's."""

    def __init__(self, app: ASGIApp, principal: Principal | None) -> None:
        self._app = app
        self._principal = principal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as the principal's."""
        if self._principal is not None:
            scope.setdefault("state", {})["principal"] = self._principal
        await self._app(scope, receive, send)


@dataclass(frozen=True)
class Application:
    """An application that is open."""

    app: FastAPI

    @asynccontextmanager
    async def client(
        self, principal: Principal | None = None, peer: str = "127.0.0.1"
    ) -> AsyncIterator[httpx.AsyncClient]:
        """Be *principal*, at the address *peer*."""
        transport = httpx.ASGITransport(Accepted(self.app, principal), client=(peer, 4711), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=LOCAL) as client:
            yield client


@asynccontextmanager
async def open_app(folder: Path, config: Path | None = None, **settings: Any) -> AsyncIterator[Application]:
    """Open the application on a database in *folder*."""
    app = create_app(
        Settings(_env_file=None, database_url=f"sqlite:///{folder / 'cantata.db'}", **settings),
        config,
    )
    async with opened(app):
        yield Application(app)
