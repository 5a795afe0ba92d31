"""A run in the hands of its starter: every way to start one, to stop reading it, to stop it and to answer it."""

from typing import Any

import pytest

from tests.server_process import ServerProcess, eventually
from tests.web_client.gate import Answer, Gate
from tests.web_client.package import Package
from tests.web_client.test_cuts import runs_of

QUESTION = "What is 17*23?"
TEAM = {"master": {"name": "writer"}, "subAgents": [{"name": "researcher"}, {"name": "reviewer"}]}
STEPS = [{"agent": "researcher"}, {"agent": "writer", "method": "draft"}]
STARTS: dict[str, str] = {
    "message": "client.sendMessage(given.question)",
    "message to a graph": 'client.sendMessage(given.question, { graph: "assistant", model: "offline-demo" })',
    "workflow": 'client.workflows.start({ graph: "assistant", input: given.question })',
    "sequential": "client.coordinator.sequential({ steps: given.steps, input: given.question })",
    "parallel": "client.coordinator.parallel({ tasks: given.steps, input: given.question })",
    "hierarchical": "client.coordinator.hierarchical({ ...given.team, input: given.question })",
    "by name": 'client.coordinator.run({ workflow: "sequential", inputs: given.question })',
}
TELL = "show([await run.workflowId, await all(run), await run.workflow]);"


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_a_run_that_is_started_by_any_route_tells_all_its_events(
    agents: ServerProcess, package: Package, start: str
) -> None:
    given = {"question": QUESTION, "steps": STEPS, "team": TEAM}

    ((run_id, told, workflow),) = package.run(f"const run = {start};{TELL}", agents.url, **given)

    assert told == agents.events(run_id)
    assert workflow == agents.workflow(run_id)
    assert workflow["status"] == "completed"


def test_a_conversation_goes_on_and_branches(agents: ServerProcess, package: Package, key: str) -> None:
    script = """
    await client.sendMessage("What is 2*3?", { sessionId: given.key }).finalResponse;
    const said = await client.sessions.messages(given.key, { branch: "active" });
    const asked = said.find(({ role }) => role === "user").message_id;
    const told = [];
    for (const run of [
      () => client.sendMessage("And 3*4?", { sessionId: given.key }),
      () => client.sessions.edit(given.key, asked, { content: "What is 4*5?" }),
      () => client.sessions.regenerate(given.key, asked),
    ]) {
      const begun = run();
      told.push([await begun.workflowId, await all(begun)]);
    }
    show(told);
    await client.sessions.rename(given.key, "Sums");
    await client.sessions.goTo(given.key, said.at(-1).message_id);
    const { sessions } = await client.sessions.list({ search: "Sums", limit: 5 });
    const { title, head, workflows } = await client.sessions.get(given.key);
    show([sessions.map(({ session_id }) => session_id), title, head === said.at(-1).message_id, workflows.length]);
    show((await client.sessions.tree(given.key)).length);
    show((await (await client.sessions.export(given.key)).text()).startsWith("# Sums"));
    show((await (await fetch(client.sessions.exportUrl(given.key, "json"))).json()).session_id ?? "");
    await client.sessions.delete(given.key);
    await client.sessions.get(given.key).catch((error) => show(error.code));
    """

    told, session, branches, is_markdown, _, gone = package.run(script, agents.url, key=key)

    assert [events[-1]["type"] for _, events in told] == ["workflow_completed"] * 3
    assert [[event["seq"] for event in events] for _, events in told] == [
        list(range(1, len(events) + 1)) for _, events in told
    ]
    assert session == [[key], "Sums", True, 4]
    assert branches == 2
    assert is_markdown
    assert gone == "session_not_found"


def test_workflows_are_stored_drawn_run_and_retired(agents: ServerProcess, package: Package, key: str) -> None:
    script = """
    const spec = { type: "sequential", steps: given.steps };
    show((await client.coordinator.draw(spec)).nodes.map(({ id }) => id));
    await client.coordinator.store({ name: given.key, spec });
    const changed = await client.coordinator.change(given.key, { spec, description: "again" });
    const named = await client.coordinator.get(given.key);
    show([changed.version, named.versions.length, named.drawing.edges.length > 0]);
    const run = client.coordinator.run({ workflow: given.key, inputs: "Tea" });
    show(Boolean(await run.finalResponse));
    show((await client.workflows.drawing(await run.workflowId)).nodes.length);
    await client.coordinator.retire(given.key);
    show((await client.coordinator.workflows()).some(({ name }) => name === given.key));
    show((await client.coordinator.agents()).map(({ name }) => name));
    show(Object.keys(await client.coordinator.stats()));
    show(Object.keys(await client.coordinator.resetStats()));
    show((await client.graphs.list()).map(({ name }) => name));
    show((await client.graphs.drawing("assistant")).mermaid);
    show((await client.models())[0]);
    """

    ids, versions, has_answer, nodes, is_there, agents_, stats, reset, graphs, mermaid, model = package.run(
        script, agents.url, key=key, steps=STEPS
    )

    assert len(ids) == nodes == 4
    assert versions == [2, 2, True]
    assert (has_answer, is_there) == (True, False)
    assert "researcher" in agents_
    assert "assistant" in graphs
    assert stats == reset == ["since", "strategies", "agents", "workflows"]
    assert mermaid.startswith("flowchart")
    assert model == {"name": "offline-demo", "provider": "offline-demo", "is_default": True} | model


def test_workflows_are_listed_paged_forked_and_removed(agents: ServerProcess, package: Package, key: str) -> None:
    script = """
    const run = client.sendMessage(given.question, { sessionId: given.key });
    const whole = await run.workflow;
    const id = whole.workflow_id;
    const { workflows, next_cursor } = await client.workflows.list({ session_id: given.key, limit: 1 });
    show([workflows.map(({ workflow_id }) => workflow_id === id), next_cursor]);
    const page = await client.workflows.events(id, { after: 2, limit: 3 });
    show([page.events.map(({ seq }) => seq), page.has_more]);
    show((await client.workflows.status(id)).status);
    const checkpoints = await client.workflows.history(id);
    const fork = client.workflows.fork(id, { checkpoint_id: checkpoints.at(-1).checkpoint_id });
    show((await fork.workflow).status);
    await client.workflows.delete(id);
    await client.workflows.get(id).catch((error) => show(error.code));
    """

    listed, page, status, forked, gone = package.run(script, agents.url, key=key, question=QUESTION)

    assert listed == [[True], None]
    assert page == [[3, 4, 5], True]
    assert (status, forked, gone) == ("completed", "completed", "workflow_not_found")


def test_feedback_is_given_replaced_and_taken_back(agents: ServerProcess, package: Package, key: str) -> None:
    script = """
    const id = await client.sendMessage(given.question, { sessionId: given.key }).workflowId;
    await client.workflows.follow(id).finalResponse;
    const told = async () => [
      (await client.workflows.get(id)).feedback,
      (await client.workflows.list({ session_id: given.key })).workflows[0].feedback,
    ];
    show(await client.workflows.feedback(id, { score: 1, comment: "Good." }));
    show(await client.workflows.feedback(id, { score: 0 }));
    show(await told());
    show(await client.workflows.feedback(id, null));
    show(await told());
    """

    first, second, kept, gone, after = package.run(script, agents.url, key=key, question=QUESTION)

    assert (first, second) == ({"score": 1, "comment": "Good."}, {"score": 0, "comment": None})
    assert kept == [second, second]
    assert gone is None
    assert after == [None, None]


def test_aborting_stops_the_reading_and_not_the_run(own: ServerProcess, package: Package, key: str) -> None:
    script = """
    const reading = new AbortController();
    const run = client.sendMessage(given.key, { graph: "slow_tool", signal: reading.signal });
    try {
      for await (const event of run) if (event.type === "tool_start") reading.abort();
    } catch (error) {
      show(error.name);
    }
    show(await run.workflowId);
    await run.finalResponse.catch((error) => show(error.name));
    """

    name, run_id, later = package.run(script, own.url, key=key)
    own.desk.open(key)

    assert (name, later) == ("AbortError", "AbortError")
    eventually(lambda: own.workflow(run_id)["status"] == "completed")


def test_aborting_ends_the_pause_before_another_attempt(server: ServerProcess, package: Package) -> None:
    script = """
    const reading = new AbortController();
    const onConnection = ({ phase }) => {
      show(phase);
      setTimeout(() => reading.abort(new Error("enough")));
    };
    const run = client.sendMessage("hi", { signal: reading.signal, onConnection });
    for (const told of [all(run), run.workflowId, run.finalResponse]) await told.catch(({ message }) => show(message));
    """
    with Gate(server.port, lambda asked: Answer(503, {"Retry-After": "3600"})) as gate:
        told = package.run(script, gate.url)

    assert told == ["reconnecting", "enough", "enough", "enough"]
    assert len(gate.asked) == 1


def test_what_is_aborted_before_it_began_is_an_abort(server: ServerProcess, package: Package) -> None:
    script = """
    const run = client.sendMessage("hi", { signal: AbortSignal.abort() });
    await all(run).catch((error) => show(error.name));
    await run.workflowId.catch((error) => show(error.name));
    """

    assert package.run(script, server.url) == ["AbortError", "AbortError"]


def test_leaving_the_loop_closes_the_connection_and_a_later_loop_goes_on(
    own: ServerProcess, package: Package, key: str
) -> None:
    script = """
    const run = client.sendMessage(given.key, { graph: "slow_tool" });
    const seen = [];
    for await (const { type, seq } of run) {
      seen.push(seq);
      if (type === "tool_start") break;
    }
    show(await run.workflowId);
    for await (const line of (await import("node:readline")).createInterface({ input: process.stdin })) break;
    process.stdin.destroy();
    for await (const { seq } of run) if (seq) seen.push(seq);
    show(seen);
    """
    with Gate(own.port, lambda asked: None) as gate, package.talk(script, gate.url, key=key) as talk:
        run_id = talk.hear()
        eventually(lambda: gate.open == 0)
        own.desk.open(key)
        talk.say("go on")
        (seen,) = talk.rest()

    assert seen == list(range(1, own.workflow(run_id)["last_seq"] + 1))


def test_a_run_that_nobody_reads_holds_no_connection_and_can_be_read_later(
    own: ServerProcess, package: Package, key: str
) -> None:
    script = """
    const run = client.sendMessage(given.key, { graph: "slow_tool" });
    show(await run.workflowId);
    await pause(2_500);
    show(await all(run));
    """
    with Gate(own.port, lambda asked: None) as gate, package.talk(script, gate.url, key=key) as talk:
        run_id = talk.hear()
        own.desk.open(key)
        (told,) = talk.rest()

    assert [asked.method for asked in gate.asked] == ["POST", "GET"]
    assert told == own.events(run_id)


def test_a_cancelled_run_keeps_what_it_said(own: ServerProcess, package: Package, key: str) -> None:
    script = """
    const run = client.sendMessage(given.key, { graph: "slow_tokens" });
    let stopped;
    for await (const event of run) {
      if (event.type === "message_delta") stopped ??= run.cancel("enough");
      if (event.type === "workflow_cancelled") show(event.reason);
    }
    show(await stopped);
    show(await run.finalResponse);
    show((await run.cancel()).status);
    """

    reason, stopped, answer, again = package.run(script, own.url, key=key)

    assert reason == "enough"
    assert (stopped["status"], stopped["cancelled"]["reason"]) == ("cancelled", "enough")
    assert stopped["partial_response"].startswith("one")
    assert (answer, again) == (None, "cancelled")


def test_cancelling_a_run_that_has_ended_returns_it(server: ServerProcess, package: Package, key: str) -> None:
    script = """
    const run = client.sendMessage(given.key + " 1 0", { graph: "flood" });
    await run.finalResponse;
    show((await run.cancel()).status);
    """

    assert package.run(script, server.url, key=key) == ["completed"]


def test_an_approval_is_answered_and_the_same_stream_goes_on(server: ServerProcess, package: Package, key: str) -> None:
    script = """
    const run = client.workflows.start({ graph: "approval", input: { key: given.key } });
    const answered = [];
    const events = [];
    for await (const event of run) {
      if (event.seq) events.push(event);
      if (event.type !== "workflow_interrupted") continue;
      const responses = { [event.interrupts[0].id]: "yes" };
      answered.push(client.workflows.resume(event.workflow_id, responses, { after: event.seq }));
    }
    show(events);
    show((await Promise.all(answered.map(all))).flat());
    show(await run.workflow);
    """

    events, of_the_answer, workflow = package.run(script, server.url, key=key)

    assert events == server.events(workflow["workflow_id"])
    assert of_the_answer == [event for event in events if event["seq"] >= of_the_answer[0]["seq"]]
    assert of_the_answer[0]["type"] == "workflow_resumed"
    assert workflow["status"] == "completed"


def test_whoever_waits_for_the_answer_need_not_loop_and_whoever_loops_misses_nothing(
    server: ServerProcess, package: Package, key: str
) -> None:
    script = """
    const run = client.sendMessage(given.key + " 40 0.01", { graph: "flood" });
    const answer = run.finalResponse;
    await pause(100);
    show(await all(run));
    show(await answer);
    show(await run.workflowId);
    """

    told, answer, run_id = package.run(script, server.url, key=key)

    assert told == server.events(run_id)
    assert answer == server.workflow(run_id)["final_response"]


def test_two_readers_of_a_run_each_get_all_its_events(server: ServerProcess, package: Package, key: str) -> None:
    script = """
    const run = client.sendMessage(given.key + " 40 0.01", { graph: "flood" });
    show(await Promise.all([all(run), all(run)]));
    show(await run.workflowId);
    """

    told, run_id = package.run(script, server.url, key=key)

    assert told == [server.events(run_id)] * 2


def test_an_answer_comes_also_when_the_loop_is_left(server: ServerProcess, package: Package, key: str) -> None:
    script = """
    const run = client.sendMessage(given.key + " 40 0.01", { graph: "flood" });
    const answer = run.finalResponse;
    for await (const event of run) if (event.seq === 3) break;
    show((await answer).length > 0);
    """

    assert package.run(script, server.url, key=key) == [True]


def test_the_given_key_names_the_run(server: ServerProcess, package: Package, key: str) -> None:
    script = """
    const options = { graph: "flood", sessionId: given.key, idempotencyKey: given.key };
    const ask = () => client.sendMessage(given.key + " 1 0", options);
    show(await ask().workflowId);
    show(await ask().workflowId);
    """

    told: list[Any] = package.run(script, server.url, key=key)

    assert set(told) == set(runs_of(server, session_id=key))
