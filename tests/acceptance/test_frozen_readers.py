"""Half of a run's readers stop to read: the others notice nothing, the server stays small, and nothing is lost."""

import hashlib

import pytest

from tests.acceptance.conftest import Fresh
from tests.acceptance.crowd import Crowd
from tests.server_process import ServerProcess

FORMATS = ("reasoning", "chunks")
READERS = 200
WORDS = 8_000  # 2 MB of log: more than all windows, and than what the kernel holds for a reader
STANDSTILL_SECONDS = 10.0  # a busy machine may stall for some of them; a frozen reader is cut after 60
MIB = 1_048_576


@pytest.mark.timeout(600)
def test_frozen_readers_disturb_nobody_and_catch_up(fresh: Fresh) -> None:
    server = fresh().start()
    run_id = server.started("flood", {"messages": [{"role": "user", "content": f"flood {WORDS} 0.0005"}]})
    paths = [path_of(run_id, told_as) for told_as in FORMATS] * (READERS // len(FORMATS))

    with Crowd(server, paths) as crowd:
        frozen, awake = crowd.readers[: READERS // 2], crowd.readers[READERS // 2 :]
        silence_before = crowd.read(crowd.readers, least_bytes=200_000)
        bytes_before = server.resident_bytes()
        silence_while_frozen = crowd.read(awake)
        growth = server.resident_bytes() - bytes_before
        were_behind = all(reader.body_bytes < awake[0].body_bytes / 2 for reader in frozen)
        crowd.read(frozen)

    assert were_behind
    assert silence_while_frozen < silence_before + STANDSTILL_SECONDS
    assert growth < len(frozen) * MIB
    expected = [digest_of(server, run_id, told_as) for told_as in FORMATS] * (READERS // len(FORMATS))
    assert [reader.digest for reader in crowd.readers] == expected


def path_of(run_id: str, told_as: str) -> str:
    """Name the run's stream, without the words of a stream's own that come after a silence."""
    return f"/api/workflows/{run_id}/events?format={told_as}&heartbeat_seconds=300"


def digest_of(server: ServerProcess, run_id: str, told_as: str) -> str:
    """Name the whole of a finished run's stream."""
    return hashlib.sha256(server.client.get(path_of(run_id, told_as)).content).hexdigest()
