"""One fixture, `backend`: every contract holds for every backend."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.backends import BACKENDS, Backend, open_backend


@pytest.fixture(params=BACKENDS)
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Backend]:
    """Open the backend on files of this test's own."""
    async with open_backend(request.param, tmp_path) as opened:
        yield opened
