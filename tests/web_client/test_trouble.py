"""Servers and networks in trouble: what the client does about it, and what it says."""

import json
import time
from email.utils import formatdate
from typing import Any

import pytest

from tests.server_process import ServerProcess, eventually
from tests.support.cutting_proxy import CuttingProxy, Fate
from tests.web_client.gate import Answer, Asked, Gate, stream
from tests.web_client.package import Package
from tests.web_client.test_cuts import flooded

FOLLOW = """
const phases = [];
const onConnection = ({ phase, error }) => phases.push([phase, error?.code ?? null]);
const run = client.workflows.follow(given.id, { onConnection });
show(await all(run));
show(phases);
"""
FAIL = """
try {
  show(await all(client.workflows.follow(given.id)));
} catch (error) {
  show([error instanceof CantataError, failure(error)]);
}
"""


def down(asked: Asked) -> Answer | None:
    """Refuse all streams."""
    return Answer(503, {"Retry-After": "0"}) if asked.wants_stream else None


def test_where_streams_are_refused_it_polls(server: ServerProcess, package: Package, key: str) -> None:
    run_id = flooded(server, key, 30)
    with Gate(server.port, down) as gate:
        told, phases = package.run(FOLLOW, gate.url, id=run_id)

    assert told == server.events(run_id)
    assert phases == [["reconnecting", "http_503"]] * 2 + [["polling", None], ["ended", None]]


def test_when_streams_come_back_it_streams_again(own: ServerProcess, package: Package, key: str) -> None:
    """The run waits at a gate that is opened once the client streams again, so polls cannot bring its end."""
    run_id = own.started("slow_tool", {"messages": [{"role": "user", "content": key}]})
    own.seen(run_id, "tool_start")
    script = """
    const onConnection = (told) => show(told.phase);
    show(await all(client.workflows.follow(given.id, { onConnection })));
    """
    refused = iter(range(5))
    with (
        Gate(
            own.port, lambda asked: down(asked) if asked.wants_stream and next(refused, None) is not None else None
        ) as gate,
        package.talk(script, gate.url, id=run_id) as talk,
    ):
        phases = [talk.hear()]
        while phases[-1] != "live":
            phases.append(talk.hear())
        own.desk.open(key)
        *rest, told = talk.rest()

    assert set(phases) == {"reconnecting", "polling", "live"}
    assert rest == ["ended"]
    assert told == own.events(run_id)


def test_where_streams_die_with_their_first_frame_it_polls(server: ServerProcess, package: Package, key: str) -> None:
    def within_a_stream(answer: bytes) -> int | None:
        end = answer.find(b"\n\n")
        return end + 2 if b"text/event-stream" in answer and end > 0 else None

    run_id = flooded(server, key, 30)
    with CuttingProxy(server.port, [Fate(cut_where=within_a_stream)] * 30) as proxy:
        told, phases = package.run(FOLLOW, proxy.url, id=run_id)

    assert told == server.events(run_id)
    assert ["polling", None] in phases


def test_a_run_is_started_once_where_no_stream_gets_through(own: ServerProcess, package: Package) -> None:
    script = """
    const run = client.sendMessage("one 20 0.01", { graph: "flood" });
    show([await all(run), await run.finalResponse]);
    """
    with Gate(own.port, down) as gate:
        ((told, answer),) = package.run(script, gate.url)

    (run_id,) = [run["workflow_id"] for run in own.client.get("/api/workflows").json()["workflows"]]
    posts = [asked.headers for asked in gate.asked if asked.method == "POST"]
    assert told == own.events(run_id)
    assert answer == own.workflow(run_id)["final_response"]
    assert len({headers["idempotency-key"] for headers in posts}) == 1
    assert [headers.get("prefer") for headers in posts] == [None, None, None, "respond-async"]


def test_who_begins_after_the_end_is_told_so_by_stream_and_by_polls(
    server: ServerProcess, package: Package, key: str
) -> None:
    run_id = flooded(server, key, 3)
    script = "show(await all(client.workflows.follow(given.id, { after: given.last })));"
    last = server.workflow(run_id)["last_seq"]
    with Gate(server.port, down) as gate:
        told = package.run(script, server.url, id=run_id, last=last) + package.run(
            script, gate.url, id=run_id, last=last
        )

    assert told == [[], []]


def test_a_connection_that_stalls_is_given_up(server: ServerProcess, package: Package, key: str) -> None:
    run_id = flooded(server, key, 200)
    with Gate(server.port, lambda asked: stalled(server, run_id) if asked.number <= 2 else None) as gate:
        told, phases = package.run(FOLLOW, gate.url, id=run_id, options={"silenceMs": 300})

    assert told == server.events(run_id)
    assert phases.count(["reconnecting", "silent"]) == 2


def test_a_stream_that_is_held_back_on_its_way_is_given_up_soon(
    server: ServerProcess, package: Package, key: str
) -> None:
    """Headers without a byte: a proxy gathers the answer. Its 45 s of silence would be lost three times."""
    run_id = flooded(server, key, 3)
    script = f"const begun = Date.now(); {FOLLOW} show(Date.now() - begun);"
    with Gate(server.port, lambda asked: stream(b"", hangs=True) if asked.number == 1 else None) as gate:
        told, phases, took = package.run(script, gate.url, id=run_id)

    assert told == server.events(run_id)
    assert phases.count(["reconnecting", "silent"]) == 1
    assert 5_000 <= took < 40_000


def stalled(server: ServerProcess, run_id: str) -> Answer:
    """Stream what there is, half of it, and then nothing."""
    with server.stream("GET", f"/api/workflows/{run_id}/events") as whole:
        whole.rest()
    return stream(whole.raw[: len(whole.raw) // 2], hangs=True)


def test_heartbeats_keep_a_silent_stream(own: ServerProcess, package: Package, key: str) -> None:
    run_id = own.started("slow_tool", {"messages": [{"role": "user", "content": key}]})
    script = """
    let beats = 0;
    for await (const event of client.workflows.follow(given.id))
      if (event.type === "heartbeat" && ++beats >= 3) show("beat");
    """
    options = {"silenceMs": 1_900}
    with Gate(own.port, lambda asked: None) as gate, package.talk(script, gate.url, id=run_id, options=options) as talk:
        talk.hear()  # three seconds of silence, but for signs of life
        own.desk.open(key)
        talk.rest()

    assert len(gate.asked) == 1


def test_a_server_that_is_killed_and_started_again_goes_on_where_it_was(
    own: ServerProcess, package: Package, key: str
) -> None:
    script = """
    const run = client.sendMessage(given.key, { graph: "slow_tool" });
    let whole = initialWorkflow("");
    const seen = [];
    for await (const event of run) {
      if (event.seq) seen.push(event.seq);
      whole = reduce(whole, event);
      if (event.type === "tool_start") show(await run.workflowId);
    }
    show(seen);
    show(whole);
    """
    with package.talk(script, own.url, key=key, options={"attempts": 100_000}) as talk:
        run_id = talk.hear()
        own.kill()
        own.start()
        eventually(lambda: own.desk.ran(key)["patience"] == 2)
        own.desk.open(key)
        *_, seen, whole = talk.rest()

    assert seen == list(range(1, own.workflow(run_id)["last_seq"] + 1))
    assert [step["void"] for step in whole["steps"]] == [step["void"] for step in own.workflow(run_id)["steps"]]
    assert whole["status"] == "completed"


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [
        ('client.workflows.follow("wf_01h455vb4pex5vsknk084sn02q").workflow', 404, "workflow_not_found"),
        ('client.workflows.get("nothing")', 404, "workflow_not_found"),
        ('client.sendMessage("hi", { graph: "nothing" }).workflowId', 422, "unknown_graph"),
        ('client.sendMessage("hi", { graph: "nothing" }).finalResponse', 422, "unknown_graph"),
        ('client.workflows.start({ graph: "flood" }).workflowId', 422, "invalid_request"),
        ("client.workflows.resume(given.id, {}).workflowId", 409, "not_interrupted"),
        ("client.workflows.cancel(given.id)", 409, "workflow_finished"),
        ("all(client.workflows.follow(given.id, { after: 9_999 }))", 409, "cursor_beyond_head"),
    ],
)
def test_a_refusal_is_an_error_with_the_servers_words(
    server: ServerProcess, package: Package, call: str, status: int, code: str
) -> None:
    run_id = flooded(server, "any", 1)
    script = f"""
    await {call}.then(show, (error) => show([error instanceof CantataError, failure(error)]));
    """

    ((is_ours, error),) = package.run(script, server.url, id=run_id)

    assert is_ours
    assert (error["status"], error["code"], error["isRetryable"]) == (status, code, False)
    assert error["detail"] == error["problem"]["detail"]


def test_a_busy_session_names_what_keeps_it_busy(own: ServerProcess, package: Package, key: str) -> None:
    run_id = own.started("slow_tool", {"messages": [{"role": "user", "content": key}]}, session_id=key)
    script = """
    const run = client.sendMessage("and now?", { graph: "slow_tool", sessionId: given.key });
    await run.workflowId.catch((error) => show(failure(error)));
    """

    (error,) = package.run(script, own.url, key=key)

    assert (error["status"], error["code"]) == (409, "session_busy")
    assert error["problem"]["active_workflow_id"] == run_id


def test_a_server_that_is_not_there_is_an_error_after_some_attempts(package: Package, server: ServerProcess) -> None:
    script = """
    const phases = [];
    const run = client.sendMessage("hi", { onConnection: ({ phase, attempt }) => phases.push([phase, attempt]) });
    await run.finalResponse.catch((error) => show(failure(error)));
    show(phases);
    """
    with Gate(server.port, lambda asked: None) as gate:
        url = gate.url  # nobody listens there any more

    error, phases = package.run(script, url, options={"attempts": 3})

    assert (error["status"], error["code"], error["isRetryable"]) == (0, "unreachable", True)
    assert phases == [["reconnecting", 1], ["reconnecting", 2], ["reconnecting", 3], ["failed", 4]]


def test_a_run_that_fails_rejects_its_answer(server: ServerProcess, package: Package) -> None:
    script = """
    const run = client.sendMessage("hi", { graph: "model_error" });
    await run.finalResponse.catch((error) => show(failure(error)));
    show((await run.workflow).error);
    """

    error, told = package.run(script, server.url)

    assert {"code": error["code"], "message": error["detail"], "retryable": error["isRetryable"]} == told


def test_a_pause_is_as_long_as_the_server_asks(server: ServerProcess, package: Package, key: str) -> None:
    run_id = flooded(server, key, 1)
    busy = Answer(429, {"Retry-After": "1", "Content-Type": "application/problem+json"}, b'{"code": "busy"}')
    script = """
    const onConnection = ({ retryInMs, error }) => retryInMs && show([retryInMs, error.code]);
    await all(client.workflows.follow(given.id, { onConnection }));
    """
    with Gate(server.port, lambda asked: busy if asked.number == 1 else None) as gate:
        ((milliseconds, code),) = package.run(script, gate.url, id=run_id)

    assert (milliseconds, code) == (1_000, "busy")


def test_a_pause_lasts_until_the_date_that_the_server_tells(server: ServerProcess, package: Package, key: str) -> None:
    run_id = flooded(server, key, 1)
    script = """
    const enough = new AbortController();
    const onConnection = ({ retryInMs }) => {
      if (!retryInMs) return;
      show([Date.now(), retryInMs]);
      enough.abort();
    };
    await all(client.workflows.follow(given.id, { onConnection, signal: enough.signal })).catch(() => {});
    """
    until = int(time.time()) + 3_600
    late = Answer(503, {"Retry-After": formatdate(until, usegmt=True)})
    with Gate(server.port, lambda asked: late if asked.number == 1 else None) as gate:
        ((now, milliseconds),) = package.run(script, gate.url, id=run_id)

    assert now + milliseconds == pytest.approx(until * 1_000, abs=10_000)


def test_polling_begins_no_sooner_than_the_server_asks(server: ServerProcess, package: Package, key: str) -> None:
    run_id = flooded(server, key, 1)
    script = """
    const onConnection = ({ phase, retryInMs }) => show([phase, retryInMs ?? null]);
    await all(client.workflows.follow(given.id, { onConnection }));
    """
    busy = Answer(429, {"Retry-After": "0.1"})
    with Gate(server.port, lambda asked: busy if asked.wants_stream else None) as gate:
        phases = package.run(script, gate.url, id=run_id)

    assert phases == [*[["reconnecting", 100]] * 3, ["polling", None], ["ended", None]]


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_is_busy_before_a_run_begins_is_asked_again(
    own: ServerProcess, package: Package, status: int
) -> None:
    script = """
    const run = client.sendMessage("one 3 0", { graph: "flood" });
    show(await all(run));
    """
    busy = Answer(status, {"Retry-After": "0"})
    with Gate(own.port, lambda asked: busy if asked.number <= 2 else None) as gate:
        (told,) = package.run(script, gate.url)

    (run_id,) = [run["workflow_id"] for run in own.client.get("/api/workflows").json()["workflows"]]
    assert told == own.events(run_id)
    assert [asked.method for asked in gate.asked] == ["POST"] * 3
    assert len({asked.headers["idempotency-key"] for asked in gate.asked}) == 1


def test_a_frame_that_is_no_json_is_a_fault_of_the_connection(
    server: ServerProcess, package: Package, key: str
) -> None:
    run_id = flooded(server, key, 10)
    with Gate(server.port, lambda asked: stream(b"data: {torn\n\n") if asked.number == 1 else None) as gate:
        told, phases = package.run(FOLLOW, gate.url, id=run_id)

    assert told == server.events(run_id)
    assert ["reconnecting", "unreachable"] in phases


def test_a_fault_of_the_page_is_not_taken_for_one_of_the_connection(
    server: ServerProcess, package: Package, key: str
) -> None:
    run_id = flooded(server, key, 1)
    script = """
    const onConnection = () => { throw new Error("the page's own"); };
    await all(client.workflows.follow(given.id, { onConnection })).catch(({ message }) => show(message));
    """
    with Gate(server.port, lambda asked: None) as gate:
        told = package.run(script, gate.url, id=run_id)

    assert told == ["the page's own"]
    assert len(gate.asked) == 1


@pytest.mark.parametrize(
    ("address", "reason"), [(None, "Invalid URL"), ("localhost:8000", "unknown scheme")], ids=["none", "no scheme"]
)
def test_an_address_that_is_none_is_an_error_at_once(package: Package, address: str | None, reason: str) -> None:
    """Node knows no page that an address could be relative to."""
    script = """
    const baseUrl = given.address ?? undefined;
    const run = at(baseUrl, { attempts: 1_000, backoff: () => 3_600_000 }).sendMessage("hi");
    await run.finalResponse.catch((error) => show(failure(error)));
    """

    (error,) = package.run(script, address=address)

    assert (error["code"], error["isRetryable"]) == ("unreachable", False)
    assert reason in error["detail"]


def test_without_a_backoff_of_its_own_it_draws_pauses_below_a_growing_bound(
    server: ServerProcess, package: Package, key: str
) -> None:
    """The bound begins with what the stream's `retry:` asked for."""
    run_id = flooded(server, key, 1)
    script = """
    const pauses = [];
    const onConnection = ({ retryInMs, attempt }) => retryInMs === undefined || pauses.push([attempt, retryInMs]);
    const patient = at(given.url, { backoff: undefined, attempts: 5 });
    await all(patient.workflows.follow(given.id, { onConnection })).catch(() => {});
    show(pauses);
    """
    with Gate(server.port, lambda asked: stream(b"retry: 20\n\n") if asked.number == 1 else Answer(500)) as gate:
        (pauses,) = package.run(script, gate.url, id=run_id)

    bounds = [20 * 2 ** (attempt - 1) for attempt, _ in pauses]
    assert [attempt for attempt, _ in pauses] == [1, 2, *range(4, 6)]
    assert all(0 <= pause <= bound for (_, pause), bound in zip(pauses, bounds, strict=True))


def test_a_hole_in_the_numbers_is_filled(server: ServerProcess, package: Package, key: str) -> None:
    run_id = flooded(server, key, 20)
    frames = whole_frames(server, run_id)
    holed = b"".join(frames[:6] + frames[8:])
    with Gate(server.port, lambda asked: stream(holed) if asked.number == 1 else None) as gate:
        told, phases = package.run(FOLLOW, gate.url, id=run_id)

    assert told == server.events(run_id)
    assert ["reconnecting", "hole"] in phases


def test_what_comes_twice_is_given_once(server: ServerProcess, package: Package, key: str) -> None:
    run_id = flooded(server, key, 20)
    frames = whole_frames(server, run_id)
    doubled = b"".join(frames[:9] + frames[3:])
    with Gate(server.port, lambda asked: stream(doubled) if asked.number == 1 else None) as gate:
        told, phases = package.run(FOLLOW, gate.url, id=run_id)

    assert told == server.events(run_id)
    assert phases == [["live", None], ["ended", None]]


def whole_frames(server: ServerProcess, run_id: str) -> list[bytes]:
    with server.stream("GET", f"/api/workflows/{run_id}/events") as whole:
        return [frame.raw for frame in whole.rest()]


def test_a_gap_is_told_and_gone_over_by_stream_and_by_polls(server: ServerProcess, package: Package, key: str) -> None:
    """Retention has removed all but the last event; the answers are made here, as the guide describes them."""
    run_id = flooded(server, key, 20)
    log = server.events(run_id)
    last = log[-1]["seq"]
    gap: dict[str, Any] = {"from_seq": 1, "to_seq": last - 1, "snapshot": {"status": "completed", "text": "…"}}
    event = {"type": "stream_gap", "workflow_id": run_id, "timestamp": "", **gap}
    told_by_stream = f"id: evt_{run_id[3:]}_{last - 1}\nevent: stream_gap\ndata: {json.dumps(event)}\n\n".encode()
    end = whole_frames(server, run_id)[-1]
    page = json.dumps({"events": log[-1:], "last_seq": last, "has_more": False, "gap": gap}).encode()

    def streamed(asked: Asked) -> Answer | None:
        return stream(told_by_stream) if asked.number == 1 else stream(end)

    def polled(asked: Asked) -> Answer | None:
        return down(asked) or Answer(200, {"Content-Type": "application/json"}, page)

    script = """
    const events = [];
    for await (const { type, from_seq, to_seq, snapshot } of client.workflows.follow(given.id))
      events.push({ type, from_seq, to_seq, snapshot });
    show(events);
    """
    with Gate(server.port, streamed) as one, Gate(server.port, polled) as other:
        told = package.run(script, one.url, id=run_id) + package.run(script, other.url, id=run_id)

    assert told == [[{"type": "stream_gap", **gap}, {"type": "workflow_completed"}]] * 2
    assert one.asked[1].path.endswith(f"?after={last - 1}")


def test_a_token_is_asked_for_again_when_it_is_refused_or_expires(
    server: ServerProcess, package: Package, key: str
) -> None:
    run_id = flooded(server, key, 20)
    frames = whole_frames(server, run_id)
    expired = {"type": "auth_expired", "workflow_id": run_id, "timestamp": "", "reason": "token_expired"}
    cut_off = b"".join(frames[:5]) + f"event: auth_expired\ndata: {json.dumps(expired)}\n\n".encode()

    def guarded(asked: Asked) -> Answer | None:
        match asked.headers.get("authorization"):
            case "Bearer t2":
                return stream(cut_off)
            case "Bearer t3":
                return None
        return Answer(401, {"Content-Type": "application/problem+json"}, b'{"code": "token_expired", "detail": "No."}')

    script = """
    let count = 1;
    const token = (refused) => {
      if (refused) show(refused);
      return `t${refused ? ++count : count}`;
    };
    show(await all(at(given.url, { token }).workflows.follow(given.id)));
    await at(given.url, { token: "t0" }).workflows.get(given.id).catch((error) => show(failure(error)));
    """
    with Gate(server.port, guarded) as gate:
        first, second, told, error = package.run(script, gate.url, id=run_id)

    assert (first, second) == ("t1", "t2")
    assert told == server.events(run_id)
    assert (error["status"], error["code"]) == (401, "token_expired")
