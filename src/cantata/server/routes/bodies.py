"""The bodies and queries that clients send, with what all runs have in common. An unknown member is refused."""

from typing import Annotated, Any, Literal

import fastapi
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from cantata.server.runs.model import IfBusy, OnDisconnect, Status

MAX_TIMEOUT_SECONDS = 604_800  # a week
MAX_UNIX_SECONDS = 253_402_300_799  # the end of the year 9999


class Body(BaseModel):
    """Refuses what it does not know, and converts nothing."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ModelOptionsBody(Body):
    """How a model is to generate."""

    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1, validation_alias=AliasChoices("top_p", "topP"))
    max_output_tokens: int | None = Field(
        None, ge=1, le=1_000_000, validation_alias=AliasChoices("max_output_tokens", "maxOutputTokens")
    )


class ConfigBody(Body):
    """How LangGraph is to execute."""

    recursion_limit: int | None = Field(None, ge=1, le=10_000)
    tags: list[str] = Field(default_factory=list, max_length=100)
    configurable: dict[str, Any] = Field(default_factory=dict)


class NewRunBody(Body):
    """The fields of every request that makes a run of whatever kind."""

    metadata: dict[str, str | int | float | bool] = Field(default_factory=dict)
    on_disconnect: OnDisconnect | None = Field(None, description="`cancel`: stop after a grace without a reader.")
    timeout_seconds: float | None = Field(None, gt=0, le=MAX_TIMEOUT_SECONDS, description="Longest running time.")


class ForkBody(NewRunBody):
    """A run that begins with a checkpoint of another one, on a session of its own."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"checkpoint_id": "1f1e5a1f-76e3-69b1-8001-237029011d7e"}]}
    )

    checkpoint_id: str = Field(min_length=1, max_length=100, description="One of the workflow's history.")
    input: Any = Field(None, description="A new input for that state; left out, the fork goes on from it.")


class RunBody(NewRunBody):
    """The fields of every request that starts a run of a graph."""

    session_id: str | None = Field(None, description="The conversation to go on with; left out, a new one begins.")
    if_busy: IfBusy = Field("reject", description="What to do while the session has an active workflow.")
    model: str | None = Field(
        None, min_length=1, max_length=200, description="`gemini-2.5-flash`, `openai:gpt-5-mini`, `offline-demo` …"
    )
    options: ModelOptionsBody = Field(default_factory=lambda: ModelOptionsBody())
    config: ConfigBody = Field(default_factory=lambda: ConfigBody())


class ChatBody(RunBody):
    """A chat message."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"message": "What is 17*23, and what time is it in Cairo?"}]}
    )

    message: str
    agent: str = Field("assistant", description="Any agent or graph whose state has `messages`.")


class WorkflowBody(RunBody):
    """A run of any graph."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"graph": "sequential", "input": "The history of the lighthouse"}]}
    )

    graph: str
    input: str | dict[str, Any] | list[Any] | int | float | bool
    context: dict[str, Any] | None = None


class ResumeBody(Body):
    """The answers to the pending interrupts, by their ids; `{}` for a breakpoint."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"responses": {"4d1c…": "approved"}}]})

    responses: dict[str, Any]


class CancelBody(Body):
    """Why the workflow is cancelled."""

    reason: str = Field("", max_length=1_000)


class Query(BaseModel):
    """Refuses what it does not know."""

    model_config = ConfigDict(extra="forbid")


NoQuery = Annotated[Query, fastapi.Query()]
"""What a route without parameters takes: an unknown one is refused, not ignored."""


class NewRunQuery(Query):
    """The query of a URL that starts runs."""

    after: str | None = None
    format: Literal["reasoning"] = "reasoning"
    idempotency_key: str | None = None


class EventsQuery(Query):
    """The query of a run's events."""

    after: str | None = None
    since_timestamp: Annotated[float, Field(ge=0, le=MAX_UNIX_SECONDS, allow_inf_nan=False)] | None = None
    limit: Annotated[int, Field(ge=1, le=10_000)] = 1_000
    format: Literal["reasoning"] = "reasoning"


class ListQuery(Query):
    """The query of a list of workflows."""

    status: Status | None = None
    session_id: str | None = None
    graph: str | None = None
    trace_id: str | None = None
    limit: Annotated[int, Field(ge=1, le=1_000)] = 50
    cursor: str | None = None


class HistoryQuery(Query):
    """The query of a run's checkpoints."""

    limit: Annotated[int, Field(ge=1, le=1_000)] = 100
