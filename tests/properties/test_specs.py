"""Random workflow specs: valid ones run and are well told, invalid ones are refused and nothing else happens."""

import asyncio
import copy
import json
import tempfile
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.callbacks.events import Progress, StoredEvent, WorkflowCompleted, encode
from cantata.graphs.agent import Agent, Method
from cantata.graphs.compile import compile_spec
from cantata.graphs.spec import BadSpec, check_agents, parse_spec
from cantata.server.errors import Invalid, WorkflowFinished
from cantata.server.runs.fold import fold
from tests.properties.test_runs import told_by_events
from tests.support.engine import OWNER, Server, open_server, unwatched
from tests.support.invariants import check_invariants
from tests.support.specs import fails
from tests.transcripts.golden import normal
from tests.transcripts.lanes import lanes

AGENTS = (
    Agent("planner", "Plans.", "You are a planner.", methods={"delegate": Method("", "Lead the others.")}),
    Agent("writer", "Writes.", "You are a writer.", methods={"draft": Method("", "Be short.")}),
    Agent("reviewer", "Reviews.", "You are a reviewer."),
)
BROKEN = fails("broken")
NAMES = [agent.name for agent in AGENTS]
KNOWN = {agent.name: agent for agent in (*AGENTS, BROKEN)}

# Valid specs

_names = st.none() | st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,8}", fullmatch=True)


def _members(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=optional)


def _joined(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda dicts: {key: value for one in dicts for key, value in one.items()})


def _agent_steps(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    return _joined(
        st.fixed_dictionaries({"agent": st.sampled_from(names)}),
        _members(
            type=st.just("agent"),
            name=_names,
            method=st.sampled_from(["run", "execute"]),
            model=st.just("offline-demo"),
            transform=st.sampled_from(["text", "lines", "@", "{said: @}", "length(@)", "[@, @]"]),
            when=st.sampled_from(["@", "!@", "contains(to_string(@), 'tea')", "`0`"]),
            retry=st.just({"max_attempts": 2, "initial_interval": 0}),
            timeout_seconds=st.just(30),
        ),
    )


APPROVALS = _joined(
    st.fixed_dictionaries({"type": st.just("approval"), "prompt": st.sampled_from(["May it?", "Is it good?"])}),
    _members(schema=st.sampled_from([{}, {"type": "object", "required": ["approved"]}]), name=_names),
)


def specs(names: list[str], *, approvals: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Draw specs of these agents."""
    agents = _agent_steps(names)

    def shapes(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
        some = st.lists(inner, min_size=1, max_size=3)
        how = st.sampled_from(["list", "merge", "concat", "first", "vote"]) | agents
        return (
            _joined(st.fixed_dictionaries({"type": st.just("sequential"), "steps": some}), _members(name=_names))
            | _joined(
                st.fixed_dictionaries({"type": st.just("parallel"), "tasks": some}),
                _members(
                    name=_names,
                    max_concurrency=st.integers(1, 3),
                    aggregate=how,
                    on_error=st.sampled_from(["fail", "continue"]),
                ),
            )
            | _joined(
                st.fixed_dictionaries(
                    {
                        "type": st.just("hierarchical"),
                        "master": st.fixed_dictionaries({"name": st.sampled_from(NAMES)}),
                        "subAgents": st.lists(
                            inner | st.fixed_dictionaries({"name": st.sampled_from(names)}), min_size=1, max_size=2
                        ),
                    }
                ),
                _members(
                    name=_names,
                    max_rounds=st.integers(1, 2),
                    max_delegations=st.integers(1, 3),
                    aggregator=st.sampled_from(["concat", "first", "vote"]) | agents,
                ),
            )
        )

    return st.recursive(agents | APPROVALS if approvals else agents, shapes, max_leaves=6)


# Running them


async def ran(server: Server, spec: dict[str, Any], **members: Any) -> list[StoredEvent]:
    """Run *spec* with the offline model; whoever is asked says yes."""
    run = await server.start("team", "Tell me about tea.", definition=spec, **members)
    seq = 0
    workflow = await server.service.wait(run, 0, unwatched)
    while workflow["status"] == "interrupted":
        responses = {asked["id"]: {"approved": True} for asked in workflow["interrupts"]}
        run, seq = await server.service.resume(OWNER, run.id, responses, None)
        await server.reached(run, seq)
        workflow = await server.service.wait(run, seq, unwatched)
    return await server.events(run.id)


async def with_server(work: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        async with open_server(Path(folder), {BROKEN.name: BROKEN.compiled}) as server:
            for agent in AGENTS:
                server.engine.graphs.register_agent(agent.name, agent)
            return await work(server)


def percents(events: list[StoredEvent]) -> list[float]:
    return [e.percent for e in events if isinstance(e, Progress) and isinstance(e.percent, float | int)]


def in_lanes(events: list[StoredEvent]) -> list[str]:
    """Write a run's events so that two runs of the same spec can be compared."""
    told = lanes([json.loads(encode(event)) for event in events])
    return normal(json.dumps(told).replace('": ', '":').encode()).splitlines()


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFLINE_DEMO_TOKEN_DELAY_MS", "0")
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY", "DEFAULT_MODEL"):
        monkeypatch.delenv(name, raising=False)


@given(specs(NAMES, approvals=True))
@settings(max_examples=25)
def test_every_valid_spec_runs_to_its_end_and_is_well_told(spec: dict[str, Any]) -> None:
    events = asyncio.run(with_server(lambda server: ran(server, spec)))

    check_invariants(events)
    last = events[-1]
    assert isinstance(last, WorkflowCompleted), last
    assert isinstance(last.final_response, str)
    assert percents(events) == sorted(percents(events))
    assert all(percent <= 100 for percent in percents(events))
    assert not percents(events) or percents(events)[-1] == 100


@given(specs(NAMES))
@settings(max_examples=12)
def test_the_same_spec_tells_the_same_in_each_branch_every_time(spec: dict[str, Any]) -> None:
    async def twice(server: Server) -> list[list[str]]:
        return [in_lanes(await ran(server, spec, session_id=f"s{n}")) for n in range(2)]

    one, two = asyncio.run(with_server(twice))

    assert [line.replace("s0", "s1") for line in one] == two


# A cancel may come between LangGraph's making a coroutine and its start; what it was to do is not wanted any more.
@pytest.mark.filterwarnings("ignore:coroutine '[A-Za-z_.]+' was never awaited:RuntimeWarning")
@given(specs([*NAMES, "broken"]), st.none() | st.integers(1, 60))
@settings(max_examples=20)
def test_a_workflow_that_fails_or_is_cancelled_anywhere_is_well_told(
    spec: dict[str, Any], cancel_at: int | None
) -> None:
    async def work(server: Server) -> tuple[list[StoredEvent], dict[str, Any]]:
        run = await server.start("team", "Tell me about tea.", definition=spec)
        if cancel_at is not None and await server.reached(run, cancel_at):
            with suppress(WorkflowFinished):
                await server.service.cancel(OWNER, run.id, "tester", "enough")
        workflow = await server.ended(run)
        return await server.events(run.id), workflow

    events, workflow = asyncio.run(with_server(work))

    check_invariants(events)
    assert workflow["status"] in ("completed", "failed", "cancelled")
    assert told_by_events(fold(events)) == told_by_events(workflow)
    assert percents(events) == sorted(percents(events))


@given(specs(NAMES, approvals=True))
def test_equal_specs_give_equal_nodes(spec: dict[str, Any]) -> None:
    one, two = (compile_spec(given, KNOWN) for given in (spec, copy.deepcopy(spec)))

    assert list(one.nodes) == list(two.nodes)
    assert one.get_graph().draw_mermaid() == two.get_graph().draw_mermaid()


# Invalid ones

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List every place in a JSON value."""
    inner = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [at, *(place for key, child in inner for place in places(child, (*at, key)))]


def changed(spec: Any, at: tuple[Any, ...], new: Any) -> Any:
    """Put *new* in a place of a copy."""
    if not at:
        return new
    whole = copy.deepcopy(spec)
    inner = whole
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = new
    return whole


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """Draw a spec with another value somewhere; it may still be a valid one."""
    spec = draw(specs(NAMES, approvals=True))
    words = [*NAMES, "agent", "parallel", "nobody", "list", "`", "[", "$ref", "#/x", "steps"]
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.sampled_from(places(spec)))
        spec = changed(spec, at, draw(_JSON | st.sampled_from(words) | specs(NAMES)))
    return spec


@given(damaged() | _JSON)
@settings(max_examples=150)
def test_a_damaged_spec_is_refused_or_compiles_and_nothing_else(spec: Any) -> None:
    with suppress(BadSpec):
        check_agents(parse_spec(spec), KNOWN)
        compile_spec(parse_spec(spec), KNOWN)


@given(damaged())
@settings(max_examples=25)
def test_a_damaged_spec_is_a_refused_request_and_never_a_failure_of_the_server(spec: Any) -> None:
    async def work(server: Server) -> None:
        with suppress(Invalid):
            run = await server.start(
                "team", "tea", definition={"definition": spec} if not isinstance(spec, dict) else spec
            )
            await server.ended(run)

    asyncio.run(with_server(work))


@given(damaged())
def test_each_fault_has_the_path_of_a_place_that_is_there_or_missing(spec: Any) -> None:
    try:
        parse_spec(spec)
    except BadSpec as refused:
        paths = [path for path, _ in refused.errors]
    else:
        paths = []
    found: defaultdict[str, bool] = defaultdict(bool)
    for place in places(spec):
        found[".".join(map(str, place))] = True

    assert [path for path in paths if not found[path] and not found[path.rpartition(".")[0]]] == []
