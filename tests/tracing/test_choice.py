"""Which runs are told, to whom, and that nothing is sent otherwise."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langsmith import utils as langsmith_utils
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from cantata.callbacks.redaction import Redaction
from cantata.server.errors import Misconfigured
from cantata.server.runs.ids import uuid_of
from cantata.server.runs.ports.runs import RunFilter
from cantata.server.tracing import open_tracing
from tests.support.engine import OWNER
from tests.support.graphs import NOTHING, Log, chain, wrote
from tests.support.trace_receiver import PROJECT, TENANT, TraceReceiver, trace_receiver
from tests.support.traced_shapes import QUESTION, graphs
from tests.support.tracing import ALL, settings_for, traced, traced_server

pytestmark = pytest.mark.anyio


@pytest.fixture
def ambient() -> Iterator[TraceReceiver]:
    """Let the environment say, as LangSmith's own library reads it, that everything is traced to a receiver."""
    with trace_receiver() as receiver, pytest.MonkeyPatch.context() as patch:
        for name, value in receiver.environment("langsmith").items():
            patch.setenv(name, value)
        langsmith_utils.get_env_var.cache_clear()  # type: ignore[attr-defined]  # it is a cache
        yield receiver
    langsmith_utils.get_env_var.cache_clear()  # type: ignore[attr-defined]


async def test_a_request_may_opt_out(tmp_path: Path) -> None:
    run = await traced(tmp_path, graphs(), "asking", QUESTION, *ALL, may_trace=False)

    assert run.receiver.requests == []
    assert run.workflow["trace"] is None
    assert {getattr(event, "trace_id", None) or None for event in run.events} == {None}


async def test_without_settings_nothing_is_sent(tmp_path: Path, ambient: TraceReceiver) -> None:
    """Although LangSmith's library would trace by its own reading of the environment."""
    run = await traced(tmp_path, graphs(), "asking", QUESTION)

    assert run.workflow["status"] == "completed"
    assert (run.receiver.requests, ambient.requests) == ([], [])
    assert run.workflow["trace"] is None


async def test_an_opt_out_holds_against_the_environment(tmp_path: Path, ambient: TraceReceiver) -> None:
    await traced(tmp_path, graphs(), "asking", QUESTION, "langsmith", may_trace=False)

    assert ambient.requests == []


async def test_the_environment_makes_no_second_trace(tmp_path: Path, ambient: TraceReceiver) -> None:
    run = await traced(tmp_path, graphs(), "asking", QUESTION, "langsmith")

    assert ambient.requests == []
    assert len(run.seen_by("langsmith")) == 9


async def test_a_share_of_none_is_none(tmp_path: Path) -> None:
    rates: Any = {"langsmith_tracing_sampling_rate": 0, "langfuse_sample_rate": 0}
    async with traced_server(tmp_path, graphs(), "langsmith", "langfuse", **rates) as (server, receiver):
        workflow = await server.ended(await server.start("asking", QUESTION))

    assert receiver.requests == []
    assert workflow["trace"] is None


async def test_tools_have_shares_of_their_own(tmp_path: Path) -> None:
    async with traced_server(tmp_path, graphs(), "langsmith", "langfuse", langsmith_tracing_sampling_rate=0) as made:
        server, receiver = made
        workflow = await server.ended(await server.start("asking", QUESTION))

    assert receiver.runs(workflow["trace"]["trace_id"]) == []
    assert len(receiver.langfuse(workflow["trace"]["trace_id"])) == 7


async def test_a_share_is_met_over_many_runs() -> None:
    with trace_receiver() as receiver:
        settings = settings_for(receiver, "langsmith", langsmith_tracing_sampling_rate=0.3)
        async with open_tracing(settings, Redaction()) as tracing:
            told = [tracing.chosen() for _ in range(2_000)]

    assert 0.25 < sum(map(bool, told)) / len(told) < 0.35


async def test_a_trace_names_its_run(tmp_path: Path) -> None:
    async with traced_server(tmp_path, graphs(), "langsmith") as (server, _):
        run = await server.start("asking", QUESTION)
        plain = await server.start("asking", QUESTION, may_trace=False)
        await server.ended(run)
        await server.ended(plain)
        wanted = [str(uuid_of(run.id)), uuid_of(run.id).hex, str(uuid_of(plain.id)), "none has one"]
        found = [await server.service.find(OWNER, RunFilter(trace_id=trace_id), None, 10) for trace_id in wanted]
        foreign = await server.service.find("eve", RunFilter(trace_id=wanted[0]), None, 10)

    assert [[one.id for one in runs] for runs in found] == [[run.id], [run.id], [], []]
    assert foreign == []


async def test_a_workflow_tells_where_its_trace_is_shown(tmp_path: Path) -> None:
    """The addresses are asked for once, after the first traces went well, in the threads that send."""
    async with traced_server(tmp_path, graphs(), "langsmith", "langfuse") as (server, receiver):
        run = await server.start("asking", QUESTION)
        await server.ended(run)
        await asyncio.to_thread(receiver.wait, lambda: {"/sessions", "/api/public/projects"} <= receiver.paths())
        later = await server.start("asking", QUESTION)
        later_id = str(uuid_of(later.id))
        await asyncio.to_thread(receiver.wait, lambda: receiver.runs(later_id) and receiver.langfuse(later_id))
        trace = (await server.service.workflow(OWNER, run.id))["trace"]

    trace_id = str(uuid_of(run.id))
    assert trace["trace_id"] == trace_id
    assert trace["langsmith_url"].endswith(f"/o/{TENANT}/projects/p/{PROJECT}/r/{trace_id}?poll=true")
    assert trace["langfuse_url"] == f"{receiver.url}/project/project-1/traces/{uuid_of(run.id).hex}"
    assert [path for _, path, _ in receiver.requests].count("/api/public/projects") == 1


async def test_messages_of_a_session_have_the_trace(tmp_path: Path) -> None:
    async with traced_server(tmp_path, graphs(), "langsmith") as (server, _):
        run = await server.start("asking", QUESTION, session_id="s")
        await server.ended(run)
        messages = await server.backend.sessions.messages(OWNER, "s")

    assert [message.trace_id for message in messages] == [str(uuid_of(run.id))] * 2


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"langsmith_tracing": True}, "LANGSMITH_API_KEY"),
        ({"langfuse_enabled": True}, "LANGFUSE_PUBLIC_KEY"),
        ({"langfuse_enabled": True, "langfuse_public_key": "pk"}, "LANGFUSE_SECRET_KEY"),
    ],
)
async def test_what_lacks_a_key_stops_the_start(told: dict[str, object], words: str) -> None:
    with trace_receiver() as receiver, pytest.raises(Misconfigured, match=words):
        async with open_tracing(settings_for(receiver, **told), Redaction()):
            pass


async def test_the_standard_sampler_decides_for_opentelemetry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")

    run = await traced(tmp_path, graphs(), "asking", QUESTION, "langfuse", "opentelemetry")

    assert run.seen_by("opentelemetry") == []
    assert len(run.seen_by("langfuse")) == 7


async def test_the_standard_variables_can_ask_for_compression(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")

    run = await traced(tmp_path, graphs(), "asking", QUESTION, "opentelemetry")

    assert len(run.seen_by("opentelemetry")) == 7
    assert {headers["content-encoding"] for _, _, headers in run.receiver.requests} == {"gzip"}


async def test_what_a_graph_sends_out_can_carry_the_trace_on(tmp_path: Path) -> None:
    """An instrumented client puts the current context on the wire; here a node looks at what that would be."""
    sent: dict[str, str] = {}

    async def calls_out(state: Log) -> Any:
        TraceContextTextMapPropagator().inject(sent)
        return wrote("done")

    run = await traced(tmp_path, {"caller": chain(call=calls_out)}, "caller", NOTHING, "opentelemetry")

    root = run.seen_by("opentelemetry")[0]
    assert sent == {"traceparent": f"00-{root.trace_id}-{root.id}-01"}
