"""Connections that are cut, anywhere and often: every event comes once, and one request starts one run."""

from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

import pytest

from tests.server_process import ServerProcess
from tests.support.cutting_proxy import CuttingProxy, Fate, storm
from tests.web_client.package import Package

NOTHING = Fate(cut_after_bytes=0)
REFUSED = Fate(is_refused=True)
MID_HEADER = Fate(cut_after_bytes=100, is_reset=True)
FIRST_FRAME = Fate(cut_where=lambda answer: None if (end := answer.find(b"\n\n")) < 0 else end + 2)

# Node 20 never hears of some connections that are refused: then only the silence tells.
SOON = {"silenceMs": 5_000}

STORMS = 30
CUTS = 50  # of each storm, where a refused connection counts as none

READ_ALL = """
const told = await Promise.all(given.urls.map((url) => all(at(url).workflows.follow(given.id))));
for (const events of told) show(events);
"""
SEND_ALL = """
const input = { messages: [{ role: "user", content: given.prompt }] };
const told = await Promise.all(given.urls.map(async (url, number) => {
  const run = at(url).workflows.start({ graph: "flood", input, session_id: given.key + number });
  return [await all(run), await run.workflowId, await run.finalResponse];
}));
for (const one of told) show(one);
"""


def runs_of(server: ServerProcess, **query: str) -> list[str]:
    listed = server.client.get("/api/workflows", params={"limit": "1000", **query}).json()
    return [run["workflow_id"] for run in listed["workflows"]]


def flooded(server: ServerProcess, key: str, words: int) -> str:
    """Let a run say so many words, to its end."""
    asked = {"graph": "flood", "input": {"messages": [{"role": "user", "content": f"{key} {words} 0"}]}}
    return str(server.waited("/api/workflows", asked)["workflow_id"])


def test_a_thousand_seeded_cuts_lose_and_double_nothing(server: ServerProcess, package: Package, key: str) -> None:
    run_id = flooded(server, key, 600)
    with ExitStack() as stack:
        proxies = [stack.enter_context(CuttingProxy(server.port, storm(seed, CUTS))) for seed in range(STORMS)]
        told = package.run(READ_ALL, urls=[proxy.url for proxy in proxies], id=run_id, options={"attempts": 1_000})

    assert sum(proxy.cuts for proxy in proxies) >= 1_000
    assert told == [server.events(run_id)] * STORMS


def test_runs_that_are_cut_while_they_go_on_lose_and_double_nothing(
    server: ServerProcess, package: Package, key: str
) -> None:
    with ExitStack() as stack:
        proxies = [stack.enter_context(CuttingProxy(server.port, storm(seed, 12, 3_000))) for seed in range(100, 112)]
        urls = [proxy.url for proxy in proxies]
        told = package.run(SEND_ALL, urls=urls, key=key, prompt=f"{key} 80 0.01", options={"attempts": 1_000})

    assert min(proxy.cuts for proxy in proxies) > 0
    assert [run_id for _, run_id, _ in told] == [
        only for number in range(len(urls)) for only in runs_of(server, session_id=f"{key}{number}")
    ]
    assert [events for events, _, _ in told] == [server.events(run_id) for _, run_id, _ in told]
    assert {answer.strip() for *_, answer in told} == {" ".join(f"word{n}" for n in range(80))}


@pytest.mark.parametrize("length", [97, 500, 1_300, 4_000])
def test_every_connection_may_end_after_so_many_bytes(
    server: ServerProcess, package: Package, key: str, length: int
) -> None:
    run_id = flooded(server, key, 60)
    with CuttingProxy(server.port, [Fate(cut_after_bytes=length)] * 60) as proxy:
        (told,) = package.run(READ_ALL, urls=[proxy.url], id=run_id, options={"attempts": 1_000})

    assert proxy.cuts > 2
    assert told == server.events(run_id)


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_cut_within_a_character_spoils_no_text(server: ServerProcess, package: Package, key: str, cut: int) -> None:
    run_id = flooded(server, f"{key}🌊", 20)

    def within(answer: bytes) -> int | None:
        return None if (at := answer.find("🌊".encode())) < 0 else at + cut

    with CuttingProxy(server.port, [Fate(cut_where=within, piece_bytes=1), Fate(piece_bytes=1)]) as proxy:
        (told,) = package.run(READ_ALL, urls=[proxy.url], id=run_id)

    assert proxy.cuts == 1
    assert told == server.events(run_id)


@pytest.mark.parametrize(
    "fates",
    [
        [REFUSED, NOTHING, MID_HEADER],
        [FIRST_FRAME],
        [NOTHING, FIRST_FRAME, MID_HEADER, REFUSED, FIRST_FRAME],
        [NOTHING] * 6,
    ],
    ids=["before the first id", "after the first id", "both", "often"],
)
def test_a_message_whose_post_is_cut_is_sent_once(
    server: ServerProcess, package: Package, key: str, fates: Iterable[Fate]
) -> None:
    script = """
    const run = client.sendMessage(given.prompt, { graph: "flood", sessionId: given.key });
    show([await all(run), await run.workflowId]);
    """
    with CuttingProxy(server.port, fates) as proxy:
        ((told, run_id),) = package.run(script, proxy.url, key=key, prompt=f"{key} 20 0.01", options=SOON)

    assert runs_of(server, session_id=key) == [run_id]
    assert told == server.events(run_id)


def test_an_answer_whose_post_is_cut_is_given_once(server: ServerProcess, package: Package, key: str) -> None:
    asked: Any = server.waited("/api/workflows", {"graph": "approval", "input": {"key": key}})
    script = """
    show(await all(client.workflows.resume(given.id, given.responses)));
    """
    (interrupt,) = asked["interrupts"]
    with CuttingProxy(server.port, [REFUSED, NOTHING, NOTHING, FIRST_FRAME, MID_HEADER, NOTHING]) as proxy:
        (told,) = package.run(
            script, proxy.url, id=asked["workflow_id"], responses={interrupt["id"]: "yes"}, options=SOON
        )

    assert proxy.cuts > 2
    assert told == server.events(asked["workflow_id"], after=asked["last_seq"])
    assert [event["type"] for event in told if event["type"].startswith("workflow_")] == [
        "workflow_resumed",
        "workflow_completed",
    ]
