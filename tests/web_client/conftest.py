"""What the tests of the TypeScript client share."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.server_process import ServerProcess
from tests.web_client.package import Package, built


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """Build the package once."""
    return Package(built(tmp_path_factory.mktemp("package")))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server whose streams show signs of life each second."""
    process = ServerProcess(tmp_path_factory.mktemp("server"), HEARTBEAT_SECONDS="1")
    yield process.start()
    process.close()


@pytest.fixture(scope="session")
def agents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server with the agents that it comes with."""
    process = ServerProcess(tmp_path_factory.mktemp("agents"), None)
    yield process.start()
    process.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[ServerProcess]:
    """Run a server of the test's own, which it may kill, and whose runs it may count."""
    process = ServerProcess(tmp_path / "own", HEARTBEAT_SECONDS="1")
    yield process.start()
    process.close()


@pytest.fixture
def key() -> str:
    """Give a name that no other test uses."""
    return f"k{uuid4().hex[:12]}"
