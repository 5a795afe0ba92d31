"""What users say of answers is found where their runs are traced, under one id for each run."""

import asyncio
import logging
import time
from pathlib import Path
from uuid import uuid4

import pytest
from langfuse import Langfuse
from opentelemetry.sdk.trace import TracerProvider

from cantata.callbacks.redaction import MASK
from cantata.callbacks.tracing import langsmith
from cantata.callbacks.tracing.facts import FeedbackFacts
from cantata.callbacks.tracing.names import feedback_of
from cantata.server.runs.ids import uuid_of
from cantata.server.runs.model import Feedback, Run
from tests.support.engine import OWNER, Server
from tests.support.graphs import NOTHING, chain, says
from tests.support.scripted import scripted
from tests.support.trace_receiver import PROJECT, TraceReceiver, trace_receiver
from tests.support.tracing import ALL, traced_server, tracing_to

pytestmark = pytest.mark.anyio

SECRET = "canary-configured-1f9b"
GRAPHS = {"flow": chain(speak=says(scripted(["Fine."])))}
GOOD, BAD = Feedback(1, "Just what I needed."), Feedback(0, None)


async def rated(server: Server, *given: Feedback | None, may_trace: bool = True) -> Run:
    """Run a graph to its end and say this of it, one after the other."""
    run = await server.start("flow", NOTHING, may_trace=may_trace)
    await server.ended(run)
    for said in given:
        await server.service.give_feedback(OWNER, run.id, said)
    return run


def kept(receiver: TraceReceiver) -> list[list[tuple[int, str | None]]]:
    """Return what LangSmith and Langfuse keep."""
    return [
        [(told["score"], told.get("comment")) for told in receiver.opinions.feedback.values()],
        [(told["value"], told.get("comment")) for told in receiver.opinions.scores.values()],
    ]


async def test_feedback_is_at_the_runs_trace(tmp_path: Path) -> None:
    async with traced_server(tmp_path, GRAPHS, *ALL) as (server, receiver):
        run = await rated(server, GOOD)

    trace_id, feedback_id = uuid_of(run.id), str(feedback_of(uuid_of(run.id)))
    entry, score = receiver.opinions.feedback[feedback_id], receiver.opinions.scores[feedback_id]
    assert entry == entry | {
        "run_id": str(trace_id),
        "trace_id": str(trace_id),
        "session_id": PROJECT,
        "key": "user_score",
        "score": 1,
        "comment": "Just what I needed.",
    }
    assert score == {
        "id": feedback_id,
        "traceId": trace_id.hex,
        "name": "user_score",
        "value": 1,
        "dataType": "NUMERIC",
        "comment": "Just what I needed.",
    }
    assert receiver.langfuse(str(trace_id))[0].trace_id == score["traceId"]


async def test_what_is_said_later_takes_the_place_of_what_was_said(tmp_path: Path) -> None:
    async with traced_server(tmp_path, GRAPHS, *ALL) as (server, receiver):
        await rated(server, GOOD, BAD)

    assert kept(receiver) == [[(0, "")], [(0, "")]]


async def test_the_same_again_is_not_sent_again(tmp_path: Path) -> None:
    async with traced_server(tmp_path, GRAPHS, *ALL) as (server, receiver):
        await rated(server, GOOD, GOOD, GOOD)

    told = [path for _, path, _ in receiver.requests if "feedback" in path or "scores" in path]
    assert sorted(told) == ["/api/public/scores", "/feedback"]


async def test_what_is_taken_back_is_gone(tmp_path: Path) -> None:
    async with traced_server(tmp_path, GRAPHS, *ALL) as (server, receiver):
        await rated(server, GOOD, None)
        await rated(server, None)

    assert kept(receiver) == [[], []]
    assert [method for method, path, _ in receiver.requests if "scores" in path] == ["POST", "DELETE"]


async def test_what_was_taken_back_can_be_said_again(tmp_path: Path) -> None:
    async with traced_server(tmp_path, GRAPHS, *ALL) as (server, receiver):
        await rated(server, GOOD, None, BAD)

    assert kept(receiver) == [[(0, None)], [(0, None)]]


async def test_a_run_that_is_not_traced_tells_no_feedback(tmp_path: Path) -> None:
    async with traced_server(tmp_path, GRAPHS, *ALL) as (server, receiver):
        await rated(server, GOOD, may_trace=False)

    assert kept(receiver) == [[], []]


async def test_a_tool_in_whose_share_a_run_is_not_hears_no_feedback(tmp_path: Path) -> None:
    async with traced_server(tmp_path, GRAPHS, "langsmith", "langfuse", langsmith_tracing_sampling_rate=0.0) as (
        server,
        receiver,
    ):
        await rated(server, GOOD)

    assert kept(receiver) == [[], [(1, "Just what I needed.")]]


async def test_a_comment_is_masked_before_it_is_sent_and_kept_as_it_was_said(tmp_path: Path) -> None:
    said = Feedback(0, f"It told me {SECRET} and sk-proj-canaryPatterned000000000000!")
    async with traced_server(tmp_path, GRAPHS, *ALL, secrets=[SECRET]) as (server, receiver):
        run = await rated(server, said)
        stored = await server.service.get(OWNER, run.id)

    assert kept(receiver) == [[(0, f"It told me {MASK} and {MASK}!")]] * 2
    assert "canary" not in receiver.everything()
    assert stored.feedback == said


async def test_langsmith_is_told_again_until_it_finds_the_run(tmp_path: Path) -> None:
    """It takes runs into a queue; a user may be faster than that."""
    async with traced_server(tmp_path, GRAPHS, "langsmith") as (server, receiver):
        receiver.opinions.late = 3
        await rated(server, GOOD)

    assert kept(receiver)[0] == [(1, "Just what I needed.")]


async def test_what_is_told_again_does_not_undo_what_was_said_since(tmp_path: Path) -> None:
    async with traced_server(tmp_path, GRAPHS, "langsmith") as (server, receiver):
        receiver.opinions.late = 1
        await rated(server, GOOD, BAD)

    assert [told["score"] for told in receiver.opinions.feedback.values()] == [0]


async def test_langsmith_is_not_told_for_ever_of_a_run_that_it_never_gets(caplog: pytest.LogCaptureFixture) -> None:
    with trace_receiver() as receiver:
        async with tracing_to(receiver, "langsmith") as tracing:
            tracing.tell_feedback(["langsmith"], FeedbackFacts(run=uuid4(), score=1))

    told = [path for _, path, _ in receiver.requests if path == "/feedback"]
    assert len(told) == langsmith.FEEDBACK_TRIES
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("tool", ["langsmith", "langfuse"])
async def test_feedback_that_cannot_be_sent_is_dropped_like_spans(caplog: pytest.LogCaptureFixture, tool: str) -> None:
    with trace_receiver("broken") as receiver:
        async with tracing_to(receiver, tool) as tracing:
            tracing.tell_feedback([tool], FeedbackFacts(run=uuid4(), score=1, comment="Good."))
            await asyncio.to_thread(receiver.wait, lambda: len(receiver.requests) >= 1)

    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert any("1 parts of traces were lost" in line for line in said)
    assert not any("Error creating feedback" in line for line in said)


async def test_nobody_waits_for_an_endpoint_that_is_silent(tmp_path: Path) -> None:
    with trace_receiver("silent") as receiver:
        async with tracing_to(receiver, *ALL, trace_flush_seconds=0.1) as tracing:
            began = time.monotonic()
            for _ in range(100):
                tracing.tell_feedback(ALL, FeedbackFacts(run=uuid4(), score=1, comment="Good."))
            took = time.monotonic() - began

    assert took < 1.0  # of the two seconds that one answer may take


async def test_langfuses_own_client_writes_the_same_score() -> None:
    """Somebody's program changes a score by its id, or reads ours as its own."""
    run = uuid4()
    with trace_receiver() as receiver:
        client = Langfuse(
            public_key=f"pk-lf-{run}",
            secret_key="sk-lf-test",
            base_url=receiver.url,
            tracer_provider=TracerProvider(shutdown_on_exit=False),
        )
        client.create_score(
            trace_id=run.hex,
            score_id=str(feedback_of(run)),
            name="user_score",
            value=1,
            data_type="NUMERIC",
            comment="Good.",
        )
        client.shutdown()
        (theirs,) = receiver.opinions.scores.values()
        receiver.opinions.scores = {}
        async with tracing_to(receiver, "langfuse") as tracing:
            tracing.tell_feedback(["langfuse"], FeedbackFacts(run=run, score=1, comment="Good."))

    (ours,) = receiver.opinions.scores.values()
    assert ours == {name: value for name, value in theirs.items() if name in ours}
    assert set(theirs) - set(ours) <= {"environment"}
