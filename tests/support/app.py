"""The whole application in this process, and clients of it who are who their tokens say they are."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from cantata.server.app import create_app, opened
from cantata.server.auth.principal import Role
from cantata.server.settings import Settings
from tests.support.credentials import SECRET, bearer, token

LOCAL = "http://localhost"


def somebody(name: str, role: Role = "user") -> dict[str, str]:
    """Return the header of a token for somebody of this role."""
    return bearer(token(name, role=role))


@dataclass(frozen=True)
class Application:
    """An application that is open."""

    app: FastAPI

    @asynccontextmanager
    async def client(
        self, headers: Mapping[str, str] | None = None, peer: str = "127.0.0.1"
    ) -> AsyncIterator[httpx.AsyncClient]:
        """Send *headers* with each request, from the address *peer*."""
        transport = httpx.ASGITransport(self.app, client=(peer, 4711), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=LOCAL, headers=headers) as client:
            yield client


@asynccontextmanager
async def open_app(folder: Path, config: Path | None = None, **settings: Any) -> AsyncIterator[Application]:
    """Open the application on a database in *folder*; it asks for tokens unless told otherwise."""
    told = {"jwt_secret": SECRET, **settings}
    app = create_app(Settings(_env_file=None, database_url=f"sqlite:///{folder / 'cantata.db'}", **told), config)
    async with opened(app):
        yield Application(app)
