"""The bodies of `/api/coordinator`. A shape's own members are checked by its spec alone, with everything else."""

from typing import Annotated, Any

from pydantic import AliasChoices, ConfigDict, Field, SkipValidation

from cantata.graphs.spec import AgentReference, Aggregate, AnyStep, Name, SubAgent
from cantata.server.routes.bodies import MAX_TIMEOUT_SECONDS, Body, ConfigBody, ModelOptionsBody, RunBody

Unchecked: Any = SkipValidation()  # type: ignore[type-arg]  # only a type checker sees a type there
"""Documented by its type, and read as it comes."""

_SPEC: dict[str, Any] = {"type": "sequential", "steps": [{"agent": "researcher"}, {"agent": "writer"}]}


class ShapeBody(RunBody):
    """A workflow that comes with the request."""

    input: Any = Field(description="What goes through the workflow: a text, or any other JSON.")
    name: Annotated[str | None, Unchecked] = None


class SequentialBody(ShapeBody):
    """Steps in turn."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "steps": [
                        {"agent": "researcher", "method": "run", "transform": None},
                        {"agent": "writer", "method": "run", "transform": None},
                    ],
                    "input": "The history of the lighthouse",
                }
            ]
        }
    )

    steps: Annotated[list[AnyStep], Unchecked]


class ParallelBody(ShapeBody):
    """Steps side by side."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "tasks": [{"agent": "researcher", "method": "run"}, {"agent": "writer", "method": "run"}],
                    "input": "The history of the lighthouse",
                }
            ]
        }
    )

    tasks: Annotated[list[AnyStep], Unchecked]
    max_concurrency: Annotated[int | None, Unchecked] = None
    on_error: Annotated[str, Unchecked] = "fail"
    aggregate: Annotated[Aggregate, Unchecked] = "list"


class HierarchicalBody(ShapeBody):
    """A manager and those to whom it delegates."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "master": {"name": "writer", "method": "run"},
                    "subAgents": [{"name": "researcher", "method": "run"}, {"name": "reviewer", "method": "run"}],
                    "input": "The history of the lighthouse",
                }
            ]
        }
    )

    master: Annotated[AgentReference, Unchecked]
    sub_agents: Annotated[list[SubAgent], Unchecked] = Field(
        validation_alias=AliasChoices("subAgents", "sub_agents"), serialization_alias="subAgents"
    )
    max_rounds: Annotated[int, Unchecked] = 5
    max_delegations: Annotated[int, Unchecked] = 20
    aggregator: Annotated[Aggregate | None, Unchecked] = None


class NamedOptionsBody(ModelOptionsBody):
    """How a model is to generate, and what may also stand beside `options`."""

    timeout_seconds: float | None = Field(None, gt=0, le=MAX_TIMEOUT_SECONDS)
    model: str | None = Field(None, min_length=1, max_length=200)
    config: ConfigBody | None = None


class NamedBody(RunBody):
    """A run of a stored or ready-made workflow, or of any other graph."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"workflow": "sequential", "inputs": "The history of the lighthouse", "options": {}}]
        }
    )

    workflow: str
    inputs: Any = Field(description="A text or an object.")
    options: NamedOptionsBody = Field(default_factory=lambda: NamedOptionsBody())


class SpecBody(Body):
    """A workflow that is only to be drawn."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"spec": _SPEC}]})

    spec: Annotated[AnyStep, Unchecked]


class NewVersionBody(Body):
    """A stored workflow's next version; what is left out is not taken from the one before."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"description": "Two in turn.", "spec": _SPEC}]})

    description: str = Field("", max_length=2_000)
    spec: Annotated[AnyStep, Unchecked]
    input_schema: dict[str, Any] | None = Field(None, description="A JSON Schema that inputs must fit.")


class DefinitionBody(NewVersionBody):
    """A workflow that is to be stored."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "essay",
                    "description": "Research, then a text.",
                    "spec": _SPEC,
                    "input_schema": {"type": "string", "maxLength": 1000},
                }
            ]
        }
    )

    name: Name
