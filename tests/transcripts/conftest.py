"""The server that transcripts share."""

from collections.abc import Iterator

import pytest

from tests.server_process import ServerProcess
from tests.transcripts.talk import Conversation


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for the transcripts that do not kill it."""
    process = ServerProcess(tmp_path_factory.mktemp("transcripts"))
    yield process.start()
    process.close()


@pytest.fixture
def talk(server: ServerProcess) -> Conversation:
    return Conversation(server)
