"""A run as a page draws it: the store, and the React hook on it."""

import pytest

from tests.server_process import ServerProcess, eventually
from tests.support.cutting_proxy import CuttingProxy, storm
from tests.web_client.gate import Answer, Gate
from tests.web_client.package import Package
from tests.web_client.test_cuts import flooded

SETTLED = """
const settled = (store) => new Promise((done) => {
  const look = () => ["ended", "failed"].includes(store.getSnapshot().connection.phase) && done(store.getSnapshot());
  store.subscribe(look);
  look();
});
"""
OF_THE_ROW = {"created_at", "started_at", "links", "trace", "feedback"}


def told(workflow: dict[str, object]) -> dict[str, object]:
    """Leave out what only the run's row, or only a reader of events, knows."""
    messages = workflow["messages"]
    assert isinstance(messages, list)
    kept = [{k: v for k, v in message.items() if k != "text_at"} for message in messages]
    return {k: v for k, v in workflow.items() if k not in OF_THE_ROW} | {"messages": kept}


def test_a_store_shows_a_run_in_batches(server: ServerProcess, package: Package, key: str) -> None:
    script = (
        SETTLED
        + """
    const run = client.sendMessage(given.key + " 100 0.01", { graph: "flood" });
    const store = createRunStore(run);
    let count = 0;
    store.subscribe(() => count++);
    const { workflow, connection } = await settled(store);
    show([workflow, connection, count, store.getSnapshot() === store.getSnapshot()]);
    """
    )

    ((workflow, connection, count, is_stable),) = package.run(script, server.url, key=key)

    assert told(workflow) == told(server.workflow(workflow["workflow_id"]))
    assert connection == {"phase": "ended", "attempt": 0}
    assert 1 < count < 100
    assert is_stable


def test_a_batch_is_folded_when_the_page_says_so(server: ServerProcess, package: Package, key: str) -> None:
    run_id = flooded(server, key, 10)
    script = """
    const run = client.workflows.follow(given.id);
    let show_ = null, count = 0;
    const store = createRunStore(run, { schedule: (now) => (show_ = now) });
    store.subscribe(() => count++);
    while (run.connection.phase !== "ended") await pause(5);
    const before = store.getSnapshot().workflow.last_seq;
    show_();
    show([before, store.getSnapshot().workflow.status, count]);
    """

    assert package.run(script, server.url, id=run_id) == [[0, "completed", 1]]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_store_survives_cuts(server: ServerProcess, package: Package, key: str, seed: int) -> None:
    script = (
        SETTLED
        + """
    const run = client.sendMessage(given.key + " 60 0.01", { graph: "flood" });
    show((await settled(createRunStore(run))).workflow);
    """
    )
    with CuttingProxy(server.port, storm(seed, 10)) as proxy:
        (workflow,) = package.run(script, proxy.url, key=key)

    assert told(workflow) == told(server.workflow(workflow["workflow_id"]))


def test_a_run_that_has_ended_is_fetched_and_not_streamed(server: ServerProcess, package: Package, key: str) -> None:
    run_id = flooded(server, key, 5)
    script = (
        SETTLED
        + """
    show((await settled(createRunStore({ client, workflowId: given.id }))).workflow);
    """
    )
    with Gate(server.port, lambda asked: None) as gate:
        (workflow,) = package.run(script, gate.url, id=run_id)

    assert workflow == server.workflow(run_id)
    assert [asked.path for asked in gate.asked] == [f"/api/workflows/{run_id}"]


def test_a_store_goes_on_from_a_workflow_that_is_at_hand(server: ServerProcess, package: Package, key: str) -> None:
    run_id = flooded(server, key, 20)
    script = (
        SETTLED
        + """
    let from = initialWorkflow(given.id);
    for await (const event of client.workflows.follow(given.id)) {
      from = reduce(from, event);
      if (event.seq === 9) break;
    }
    show((await settled(createRunStore({ client, workflowId: given.id, from }))).workflow);
    """
    )
    with Gate(server.port, lambda asked: None) as gate:
        (workflow,) = package.run(script, gate.url, id=run_id)

    assert told(workflow) == told(server.workflow(run_id))
    assert [asked.path.rpartition("/")[2] for asked in gate.asked] == ["events?after=0", "events?after=9"]


def test_a_store_of_an_answered_run_knows_what_was_before(server: ServerProcess, package: Package, key: str) -> None:
    script = (
        SETTLED
        + """
    const { workflow_id, interrupts } = await client.workflows.start({ graph: "approval", input: { key: given.key } })
      .workflowId.then(async (id) => {
        let now;
        while ((now = await client.workflows.get(id)).status !== "interrupted") await pause(20);
        return now;
      });
    const store = createRunStore(client.workflows.resume(workflow_id, { [interrupts[0].id]: "yes" }));
    show((await settled(store)).workflow);
    """
    )

    (workflow,) = package.run(script, server.url, key=key)

    assert told(workflow) == told(server.workflow(workflow["workflow_id"]))


def test_a_store_works_with_the_small_client(server: ServerProcess, package: Package, key: str) -> None:
    script = (
        SETTLED
        + """
    const small = (await import("@cantata/client/runs")).createClient({ baseUrl: given.url });
    const id = await small.sendMessage(given.key + " 9 0", { graph: "flood" }).workflowId;
    show((await settled(createRunStore({ client: small, workflowId: id }))).workflow);
    """
    )

    (workflow,) = package.run(script, server.url, key=key)

    assert told(workflow) == told(server.workflow(workflow["workflow_id"]))


def test_a_store_of_a_run_whose_server_was_killed_shows_what_is_void(
    own: ServerProcess, package: Package, key: str
) -> None:
    """The row counts its attempts from its newest checkpoint, which no event tells."""
    script = (
        SETTLED
        + """
    const store = createRunStore(client.sendMessage(given.key, { graph: "slow_tool" }));
    store.subscribe(() => store.getSnapshot().workflow.tools.length === 1 && show("at work"));
    show((await settled(store)).workflow);
    """
    )
    with package.talk(script, own.url, key=key, options={"attempts": 100_000}) as talk:
        talk.hear()
        own.kill()
        own.start()
        eventually(lambda: own.desk.ran(key)["patience"] == 2)
        own.desk.open(key)
        *_, workflow = talk.rest()

    assert told(workflow) == told(own.workflow(workflow["workflow_id"])) | {"attempt": 2}
    assert [step["void"] for step in workflow["steps"]].count(True) > 0


def test_a_store_that_is_closed_at_once_asks_for_nothing(server: ServerProcess, package: Package, key: str) -> None:
    run_id = flooded(server, key, 1)
    script = """
    createRunStore({ client, workflowId: given.id }).close();
    await pause(50);
    show("done");
    """
    with Gate(server.port, lambda asked: None) as gate:
        package.run(script, gate.url, id=run_id)

    assert gate.asked == []


def test_a_store_tells_what_failed(server: ServerProcess, package: Package) -> None:
    script = (
        SETTLED
        + """
    const { connection } = await settled(createRunStore({ client, workflowId: "wf_01h455vb4pex5vsknk084sn02q" }));
    show([connection.phase, connection.error.code]);
    """
    )

    assert package.run(script, server.url) == [["failed", "workflow_not_found"]]


HOOK = """
globalThis.IS_REACT_ACT_ENVIRONMENT = false;
const complain = console.error;
console.error = (...told) => String(told[0]).startsWith("react-test-renderer is deprecated") || complain(...told);
const { createElement, StrictMode, useState } = await import("react");
const { create } = await import("react-test-renderer");
const { useWorkflow } = await import("@cantata/client/react");

let cancel, ask, renders = 0;
function Page() {
  const [run, setRun] = useState(given.id ?? null);
  const { workflow, connection, ...rest } = useWorkflow(client, run);
  cancel = rest.cancel;
  ask = (text, options) => setRun(client.sendMessage(text, options));
  renders += 1;
  return [workflow?.status, workflow?.last_seq, connection?.phase].join(" ");
}
const page = create(given.strict ? createElement(StrictMode, null, createElement(Page)) : createElement(Page));
const until = async (claim) => {
  while (!claim(page.toJSON() ?? "")) await pause(5);
};
await until((text) => text !== "");
"""


@pytest.mark.parametrize("strict", [True, False])
def test_the_hook_follows_a_run_that_is_started(own: ServerProcess, package: Package, key: str, strict: bool) -> None:
    script = (
        HOOK
        + """
    ask(given.key + " 100 0.01", { graph: "flood" });
    await until((text) => text.endsWith("ended"));
    show([page.toJSON(), renders]);
    page.unmount();
    """
    )
    with Gate(own.port, lambda asked: None) as gate:
        ((text, renders),) = package.run(script, gate.url, key=key, strict=strict)

    (run,) = own.client.get("/api/workflows").json()["workflows"]
    assert text == f"completed {run['last_seq']} ended"
    assert renders < (200 if strict else 100)  # strict mode draws everything twice
    assert [asked.method for asked in gate.asked] == ["POST"]


def test_the_hook_follows_a_run_by_its_id_and_stops_it(own: ServerProcess, package: Package, key: str) -> None:
    run_id = own.started("slow_tool", {"messages": [{"role": "user", "content": key}]})
    script = (
        HOOK
        + """
    await until((text) => text.startsWith("running") && text.endsWith("live"));
    show((await cancel("enough")).status);
    await until((text) => text.endsWith("ended"));
    show(page.toJSON());
    page.unmount();
    """
    )

    status, text = package.run(script, own.url, id=run_id, strict=True)

    assert status == "cancelled"
    assert text == f"cancelled {own.workflow(run_id)['last_seq']} ended"


def test_a_page_that_is_left_closes_its_stream(own: ServerProcess, package: Package, key: str) -> None:
    run_id = own.started("slow_tool", {"messages": [{"role": "user", "content": key}]})
    script = (
        HOOK
        + """
    await until((text) => text.endsWith("live"));
    page.unmount();
    show("left");
    """
    )

    assert package.run(script, own.url, id=run_id) == ["left"]  # and Node has nothing more to wait for
    assert own.workflow(run_id)["status"] == "running"


def test_a_store_over_a_gap_fetches_what_it_missed(server: ServerProcess, package: Package, key: str) -> None:
    run_id = flooded(server, key, 10)
    whole = server.workflow(run_id)
    last = server.events(run_id)[-1]
    gap = {"from_seq": 1, "to_seq": last["seq"] - 1, "snapshot": {}}
    script = (
        SETTLED
        + """
    show((await settled(createRunStore(client.workflows.follow(given.id)))).workflow);
    """
    )
    page = {"events": [last], "last_seq": last["seq"], "has_more": False, "gap": gap}
    with Gate(server.port, lambda asked: Answer.of_json(page) if "events" in asked.path else None) as gate:
        (workflow,) = package.run(script, gate.url, id=run_id)

    assert workflow == whole
