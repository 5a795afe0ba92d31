"""The samples of docs/frontend.md, as they stand there, run by Node against the server, and cut."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.node import run_node
from tests.server_process import ROOT, ServerProcess
from tests.support.credentials import SECRET, bearer, token
from tests.support.cutting_proxy import CuttingProxy, Fate, storm

PAGE = (ROOT / "docs/frontend.md").read_text()
SAMPLES = dict(re.findall(r"<!-- sample: (\S+) -->\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
QUESTION = "What is 17*23?"
LOOP = """
import { chat } from "./cantata.js";
for await (const event of chat("What is 17*23?")) show(event);
"""
TICKET = """
import { watch } from "./ticket.js";
await watch(process.env.QUESTION, process.env.TOKEN, show);
"""
REACT = """
import { createElement } from "react";
import { create } from "react-test-renderer";
import { Chat } from "./Chat.jsx";

const page = create(createElement(Chat));
const until = (claim) => new Promise((done) => {
  const timer = setInterval(() => claim() && done(clearInterval(timer)), 5);
});
const find = (type) => page.root.findAllByType(type);
const text = (type) => find(type).map((one) => one.children.map((part) => part.children ?? part).flat().join(""));

await until(() => page.toJSON() !== null);
find("input")[0].props.onChange({ target: { value: process.env.QUESTION } });
await until(() => find("input")[0].props.value === process.env.QUESTION);
find("form")[0].props.onSubmit({ preventDefault() {} });
await until(() => text("button")[0] === "Stop" && !find("button")[0].props.disabled);
if (process.env.STOPS) find("button")[0].props.onClick();
await until(() => text("button")[0] === "Send");
show({ listed: text("li"), said: text("p") });
process.exit(0);
"""


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    """Write the samples into a folder, with what is needed to try them."""
    for name, text in {**SAMPLES, "loop.js": LOOP, "react.js": REACT, "watch.js": TICKET}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def run(samples: Path, name: str, url: str, **environment: str) -> list[Any]:
    """Run a sample in a page of *url*; return what it showed."""
    told = {"PAGE_URL": url, "QUESTION": QUESTION, **environment}
    printed = run_node("--experimental-eventsource", "sample.mjs", str(samples), name, environment=told)
    return [json.loads(line) for line in printed.splitlines()]


def ids(server: ServerProcess) -> set[str]:
    return {run["workflow_id"] for run in server.client.get("/api/workflows?limit=1000").json()["workflows"]}


def cuts(seed: int) -> list[Fate]:
    return [Fate(cut_after_bytes=0), *storm(seed, 4, longest_bytes=3_000, first_bytes=1_000)]


def new_run(server: ServerProcess, before: set[str]) -> str:
    """Return the one run that was started since."""
    (new,) = ids(server) - before
    return new


def test_every_sample_is_run_here() -> None:
    assert set(SAMPLES) == {
        "event_source.js",
        "cantata.js",
        "fetch_event_source.js",
        "useRun.js",
        "Chat.jsx",
        "ticket.js",
    }
    assert LOOP.splitlines()[-1] in PAGE


def test_event_source_shows_the_growing_answer(server: ServerProcess, samples: Path) -> None:
    before = ids(server)
    with CuttingProxy(server.port, cuts(1)) as proxy:
        shown = run(samples, "event_source.js", proxy.url)

    answer = server.workflow(new_run(server, before))["final_response"]
    assert proxy.cuts > 1
    assert all(answer.startswith(text) for text in shown)
    assert sorted(shown, key=len) == shown
    assert shown[-1] == shown[-2] == answer


@pytest.mark.parametrize("name", ["loop.js", "fetch_event_source.js"])
def test_fetch_gets_every_event_once(server: ServerProcess, samples: Path, name: str) -> None:
    before = ids(server)
    with CuttingProxy(server.port, cuts(2)) as proxy:
        shown = run(samples, name, proxy.url)

    assert proxy.cuts > 1
    assert shown == server.events(new_run(server, before))


def test_where_streams_are_cut_at_once_the_module_polls(server: ServerProcess, samples: Path) -> None:
    """Every stream dies with its first frame: it is the page of events that brings the rest."""
    before = ids(server)
    dying = [Fate(cut_where=within_a_stream)] * 30
    with CuttingProxy(server.port, dying) as proxy:
        shown = run(samples, "loop.js", proxy.url)

    assert proxy.cuts > 3
    assert shown == server.events(new_run(server, before))


def within_a_stream(answer: bytes) -> int | None:
    end = answer.find(b"\n\n")
    return end + 2 if b"text/event-stream" in answer and end > 0 else None


def test_the_react_hook_shows_steps_tools_and_answer(server: ServerProcess, samples: Path) -> None:
    before = ids(server)
    with CuttingProxy(server.port, cuts(3)) as proxy:
        (shown,) = run(samples, "react.js", proxy.url)

    workflow = server.workflow(new_run(server, before))
    assert shown["listed"] == ["model: ok", "tools: ok", "model: ok", "calculator: 391"]
    assert shown["said"][-1].endswith(workflow["final_response"])


def test_the_react_hook_stops_a_run(slow: ServerProcess, samples: Path) -> None:
    run(samples, "react.js", slow.url, STOPS="yes")

    (stopped,) = slow.client.get("/api/workflows").json()["workflows"]
    assert stopped["status"] == "cancelled"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[ServerProcess]:
    """Run a server that asks who is there, with a client that says so."""
    process = ServerProcess(tmp_path / "guarded", JWT_SECRET=SECRET)
    process.client.headers.update(bearer(token()))
    yield process.start()
    process.close()


def test_a_ticket_watches_a_run_through_cuts(guarded: ServerProcess, samples: Path) -> None:
    with CuttingProxy(guarded.port, [Fate(cut_where=after_ten_frames)] * 5) as proxy:
        shown = run(samples, "watch.js", proxy.url, TOKEN=token())

    told = guarded.events(new_run(guarded, set()))
    names = {"message_delta", "tool_start", "tool_end", "workflow_completed"}
    assert proxy.cuts > 1
    assert shown == [event for event in told if event["type"] in names]


def after_ten_frames(answer: bytes) -> int | None:
    ends = [match.end() for match in re.finditer(rb"\n\n", answer)]
    return ends[9] if b"text/event-stream" in answer and len(ends) > 9 else None
