"""What the tests of JavaScript clients share."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.server_process import ServerProcess


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server as it is by default, so that it waits as long as real clients do."""
    process = ServerProcess(tmp_path_factory.mktemp("clients"))
    yield process.start()
    process.close()


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[ServerProcess]:
    """Run a server whose model takes its time."""
    process = ServerProcess(tmp_path / "slow", None, OFFLINE_DEMO_TOKEN_DELAY_MS="200")
    yield process.start()
    process.close()


@pytest.fixture
def key() -> str:
    """Give a name that no other test uses."""
    return f"k{uuid4().hex[:12]}"
