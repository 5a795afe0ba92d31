"""Servers for the acceptance tests: one that all share, and fresh ones for what a test does to its own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.server_process import COORDINATOR, SCENARIOS, ServerProcess

GRACE_SECONDS = 3.0  # longer than a busy machine stalls
HEARTBEAT_SECONDS = 0.3

Fresh = Callable[..., ServerProcess]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server that nobody stops; its waits are short."""
    process = ServerProcess(
        tmp_path_factory.mktemp("shared"),
        HEARTBEAT_SECONDS=str(HEARTBEAT_SECONDS),
        DISCONNECT_GRACE_SECONDS=str(GRACE_SECONDS),
    )
    yield process.start()
    process.close()


@pytest.fixture(scope="session")
def coordinator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server with small agents for workflows to use."""
    process = ServerProcess(tmp_path_factory.mktemp("coordinator"), COORDINATOR)
    yield process.start()
    process.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Fresh]:
    """Make servers, not yet started, that are gone when the test ends."""
    made: list[ServerProcess] = []

    def make(config: Path | None = SCENARIOS, **settings: str) -> ServerProcess:
        made.append(ServerProcess(tmp_path / f"server{len(made)}", config, **settings))
        return made[-1]

    yield make
    for process in made:
        process.close()


@pytest.fixture
def key() -> str:
    """Give a name that no other test uses, for a run's gate and notes, and for sessions."""
    return f"k{uuid4().hex[:12]}"
