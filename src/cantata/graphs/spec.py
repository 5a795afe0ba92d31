"""Workflows as data: steps in turn, side by side, or under a manager, nested in any way.

    {"type": "sequential", "steps": [
        {"agent": "researcher"},
        {"type": "parallel", "tasks": [{"agent": "writer", "method": "draft"}, {"agent": "content"}]},
        {"agent": "reviewer"}]}

`parse_spec` refuses what cannot be run before anything runs, with the path of each field at fault.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    TypeAdapter,
    ValidationError,
    field_validator,
)

from cantata.graphs.agent import StepAgent
from cantata.graphs.expressions import BadExpression, expression
from cantata.graphs.functions import aggregator, transformer
from cantata.graphs.json_schemas import check_schema

MAX_STEPS = 1_000
MAX_DEPTH = 16  # levels of steps within steps
MOST_STEPS = 10_000  # that MAX_WORKFLOW_STEPS can allow
MOST_LEVELS = 40  # that MAX_WORKFLOW_DEPTH can allow; each takes two of the JSON's 100

_CHILDREN = ("steps", "tasks", "subAgents", "sub_agents")
_TAGS = frozenset({"agent", "sequential", "parallel", "hierarchical", "approval", "reference", "name"})

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]


class BadSpec(ValueError):
    """A spec that cannot be run; `errors` are pairs of a path and a sentence."""

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        """Keep *errors*; the message is the first of them."""
        path, message = errors[0]
        super().__init__(f"{path}: {message}" if path else message)
        self.errors = tuple(errors)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Retry(_Part):
    """How often a step is tried when it fails, and the pauses between, in seconds."""

    max_attempts: int = Field(3, ge=1, le=10)
    initial_interval: float = Field(0.5, ge=0, le=60)
    backoff_factor: float = Field(2.0, ge=1, le=10)
    max_interval: float = Field(30.0, ge=0, le=300)


class AgentStep(_Part):
    """One agent's turn. Its input is the output of the step before."""

    type: Literal["agent"] = "agent"
    name: Name | None = None
    agent: str
    method: str = "run"
    model: str | None = Field(None, description="Instead of the run's model.")
    transform: str | None = Field(None, description="A transformer's name, or JMESPath over the output.")
    when: str | None = Field(None, description="JMESPath over the input; the step is passed over when it is false.")
    retry: Retry | None = None
    timeout_seconds: float | None = Field(None, gt=0, le=86_400, description="For each attempt.")

    @field_validator("transform")
    @classmethod
    def _transform_exists(cls, text: str | None) -> str | None:
        if text is not None:
            transformer(text)
        return text

    @field_validator("when")
    @classmethod
    def _when_is_an_expression(cls, text: str | None) -> str | None:
        if text is not None:
            expression(text)
        return text


class SequentialStep(_Part):
    """Steps in turn."""

    type: Literal["sequential"]
    name: Name | None = None
    steps: "list[AnyStep]" = Field(min_length=1)


class ParallelStep(_Part):
    """Steps side by side, all with the same input; their outputs are brought together."""

    type: Literal["parallel"]
    name: Name | None = None
    tasks: "list[AnyStep]" = Field(min_length=1)
    max_concurrency: int | None = Field(None, ge=1, description="Branches at work at once.")
    on_error: Literal["fail", "continue"] = "fail"
    aggregate: "Aggregate" = "list"

    @field_validator("aggregate")
    @classmethod
    def _aggregate_exists(cls, how: "str | AgentStep") -> "str | AgentStep":
        if isinstance(how, str) and how not in ("list", "merge"):
            aggregator(how)
        return how


class AgentReference(_Part):
    """An agent and one of its methods; without a method the one that its place is for."""

    name: str
    method: str | None = None

    @property
    def agent(self) -> str:
        """The agent's name, as a step has it."""
        return self.name


class HierarchicalStep(_Part):
    """A manager that delegates to sub-agents until it can answer."""

    type: Literal["hierarchical"]
    name: Name | None = None
    master: AgentReference
    sub_agents: "list[SubAgent]" = Field(alias="subAgents", min_length=1)
    max_rounds: int = Field(5, ge=1, le=50, description="Turns in which the manager delegates.")
    max_delegations: int = Field(20, ge=1, le=200)
    aggregator: "Aggregate | None" = None

    @field_validator("aggregator")
    @classmethod
    def _aggregator_exists(cls, how: "str | AgentStep | None") -> "str | AgentStep | None":
        if isinstance(how, str):
            aggregator(how)
        return how


class ApprovalStep(_Part):
    """A human is asked. Without a schema the answer says `approved`; what is not approved ends the workflow."""

    type: Literal["approval"]
    name: Name | None = None
    prompt: str = Field(min_length=1, max_length=10_000)
    schema_: dict[str, Any] | None = Field(None, alias="schema")

    @field_validator("schema_")
    @classmethod
    def _is_a_schema(cls, schema: dict[str, Any] | None) -> dict[str, Any] | None:
        try:
            check_schema(schema or {})
        except RecursionError as error:
            raise ValueError("The schema is nested too deep.") from error
        return schema


def _type_of(step: Any) -> str:
    kind = step.get("type", "agent") if isinstance(step, Mapping) else getattr(step, "type", "agent")
    return kind if isinstance(kind, str) else "?"


def _kind_of_aggregate(how: Any) -> str:
    return "name" if isinstance(how, str) else "agent"


def _kind_of_sub_agent(sub: Any) -> str:
    if isinstance(sub, Mapping):
        return _type_of(sub) if "type" in sub or "agent" in sub else "reference"
    return getattr(sub, "type", "reference")


_Steps = (
    Annotated[AgentStep, Tag("agent")]
    | Annotated[SequentialStep, Tag("sequential")]
    | Annotated[ParallelStep, Tag("parallel")]
    | Annotated[HierarchicalStep, Tag("hierarchical")]
    | Annotated[ApprovalStep, Tag("approval")]
)
AnyStep = Annotated[_Steps, Discriminator(_type_of)]
Aggregate = Annotated[
    Annotated[str, Tag("name")] | Annotated[AgentStep, Tag("agent")], Discriminator(_kind_of_aggregate)
]
SubAgent = Annotated[_Steps | Annotated[AgentReference, Tag("reference")], Discriminator(_kind_of_sub_agent)]

for _model in (SequentialStep, ParallelStep, HierarchicalStep):
    _model.model_rebuild()

WorkflowSpec = AgentStep | SequentialStep | ParallelStep | HierarchicalStep | ApprovalStep
_adapter: TypeAdapter[WorkflowSpec] = TypeAdapter(AnyStep)


def parse_spec(data: object, *, max_steps: int = MAX_STEPS, max_depth: int = MAX_DEPTH) -> WorkflowSpec:
    """Read a spec.

    Raises:
        BadSpec: it is too large or too deep, or a field is at fault.
    """
    _measure(data, max_steps, max_depth)
    try:
        return _adapter.validate_python(data)
    except ValidationError as error:
        raise BadSpec([(_path(e["loc"]), _sentence(e)) for e in error.errors(include_url=False)]) from error


def spec_schema() -> dict[str, Any]:
    """Describe a spec as JSON Schema."""
    return _adapter.json_schema()


def steps_of(spec: WorkflowSpec, path: str = "") -> Iterator[tuple[str, AgentStep | AgentReference, str]]:
    """Yield every use of an agent with its path and the method that it means."""
    dot = f"{path}." if path else ""
    match spec:
        case AgentStep():
            yield path, spec, spec.method
        case SequentialStep(steps=children):
            yield from _inside(children, f"{dot}steps")
        case ParallelStep(tasks=children, aggregate=how):
            yield from _inside(children, f"{dot}tasks")
            if isinstance(how, AgentStep):
                yield from steps_of(how, f"{dot}aggregate")
        case HierarchicalStep(master=master, sub_agents=children, aggregator=how):
            yield f"{dot}master", master, master.method or "run"
            yield from _inside(children, f"{dot}subAgents")
            if isinstance(how, AgentStep):
                yield from steps_of(how, f"{dot}aggregator")


def check_agents(spec: WorkflowSpec, agents: Mapping[str, StepAgent]) -> None:
    """Check that every agent and method exists.

    Raises:
        BadSpec: one does not.
    """
    errors = []
    for path, step, method in steps_of(spec):
        name = step.agent
        key = "agent" if isinstance(step, AgentStep) else "name"
        dot = f"{path}." if path else ""
        if name not in agents:
            errors.append((f"{dot}{key}", f"No agent is named {name!r}: there are {', '.join(sorted(agents))}."))
        elif method not in agents[name].method_names:
            known = ", ".join(agents[name].method_names)
            errors.append((f"{dot}method", f"The agent {name!r} has no method {method!r}: it has {known}."))
    if errors:
        raise BadSpec(errors)


def _inside(children: Sequence[Any], path: str) -> Iterator[tuple[str, AgentStep | AgentReference, str]]:
    for number, child in enumerate(children):
        if isinstance(child, AgentReference):
            yield f"{path}.{number}", child, child.method or "run"
        else:
            yield from steps_of(child, f"{path}.{number}")


def _measure(data: object, max_steps: int, max_depth: int) -> None:
    """Refuse a bomb or a circle before anything recurses into it."""
    found: list[tuple[object, str, int]] = [(data, "", 1)]
    count = 0
    while found:
        step, path, depth = found.pop()
        count += 1
        if depth > max_depth:
            raise BadSpec([(path, f"Steps are nested deeper than {max_depth} levels (MAX_WORKFLOW_DEPTH).")])
        if count > max_steps:
            raise BadSpec([(path, f"The workflow has more than {max_steps} steps (MAX_WORKFLOW_STEPS).")])
        for key in _CHILDREN:
            children = step.get(key) if isinstance(step, Mapping) else getattr(step, key, None)
            if isinstance(children, list | tuple):
                if len(children) > max_steps:
                    raise BadSpec(
                        [(_joined(path, key), f"The workflow has more than {max_steps} steps (MAX_WORKFLOW_STEPS).")]
                    )
                found.extend((child, _joined(path, f"{key}.{n}"), depth + 1) for n, child in enumerate(children))


def _joined(path: str, more: str) -> str:
    return f"{path}.{more}" if path else more


def _path(loc: Sequence[int | str]) -> str:
    """Write a place as the client sees it: without the tags of the unions that pydantic went through."""
    parts = [str(part) for n, part in enumerate(loc) if not (part in _TAGS and _chooses(loc[:n]))]
    return ".".join(parts)


def _chooses(before: Sequence[int | str]) -> bool:
    """Tell whether at the end of this path one of several kinds is chosen."""
    return not before or isinstance(before[-1], int) or before[-1] in ("aggregate", "aggregator")


def _sentence(error: Any) -> str:
    cause = (error.get("ctx") or {}).get("error")
    if isinstance(cause, BadExpression | ValueError):
        return str(cause)
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return "`type` must be one of agent, sequential, parallel, hierarchical, approval."
    return f"{error['msg']}."
