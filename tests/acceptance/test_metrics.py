"""What /metrics tells after a scripted scenario on the real process, read with Prometheus' own parser."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.conftest import Fresh
from tests.server_process import SCENARIOS, ServerProcess, eventually

ASKED = {"messages": [{"role": "user", "content": "Population?"}]}
SOON = {"EVENT_RETENTION_DAYS": "0.00001", "RETENTION_INTERVAL_SECONDS": "0.1"}


class Scrape:
    """The samples of one look."""

    def __init__(self, server: ServerProcess, path: str = "/metrics", held_seconds: float = 0.0) -> None:
        self.held_seconds = held_seconds  # for which one stream was open before
        answer = server.client.get(path).raise_for_status()
        assert answer.headers["content-type"].startswith("text/plain")
        self.samples = [s for family in text_string_to_metric_families(answer.text) for s in family.samples]

    def __call__(self, name: str, **labels: str) -> float:
        """Add up the samples of this name that have these labels."""
        return sum(s.value for s in self.samples if s.name == name and labels.items() <= s.labels.items())

    def words(self, name: str, label: str) -> set[str]:
        """Return the values of a label."""
        return {s.labels[label] for s in self.samples if s.name == name}


def stream(server: ServerProcess, agent: str, prompt: str = "Population?") -> list[str | None]:
    """Read an agent's stream to its end; return the frames' names."""
    with server.stream("GET", f"/api/stream/{agent}?prompt={prompt}") as read:
        return [frame.event for frame in read.rest()]


def abandon(server: ServerProcess) -> None:
    """Leave a stream before its end, and wait until its run is cancelled for it."""
    with server.stream("GET", "/api/stream/slow_tokens?prompt=nobody") as read:
        run_id = read.until("connected").data["workflow_id"]
        read.until("chunk")
    # Its status would be a look at the run, with which the grace begins anew.
    eventually(lambda: server.client.get("/api/streams/active").json()["count"] == 0)
    assert server.workflow(run_id)["cancelled"]["by"] == "disconnect"


@contextmanager
def cancelled_at_last(server: ServerProcess) -> Iterator[None]:
    """Keep a stream open while the context is, then stop it by request."""
    with server.stream("GET", "/api/stream/slow_tokens?prompt=stopped") as read:
        run_id = read.until("connected").data["workflow_id"]
        read.until("chunk")
        yield
        server.client.post(f"/api/workflows/{run_id}/cancel").raise_for_status()
        read.rest()


def approve(server: ServerProcess) -> None:
    """Run to a question, answer it, and read the rest after a cursor."""
    asked = server.waited("/api/workflows", {"graph": "approval", "input": {"key": "approval"}})
    responses = {interrupt["id"]: "yes" for interrupt in asked["interrupts"]}
    server.waited(f"/api/workflows/{asked['workflow_id']}/resume", {"responses": responses})
    server.events(asked["workflow_id"], after=2)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scrape]:
    """Let one of everything happen, then look."""
    folder = tmp_path_factory.mktemp("metrics")
    server = ServerProcess(folder, SCENARIOS, DISCONNECT_GRACE_SECONDS="2").start()
    with cancelled_at_last(server):
        began = time.monotonic()
        stream(server, "two_tools")
        stream(server, "model_error")
        approve(server)
        server.waited("/api/workflows", {"graph": "tool_error", "input": ASKED})
        server.waited("/api/workflows", {"graph": "retry", "input": {"key": "retry"}})
        server.client.get("/api/workflows/unknown")
        held_seconds = time.monotonic() - began
    abandon(server)
    yield Scrape(server, held_seconds=held_seconds)
    server.close()


def test_streams_are_counted_by_agent_and_end(told: Scrape) -> None:
    assert told("stream_sessions_total", agent="two_tools", status="completed") == 1
    assert told("stream_sessions_total", agent="model_error", status="failed") == 1
    assert told("stream_sessions_total", agent="slow_tokens", status="cancelled") == 2
    assert told("stream_session_duration_seconds_count") == told("stream_sessions_total") == 4
    assert told("stream_sessions_active") == 0
    assert told("stream_chunks_sent_total", agent="slow_tokens") > 0


def test_why_streams_broke_off_is_counted(told: Scrape) -> None:
    assert told("stream_errors_total", agent="model_error") == told("stream_errors_total") == 1
    assert told("stream_cancellations_total", agent="slow_tokens", reason="disconnect") == 1
    assert told("stream_cancellations_total", agent="slow_tokens", reason="request") == 1


def test_all_runs_are_counted_by_strategy(told: Scrape) -> None:
    assert told("coordinator_workflows_total", strategy="single", status="completed") == 4
    assert told("coordinator_workflows_total") == told("coordinator_workflow_duration_seconds_count") == 7
    assert told("run_errors_total") == 1


def test_model_calls_are_counted_with_their_tokens_and_faults(told: Scrape) -> None:
    assert told("llm_calls_total", agent="two_tools", status="ok") == 2
    assert told("llm_calls_total", agent="model_error", status="error") == 1
    assert told("llm_calls_total", agent="slow_tokens", status="cancelled") == 2
    assert told("llm_call_duration_seconds_count") == told("llm_calls_total")
    assert told("llm_errors_total") == 1
    assert told("llm_calls_unpriced_total") > 0


def test_tools_are_counted_by_how_they_ended(told: Scrape) -> None:
    assert told("tool_calls_total", tool="population", status="ok") == 1
    assert told("tool_calls_total", tool="broken", status="error") == 1
    assert told("tool_call_duration_seconds_count") == told("tool_calls_total")


def test_what_went_on_after_a_rest_is_counted(told: Scrape) -> None:
    assert told("run_resumptions_total", cause="human") == told("run_resumptions_total") == 1
    assert told("step_retries_total", agent="retry") >= 1


def test_waits_and_gaps_are_measured(told: Scrape) -> None:
    assert told("run_queue_wait_seconds_count") == 7
    assert told("run_first_token_seconds_count", agent="two_tools") == 1
    assert told("run_token_gap_seconds_count") > 0
    assert told("stream_first_event_seconds_count") >= 5
    assert told("stream_delivery_lag_seconds_count") > 0


def test_readers_are_measured(told: Scrape) -> None:
    assert told("stream_readers") == 0
    assert told("stream_resumes_total") == 1
    assert told("stream_sent_bytes_total", format="compat") > 1_000
    assert told("stream_sent_bytes_total", format="reasoning") > 100


def test_the_process_is_measured(told: Scrape) -> None:
    assert told("runs_active") == told("runs_queued") == told("runs_stuck") == 0
    assert told("log_commit_operations_sum") >= told("log_commit_operations_count") == told("log_commit_seconds_count")
    assert told("database_bytes") > 10_000
    assert told("loop_lag_seconds_count") > 0


def test_requests_are_counted_by_route_and_refusals_by_code(told: Scrape) -> None:
    assert told("http_requests_total", handler="/api/stream/{agent}", status="2xx") == 4
    assert told("http_requests_total", handler="/api/workflows/{workflow_id}", status="4xx") == 1
    assert told("problems_total", code="workflow_not_found") == told("problems_total") == 1
    assert not told.words("http_requests_total", "handler") & {"/metrics", "/health/live"}


def test_a_stream_that_is_open_for_long_does_not_spoil_the_latencies(told: Scrape) -> None:
    """What counts is how soon the headers came: one of the four was open while nearly everything else happened."""
    assert told("http_request_duration_seconds_count", handler="/api/stream/{agent}") == 4
    assert told("http_request_duration_seconds_sum", handler="/api/stream/{agent}") < told.held_seconds


def test_both_addresses_tell_the_same_and_names_may_have_a_prefix(fresh: Fresh) -> None:
    server = fresh(METRICS_PREFIX="amrikyy").start()
    stream(server, "two_tools")

    # A request ends a moment after its last byte.
    eventually(lambda: Scrape(server)("amrikyy_http_requests_total") == 1)
    one, other = Scrape(server), Scrape(server, "/api/metrics")

    assert one("amrikyy_stream_sessions_total") == other("amrikyy_stream_sessions_total") == 1
    assert one("amrikyy_http_requests_total") == other("amrikyy_http_requests_total") == 1
    assert one("stream_sessions_total") == 0


def test_a_gap_in_what_is_kept_is_counted(fresh: Fresh) -> None:
    server = fresh(**SOON).start()
    run_id = server.waited("/api/workflows", {"graph": "two_tools", "input": ASKED})["workflow_id"]
    eventually(
        lambda: (
            "gap"
            in server.client.get(
                f"/api/workflows/{run_id}/events?limit=1", headers={"accept": "application/json"}
            ).json()
        )
    )

    with server.stream("GET", f"/api/workflows/{run_id}/events?after=2") as read:
        read.rest()

    assert Scrape(server)("stream_gaps_total") == 1


def test_one_scrape_tells_of_all_processes_that_share_a_folder(fresh: Fresh, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    servers = [fresh(PROMETHEUS_MULTIPROC_DIR=str(shared)).start() for _ in range(2)]
    for server in servers:
        stream(server, "two_tools")

    told = Scrape(servers[0])

    assert told("stream_sessions_total", agent="two_tools", status="completed") == 2
    assert told("http_requests_total", handler="/api/stream/{agent}") == 2
    assert told("database_bytes") > 10_000


def test_a_run_that_goes_on_after_a_crash_is_counted_as_such(fresh: Fresh, key: str) -> None:
    server = fresh().start()
    run_id = server.started("nested", {"key": key})
    server.seen(run_id, "message_delta", delta="second ")
    server.kill()
    server.start()
    server.desk.open(key)
    server.events(run_id)

    told = Scrape(server)

    assert told("run_resumptions_total", cause="recovery") == 1
    assert told("coordinator_workflows_total", status="completed") == 1
