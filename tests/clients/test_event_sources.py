"""EventSource clients as their packages have them, run by Node, over connections that are cut."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.acceptance.event_source import EventSource
from tests.clients.node import follow
from tests.server_process import Frame, ServerProcess
from tests.support.cutting_proxy import CuttingProxy, Fate, storm

FORMATS = ("reasoning", "compat", "chunks", "session")
FIRST_ID_BYTES = 1_000  # the head of an answer and its first frame are shorter
CUTS = 4
NOTHING = Fate(cut_after_bytes=0)
MID_HEADER = Fate(cut_after_bytes=100, is_reset=True)


@dataclass(frozen=True)
class Case:
    """What a client is to follow, and what happens to its connections."""

    told_as: str
    session_id: str
    path: str
    fates: Iterable[Fate]
    more: dict[str, Any] = field(default_factory=dict)


def prompt(key: str) -> str:
    """Ask for a run that lasts for about as long as the cuts."""
    return f"{key} 80 0.03"


def cuts(seed: int) -> Iterable[Fate]:
    """Cut anywhere, once the client knows the run, and how long to wait before it asks again."""
    return storm(seed, CUTS, longest_bytes=2_000, first_bytes=FIRST_ID_BYTES)


def watched(server: ServerProcess, key: str, told_as: str) -> Case:
    run_id = server.started("flood", {"messages": [{"role": "user", "content": prompt(key)}]}, session_id=key)
    return Case(told_as, key, f"/api/workflows/{run_id}/events?format={told_as}", cuts(len(told_as)))


def asked_by_get(key: str, fates: Iterable[Fate], **query: str) -> Case:
    query = {"prompt": prompt(key), "session_id": key, **query}
    return Case("compat", key, f"/api/stream/flood?{urlencode(query)}", fates)


def posted(key: str, told_as: str, fates: Iterable[Fate], **more: Any) -> Case:
    body = {"message": prompt(key), "agent": "flood", "session_id": key}
    return Case(told_as, key, f"/chat?format={told_as}", fates, {"body": body, **more})


@pytest.mark.parametrize("client", ["native", "npm"])
def test_an_event_source_resumes_by_itself_and_stops(server: ServerProcess, key: str, client: str) -> None:
    """By GET of a run's events, and of a prompt: with a key from the first byte on, else from the first id on."""
    cases = [watched(server, f"{key}-{told_as}", told_as) for told_as in FORMATS]
    cases.append(asked_by_get(f"{key}-id", cuts(1)))
    cases.append(asked_by_get(f"{key}-key", [NOTHING, *cuts(2)], idempotency_key=key))

    told = followed(server, client, cases)

    assert [dispatched(lines) for lines in told] == [expected(server, case) for case in cases]
    assert [lines[-1] for lines in told] == [["closed"]] * len(cases)


def test_fetch_event_source_repeats_its_post_and_starts_nothing(server: ServerProcess, key: str) -> None:
    """Cut between frames, as servers and proxies that lose patience do; see the next test for elsewhere."""
    between = [after_frames(count) for count in (1, 7, 20, 3)]
    cases = [
        posted(f"{key}-{told_as}", told_as, [NOTHING, MID_HEADER, *between], headers={"Idempotency-Key": key + told_as})
        for told_as in FORMATS
    ]
    cases.append(posted(f"{key}-id", "reasoning", between))

    told = followed(server, "fetch", cases)

    assert [dispatched(lines) for lines in told] == [expected(server, case) for case in cases]
    assert [lines[-1] for lines in told] == [["closed"]] * len(cases)


def test_fetch_event_source_with_a_cursor_of_its_own_survives_any_cut(server: ServerProcess, key: str) -> None:
    """By itself it takes an id for seen before the frame is whole, and would lose what a cut leaves in two."""
    cases = [posted(f"{key}-{told_as}", told_as, cuts(9), keepsOwnCursor=True) for told_as in FORMATS]

    told = followed(server, "fetch", cases)

    assert [dispatched(lines) for lines in told] == [expected(server, case) for case in cases]


def followed(server: ServerProcess, client: str, cases: Sequence[Case]) -> list[list[list[Any]]]:
    """Let the client follow all cases at once, each through a proxy of its own; check that all were cut."""
    with ExitStack() as stack:
        proxies = [stack.enter_context(CuttingProxy(server.port, case.fates)) for case in cases]
        told = follow(
            client,
            [{"url": proxy.url + case.path, **case.more} for proxy, case in zip(proxies, cases, strict=True)],
        )
    assert min(proxy.cuts for proxy in proxies) > 0
    return told


def dispatched(lines: Sequence[Sequence[Any]]) -> list[tuple[str, str]]:
    """Drop what comes again after a cut: the frames since the last one with an id of its own.

    An EventSource tells the newest id with every frame, and only a new one is the frame's own.
    """
    kept: list[tuple[str, str]] = []
    settled = 0
    seq = 0
    for name, *frame in lines:
        if name == "open":
            del kept[settled:]
        elif frame:
            told_id, data = frame
            kept.append((name, data))
            if told_id and (told := int(told_id.rpartition("_")[2])) > seq:
                settled, seq = len(kept), told
    return kept


def expected(server: ServerProcess, case: Case) -> list[tuple[str, str]]:
    """Read the session's one run without a cut."""
    (run,) = server.client.get("/api/workflows", params={"session_id": case.session_id}).json()["workflows"]
    path = f"/api/workflows/{run['workflow_id']}/events?format={case.told_as}"
    frames = EventSource("GET", path).read_once(server.url).kept
    return [(frame.event or "message", data_of(frame)) for frame in frames]


def data_of(frame: Frame) -> str:
    """Return the frame's data as it was sent."""
    return next(line.removeprefix("data: ") for line in frame.raw.decode().split("\n") if line.startswith("data: "))


def after_frames(count: int) -> Fate:
    """Cut where the answer's frame number *count* ends."""

    def where(answer: bytes) -> int | None:
        ends = answer.split(b"\n\n", count)
        return None if len(ends) <= count else len(answer) - len(ends[-1])

    return Fate(cut_where=where)
