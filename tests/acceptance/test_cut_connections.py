"""Connections that are cut anywhere, again and again: one run, and each of its events once, in every format."""

from typing import Any

import pytest

from tests.acceptance.event_source import EventSource
from tests.server_process import Frame, ServerProcess
from tests.support.cutting_proxy import CuttingProxy, Fate, storm

FORMATS = ["reasoning", "compat", "compat&tokens=true", "chunks", "session"]
FIRST_ID_BYTES = 1_000  # the head of an answer and its first frame are shorter
CUTS = 25


def chat(key: str, words: int = 120, pause: float = 0.003) -> dict[str, Any]:
    """Ask for a run that lasts a while."""
    return {"message": f"{key} {words} {pause}", "agent": "flood", "session_id": key}


def runs_of(server: ServerProcess, key: str) -> list[str]:
    """List the runs of a session."""
    answer = server.client.get("/api/workflows", params={"session_id": key}).raise_for_status()
    return [run["workflow_id"] for run in answer.json()["workflows"]]


def raw(frames: list[Frame]) -> list[bytes]:
    return [frame.raw for frame in frames]


def check_complete(server: ServerProcess, reader: EventSource, told_as: str, key: str) -> None:
    """Assert that the client has the whole of one run."""
    runs = runs_of(server, key)
    assert len(runs) == 1
    assert reader.workflow_ids == set(runs)
    expected = EventSource("GET", f"/api/workflows/{runs[0]}/events?format={told_as}").read_once(server.url)
    assert raw(reader.kept) == raw(expected.kept)
    assert raw(reader.identified) == raw(expected.identified)


@pytest.mark.parametrize("told_as", FORMATS)
@pytest.mark.parametrize("seed", range(2))
def test_a_watcher_gets_every_event_once(server: ServerProcess, key: str, told_as: str, seed: int) -> None:
    run_id = server.started("flood", {"messages": [{"role": "user", "content": f"{key} 120 0.003"}]}, session_id=key)
    reader = EventSource("GET", f"/api/workflows/{run_id}/events?format={told_as}")

    with CuttingProxy(server.port, storm(seed, CUTS)) as proxy:
        reader.follow(proxy.url)

    assert proxy.cuts > 5
    check_complete(server, reader, told_as, key)


@pytest.mark.parametrize("told_as", FORMATS)
@pytest.mark.parametrize("seed", range(2))
def test_a_repeated_post_with_a_key_starts_one_run(server: ServerProcess, key: str, told_as: str, seed: int) -> None:
    """The key protects from the start: the first connections may be cut before a byte of the answer arrives."""
    reader = EventSource("POST", f"/chat?format={told_as}", chat(key), {"Idempotency-Key": key})
    nothing = [Fate(cut_after_bytes=0), Fate(cut_after_bytes=9), Fate(cut_after_bytes=150, is_reset=True)]

    with CuttingProxy(server.port, [*nothing, *storm(seed, CUTS)]) as proxy:
        reader.follow(proxy.url)

    assert proxy.cuts > 5
    check_complete(server, reader, told_as, key)


@pytest.mark.parametrize("told_as", FORMATS)
@pytest.mark.parametrize("seed", range(2))
def test_a_repeated_post_with_its_first_id_starts_one_run(
    server: ServerProcess, key: str, told_as: str, seed: int
) -> None:
    """Without a key the first id is what protects; it comes before the graph starts."""
    reader = EventSource("POST", f"/chat?format={told_as}", chat(key))

    with CuttingProxy(server.port, storm(seed, CUTS, first_bytes=FIRST_ID_BYTES)) as proxy:
        reader.follow(proxy.url)

    assert proxy.cuts > 5
    check_complete(server, reader, told_as, key)


@pytest.mark.parametrize("told_as", FORMATS)
def test_text_that_is_said_again_is_told_alike_to_who_was_cut(server: ServerProcess, key: str, told_as: str) -> None:
    """A retried node makes what it said void, and formats that cannot take it back say so."""
    body = {"graph": "retry", "input": {"key": key}, "session_id": key}
    reader = EventSource("POST", f"/api/workflows?format={told_as}", body, {"Idempotency-Key": key})

    with CuttingProxy(server.port, storm(5, CUTS, longest_bytes=2_000)) as proxy:
        reader.follow(proxy.url)

    assert proxy.cuts > 1
    check_complete(server, reader, told_as, key)


@pytest.mark.parametrize("told_as", FORMATS)
def test_a_connection_that_gives_single_bytes_gives_them_all(server: ServerProcess, key: str, told_as: str) -> None:
    reader = EventSource("POST", f"/chat?format={told_as}", chat(key, words=40))

    with CuttingProxy(server.port, [Fate(piece_bytes=1), Fate(piece_bytes=1, pause_seconds=0.05)]) as proxy:
        reader.follow(proxy.url)

    assert reader.requests == 2
    check_complete(server, reader, told_as, key)
