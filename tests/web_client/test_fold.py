"""Both languages fold the same events to the same workflow, after each of them."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from cantata.callbacks.events import StoredEvent, decode, encode
from cantata.server.runs.fold import WorkflowFold
from tests.server_process import ROOT
from tests.support.logs import Plot, log_of_plot, plots
from tests.web_client.package import Package, Talk

Members = dict[str, Any]

# Freezing what was there proves that nothing of it is changed.
FOLD = """
import { createInterface } from "node:readline";
const frozen = (value) => {
  const isThawed = value && typeof value === "object" && !Object.isFrozen(value);
  if (isThawed) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
};
for await (const line of createInterface({ input: process.stdin })) {
  let workflow = frozen(initialWorkflow("wf_x"));
  show(JSON.parse(line).map((event) => (workflow = frozen(reduce(workflow, event)))));
}
"""
OF_THE_ROW = {"created_at", "started_at", "attempt", "trace", "feedback", "links"}
OF_THE_CLIENT = {"text_at"}

TRANSCRIPTS = sorted(
    path
    for path in (ROOT / "tests/transcripts").glob("*.sse")
    if path.stem.partition("_")[0] not in ("chunks", "compat", "session")
)
WORDS = {
    '"<time>"': '"2026-01-01T12:00:00.000Z"',
    '"<ms>"': "12",
    '"<usd>"': "0.25",
    '"<tokens>"': "3",
    '"<bytes>"': "9",
}


@pytest.fixture(scope="module")
def folding(package: Package) -> Iterator[Talk]:
    """Run a script that folds logs."""
    with package.talk(FOLD) as talk:
        yield talk


def recorded(path: Path) -> list[StoredEvent]:
    """Read the log that a transcript tells, whose streams may overlap."""
    text = path.read_text()
    for word, value in WORDS.items():
        text = text.replace(word, value)
    told = [decode(line.encode()) for line in re.findall(r"^data: (.*)$", text, re.MULTILINE)]
    log = {int(event.seq or 0): event for event in told if event.workflow_id == told[0].workflow_id}
    assert sorted(log) == list(range(1, len(log) + 1))
    return [log[seq] for seq in sorted(log)]


def folded_here(log: list[StoredEvent]) -> list[Members]:
    fold = WorkflowFold()
    return [_after(fold, event) for event in log]


def folded_there(folding: Talk, log: list[StoredEvent]) -> list[Members]:
    folding.say([msgspec.to_builtins(event) for event in log])
    return [_without_extras(workflow) for workflow in folding.hear()]


def _after(fold: WorkflowFold, event: StoredEvent) -> Members:
    fold.apply(event)
    told: Members = json.loads(json.dumps(fold.workflow()))
    return told


def _without_extras(workflow: Members) -> Members:
    messages = [{k: v for k, v in message.items() if k not in OF_THE_CLIENT} for message in workflow["messages"]]
    return {k: v for k, v in workflow.items() if k not in OF_THE_ROW} | {"messages": messages}


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_a_recorded_run_is_folded_as_the_server_folds_it(folding: Talk, path: Path) -> None:
    log = recorded(path)

    assert folded_there(folding, log) == folded_here(log)


@given(plots)
@settings(max_examples=30)
def test_any_run_is_folded_as_the_server_folds_it(folding: Talk, plot: Plot) -> None:
    """Random graphs, in a row, parallel, nested, tried again, cancelled, killed."""
    events = asyncio.run(log_of_plot(plot))
    log = [msgspec.structs.replace(event, seq=seq) for seq, event in enumerate(events, 1)]

    assert folded_there(folding, log) == folded_here(log)


def test_the_recorded_runs_hold_every_kind_of_end_and_of_repetition() -> None:
    logs = [recorded(path) for path in TRANSCRIPTS]
    statuses = {folded_here(log)[-1]["status"] for log in logs}
    said = b"".join(encode(event) for log in logs for event in log).decode()

    assert statuses >= {"completed", "failed", "cancelled"}
    assert all(
        word in said for word in ('"replaces"', '"workflow_resumed"', '"workflow_interrupted"', '"status":"error"')
    )


def test_a_piece_of_text_copies_nothing_but_its_message(package: Package) -> None:
    log = [msgspec.to_builtins(event) for event in recorded(ROOT / "tests/transcripts/success.sse")]
    script = """
    let before = initialWorkflow("wf_x");
    for (const event of given.log) {
      const after = reduce(before, event);
      if (event.type === "message_delta") {
        const kept = Object.keys(after).filter((name) => after[name] === before[name]);
        const messages = after.messages.filter((message, at) => message === before.messages[at]).length;
        show([Object.keys(after).length - kept.length, after.messages.length - messages]);
      }
      before = after;
    }
    """

    shown = package.run(script, log=log)

    assert shown
    assert {tuple(counts) for counts in shown} == {(2, 1)}  # last_seq and messages; one message


def test_what_was_folded_already_and_what_is_no_part_of_the_log_change_nothing(package: Package) -> None:
    log = [msgspec.to_builtins(event) for event in recorded(ROOT / "tests/transcripts/tool_error.sse")]
    beat = {"type": "heartbeat", "workflow_id": "wf_x", "timestamp": "", "status": "running", "last_seq": 3}
    script = """
    const once = given.log.reduce(reduce, initialWorkflow("wf_x"));
    show([...given.log, given.beat].reduce(reduce, once) === once);
    const news = { type: "news", seq: once.last_seq + 1 };
    show({ ...reduce(once, news), last_seq: once.last_seq });
    show(once);
    """

    is_same, after_news, once = package.run(script, log=log, beat=beat)

    assert is_same
    assert after_news == once
