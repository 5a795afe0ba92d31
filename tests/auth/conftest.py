"""Applications in this process, opened, and clients of them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from cantata.server.app import create_app, opened
from cantata.server.settings import Settings
from tests.server_process import SCENARIOS
from tests.support.credentials import SECRET

Opened = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]

ORIGIN = "http://cantata.test"


def client_of(app: FastAPI, **options: Any) -> httpx.AsyncClient:
    """Make a client of *app*, which does not follow redirects."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN, **options)


@pytest.fixture
def serving(tmp_path: Path) -> Opened:
    """Serve with these settings while a context is open; the client's `app` is the application."""

    @asynccontextmanager
    async def serve(**settings: Any) -> AsyncIterator[httpx.AsyncClient]:
        database = f"sqlite:///{tmp_path / 'cantata.db'}"
        app = create_app(Settings(database_url=database, **settings), SCENARIOS)
        async with opened(app), client_of(app) as client:
            client.app = app  # type: ignore[attr-defined]  # for tests that look behind it
            yield client

    return serve


@pytest.fixture
async def client(serving: Opened) -> AsyncIterator[httpx.AsyncClient]:
    """Serve with a shared secret for tokens."""
    async with serving(jwt_secret=SECRET) as client:
        yield client
