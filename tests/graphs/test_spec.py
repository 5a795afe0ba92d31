"""What a workflow spec may say, and where it is told that it says something else."""

import json
from types import MappingProxyType
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cantata.graphs.spec import (
    MAX_DEPTH,
    MAX_STEPS,
    AgentStep,
    BadSpec,
    HierarchicalStep,
    ParallelStep,
    check_agents,
    parse_spec,
    spec_schema,
    steps_of,
)
from tests.support.specs import asked, echoes, led, steps, tasks, team

WHOLE = steps(
    {"agent": "a", "name": "first", "model": "m", "transform": "@.b", "when": "b", "retry": {}, "timeout_seconds": 3},
    tasks({"agent": "a"}, asked(schema={"type": "object"}), max_concurrency=2, on_error="continue", aggregate="vote"),
    tasks("a", aggregate={"agent": "a", "method": "sum_up"}),
    led("a", "b", {"agent": "b"}, steps("b"), max_rounds=2, max_delegations=3, aggregator={"agent": "c"}),
)


def paths(spec: Any, **limits: int) -> list[str]:
    """Return the paths at which *spec* is refused."""
    with pytest.raises(BadSpec) as refused:
        parse_spec(spec, **limits)
    return [path for path, _ in refused.value.errors]


def nested(depth: int) -> dict[str, Any]:
    spec: dict[str, Any] = {"agent": "a"}
    for _ in range(depth - 1):
        spec = steps(spec)
    return spec


def test_a_spec_may_use_everything_at_once() -> None:
    spec = parse_spec(WHOLE)

    assert [(path, method) for path, _, method in steps_of(spec)] == [
        ("steps.0", "run"),
        ("steps.1.tasks.0", "run"),
        ("steps.2.tasks.0", "run"),
        ("steps.2.aggregate", "sum_up"),
        ("steps.3.master", "run"),
        ("steps.3.subAgents.0", "run"),
        ("steps.3.subAgents.1", "run"),
        ("steps.3.subAgents.2.steps.0", "run"),
        ("steps.3.aggregator", "run"),
    ]


def test_a_step_without_a_type_is_an_agents() -> None:
    assert parse_spec({"agent": "a"}) == AgentStep(agent="a")


def test_the_members_of_a_manager_may_be_written_as_python_does() -> None:
    spec = parse_spec({"type": "hierarchical", "master": {"name": "a"}, "sub_agents": [{"name": "b"}]})

    assert isinstance(spec, HierarchicalStep)
    assert spec == parse_spec(led("a", "b"))


def test_any_mapping_is_a_spec() -> None:
    assert parse_spec(MappingProxyType(steps("a"))) == parse_spec(steps("a"))


def test_a_parsed_spec_is_a_spec() -> None:
    spec = parse_spec(WHOLE)

    assert parse_spec(spec) == spec


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({}, "agent"),
        ([], ""),
        (None, ""),
        ("sequential", ""),
        ({"type": "circular"}, ""),
        ({"type": []}, ""),
        ({"type": None, "agent": "a"}, ""),
        ({"agent": None}, "agent"),
        ({"agent": "a", "surplus": 1}, "surplus"),
        ({"agent": "a", "name": "no spaces"}, "name"),
        ({"agent": "a", "name": "1st"}, "name"),
        ({"agent": "a", "name": "a:b"}, "name"),
        ({"agent": "a", "name": "x" * 65}, "name"),
        ({"agent": "a", "timeout_seconds": 0}, "timeout_seconds"),
        ({"agent": "a", "retry": {"max_attempts": 11}}, "retry.max_attempts"),
        ({"agent": "a", "retry": {"jitter": True}}, "retry.jitter"),
        ({"agent": "a", "transform": "nobody"}, "transform"),
        ({"agent": "a", "transform": "["}, "transform"),
        ({"agent": "a", "when": "no_such_function(@)"}, "when"),
        (steps(), "steps"),
        ({"type": "sequential"}, "steps"),
        ({"type": "sequential", "steps": {"agent": "a"}}, "steps"),
        (steps("a", []), "steps.1"),
        (steps("a", {"type": "agent"}), "steps.1.agent"),
        (steps("a", {"agent": "b", "agents": 1}), "steps.1.agents"),
        (steps("a", tasks({"agent": "b", "retry": 3})), "steps.1.tasks.0.retry"),
        (steps({"type": "sequence"}), "steps.0"),
        (tasks("a", on_error="ignore"), "on_error"),
        (tasks("a", max_concurrency=0), "max_concurrency"),
        (tasks("a", aggregate="nobody"), "aggregate"),
        (tasks("a", aggregate=3), "aggregate"),
        (tasks("a", aggregate={"agent": "a", "when": "["}), "aggregate.when"),
        (led("a"), "subAgents"),
        (led("a", {"agent": "b", "method": 3}), "subAgents.0.method"),
        (led("a", {"name": 3}), "subAgents.0.name"),
        (led("a", 3), "subAgents.0"),
        (led("a", steps(tasks("b", []))), "subAgents.0.steps.0.tasks.1"),
        (led("a", "b", max_rounds=0), "max_rounds"),
        (led("a", "b", max_delegations=201), "max_delegations"),
        (led("a", "b", aggregator="list"), "aggregator"),
        ({"type": "hierarchical", "subAgents": [{"name": "b"}]}, "master"),
        (asked(""), "prompt"),
        (asked(schema={"type": 3}), "schema"),
        (asked(schema=[]), "schema"),
        (steps(asked(schema={"$ref": "http://127.0.0.1/secrets"})), "steps.0.schema"),
        (steps(asked(schema={"pattern": "(a)\\1"})), "steps.0.schema"),
    ],
)
def test_a_fault_is_told_with_the_path_of_its_field(spec: Any, path: str) -> None:
    assert paths(spec) == [path]


def test_all_faults_are_told_at_once() -> None:
    assert paths(steps({"agent": 1}, tasks({"x": 1}), {"type": "y"})) == [
        "steps.0.agent",
        "steps.1.tasks.0.agent",
        "steps.1.tasks.0.x",
        "steps.2",
    ]


def test_what_is_wrong_is_a_sentence() -> None:
    with pytest.raises(BadSpec, match=r"^steps\.0\.transform: There is no transformer 'nobody': there are json, lines"):
        parse_spec(steps({"agent": "a", "transform": "nobody"}))


def test_steps_may_be_as_deep_as_the_limit_and_no_deeper() -> None:
    parse_spec(nested(MAX_DEPTH))

    assert paths(nested(MAX_DEPTH + 1)) == [".".join(["steps.0"] * MAX_DEPTH)]


@pytest.mark.parametrize("count", [MAX_STEPS, 10_001])
@pytest.mark.parametrize("shape", [steps, tasks, lambda *parts: led("a", *parts)])
def test_too_many_steps_are_refused(shape: Any, count: int) -> None:
    (path,) = paths(shape(*["a"] * count))

    assert path.startswith(("steps", "tasks", "subAgents"))


def test_as_many_steps_as_the_limit_are_taken() -> None:
    parse_spec(tasks(*["a"] * (MAX_STEPS - 1)))


def test_the_limits_can_be_set_lower() -> None:
    assert paths(steps("a", "b"), max_steps=2) == ["steps.0"]
    assert paths(steps(steps("a")), max_depth=2) == ["steps.0.steps.0"]


def test_a_spec_within_itself_is_refused() -> None:
    spec = steps("a")
    spec["steps"].append(spec)

    (path,) = paths(spec)

    assert path == ".".join(["steps.1"] * MAX_DEPTH)


def test_a_fan_out_bomb_is_refused_before_it_is_read() -> None:
    """Each level names the one below a hundred times; in memory it is small."""
    spec: dict[str, Any] = {"agent": "a"}
    for _ in range(10):
        spec = {"type": "parallel", "tasks": [spec] * 100}

    (path,) = paths(spec)

    assert path.startswith("tasks.99.tasks.")


def test_a_schema_nested_too_deep_is_refused() -> None:
    schema: dict[str, Any] = {}
    for _ in range(1_500):
        schema = {"not": schema}

    assert paths(steps(asked(schema=schema))) == ["steps.0.schema"]


def test_the_exported_schema_takes_what_is_taken_and_refuses_what_is_refused() -> None:
    schema = spec_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)

    assert list(validator.iter_errors(WHOLE)) == []
    assert not validator.is_valid(steps({"agent": "a", "surplus": 1}))
    assert not validator.is_valid({"type": "circular"})
    assert json.loads(json.dumps(schema)) == schema


@pytest.mark.parametrize(
    ("spec", "path", "words"),
    [
        ({"agent": "nobody"}, "agent", "No agent is named 'nobody': there are a, b."),
        ({"agent": "a", "method": "fly"}, "method", "The agent 'a' has no method 'fly': it has run, execute."),
        (steps("a", tasks("x")), "steps.1.tasks.0.agent", "No agent is named 'x'"),
        (tasks("a", aggregate={"agent": "x"}), "aggregate.agent", "No agent is named 'x'"),
        (led("x", "a"), "master.name", "No agent is named 'x'"),
        (led("a", "x"), "subAgents.0.name", "No agent is named 'x'"),
        (led("a", {"name": "b", "method": "fly"}), "subAgents.0.method", "has no method"),
        (led("a", "b", aggregator={"agent": "x"}), "aggregator.agent", "No agent is named 'x'"),
    ],
)
def test_an_agent_or_method_that_does_not_exist_is_told_with_its_path(spec: Any, path: str, words: str) -> None:
    with pytest.raises(BadSpec) as refused:
        check_agents(parse_spec(spec), team(echoes("a"), echoes("b")))

    assert [(at, words in told) for at, told in refused.value.errors] == [(path, True)]


def test_the_two_names_of_the_first_method_are_one() -> None:
    check_agents(
        parse_spec(steps({"agent": "a", "method": "execute"}, {"agent": "a", "method": "run"})), team(echoes("a"))
    )


def test_parts_that_are_left_out_have_safe_defaults() -> None:
    spec = parse_spec(tasks("a"))

    assert isinstance(spec, ParallelStep)
    assert (spec.on_error, spec.aggregate, spec.max_concurrency) == ("fail", "list", None)
