"""The bodies and queries that clients send, with what all runs have in common. An unknown member is refused."""

from typing import Annotated, Any, Literal

import fastapi
from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, field_validator

from cantata.callbacks.events import TYPE_NAMES
from cantata.server.protocols.view import Format
from cantata.server.runs.model import IfBusy, OnDisconnect, Status
from cantata.server.sse import LEAST_HEARTBEAT_SECONDS

MAX_TIMEOUT_SECONDS = 604_800  # a week
MAX_COMMENT_CHARS = 2_000
MAX_UNIX_SECONDS = 253_402_300_799  # the end of the year 9999
EVENT_TYPES = tuple(TYPE_NAMES.values())

ON_DISCONNECT = (
    "`cancel`, the default of `/api/stream`: stop some time after the last reader has left; else `continue`."
)
TIMEOUT = "Longest running time."
TRACE = "false keeps the workflow out of LangSmith, Langfuse and OpenTelemetry."
IF_BUSY = "While the session has an active workflow: `reject` with 409, or `enqueue` to wait for it."
SESSION = "The conversation to go on with; left out, a new one begins."
MODEL = "`gemini-2.5-flash`, `openai:gpt-5-mini`, `offline-demo` …"
PAGE_CURSOR = "`next_cursor` of the page before."


def _each_once(models: list[str]) -> list[str]:
    if len(set(models)) < len(models):
        raise ValueError("A model is named twice.")
    return models


Model = Annotated[str, Field(min_length=1, max_length=200)]
Models = Annotated[list[Model], Field(min_length=1, max_length=10), AfterValidator(_each_once)]


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
    on_disconnect: OnDisconnect | None = Field(None, description=ON_DISCONNECT)
    timeout_seconds: float | None = Field(None, gt=0, le=MAX_TIMEOUT_SECONDS, description=TIMEOUT)
    trace: bool = Field(True, description=TRACE)


class ForkBody(NewRunBody):
    """A run that begins with a checkpoint of another one, on a session of its own."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"checkpoint_id": "1f1e5a1f-76e3-69b1-8001-237029011d7e"}]}
    )

    checkpoint_id: str = Field(min_length=1, max_length=100, description="One of the workflow's history.")
    input: Any = Field(None, description="A new input for that state; left out, the fork goes on from it.")


class VariantBody(NewRunBody):
    """A run in the place of another one; graph, context, model and options are that one's."""

    if_busy: IfBusy = Field("reject", description=IF_BUSY)


class EditBody(VariantBody):
    """What the user would rather have said."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"content": "And in words?"}]})

    content: str


class SessionBody(Body):
    """What is to be changed of a session; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "Arithmetic"}]})

    # Factories: OpenAPI must not tell of defaults, for what is left out stays.
    title: str | None = Field(
        default_factory=lambda: None, min_length=1, max_length=200, description="null gives the default back."
    )
    head: str = Field(
        default_factory=str,
        min_length=1,
        max_length=100,
        description="A message: the next one goes on from its workflow.",
    )


class RunBody(NewRunBody):
    """The fields of every request that starts a run of a graph."""

    session_id: str | None = Field(None, description=SESSION)
    if_busy: IfBusy = Field("reject", description=IF_BUSY)
    model: Model | None = Field(None, description=MODEL)
    options: ModelOptionsBody = Field(default_factory=lambda: ModelOptionsBody())
    config: ConfigBody = Field(default_factory=lambda: ConfigBody())


def _needs_prompt(schema: dict[str, Any]) -> None:
    """Tell OpenAPI what the model itself does not demand."""
    schema["required"] = ["prompt"]
    schema["properties"]["prompt"] = {"type": "string", "title": "Prompt"}
    schema["examples"] = [{"prompt": "What is 17*23?", "options": {"temperature": 0.7, "topP": 0.95}}]


class ChatBody(RunBody):
    """A chat message."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"message": "What is 17*23, and what time is it in Cairo?"}]}
    )

    message: str
    agent: str = Field("assistant", description="Any agent or graph whose state has `messages`.")


class PromptBody(RunBody):
    """A prompt for an agent."""

    model_config = ConfigDict(json_schema_extra=_needs_prompt)

    prompt: str | None = None  # checked by the route: the answer to a missing one is 400
    agent: str = Field("assistant", description="Any agent, or any graph that takes a text.")


class StreamBody(PromptBody):
    """A prompt for an agent, or for several models at once."""

    models: Models | None = Field(None, description="Instead of `model`: each answers in a branch of its own.")


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


class FeedbackBody(Body):
    """What somebody says of an answer."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"score": 1, "comment": "Just what I needed."}]})

    score: int = Field(ge=0, le=1, description="1 for a good answer, 0 for a bad one.")
    comment: str | None = Field(None, max_length=MAX_COMMENT_CHARS, description="Left out, or empty: none.")


class Query(BaseModel):
    """Refuses what it does not know."""

    model_config = ConfigDict(extra="forbid")


NoQuery = Annotated[Query, fastapi.Query()]
"""What a route without parameters takes: an unknown one is refused, not ignored."""


Owner = Annotated[
    str | None, Field(min_length=1, max_length=600, description="Whose they are, for admins; left out, your own.")
]


class OwnerQuery(Query):
    """The query of what belongs to somebody."""

    owner: Owner = None


class StreamsQuery(Query):
    """The query of streams that are active."""

    all: bool = Field(False, description="Everybody's, for admins; else your own.")


class StreamQuery(Query):
    """How a stream is told; refused where the answer is none."""

    format: Format | None = Field(None, description="How the run is told; `reasoning` unless the route says otherwise.")
    tokens: bool = Field(False, description="`compat` only: every piece of text comes as a `token`, too.")
    include: list[str] = Field(
        default_factory=list, description="The only types of events that are told, with commas between them."
    )
    exclude: list[str] = Field(
        default_factory=list, description="Types of events that are not told, with commas between them."
    )
    coalesce_ms: int = Field(
        0, ge=0, le=10_000, description="How long pieces of text may wait for more, to be told as one."
    )
    heartbeat_seconds: float | None = Field(
        None, ge=LEAST_HEARTBEAT_SECONDS, le=300, description="Silence after which the stream shows that it lives."
    )

    @field_validator("include", "exclude")
    @classmethod
    def _are_event_types(cls, told: list[str]) -> list[str]:
        types = [name.strip() for part in told for name in part.split(",") if name.strip()]
        for name in types:
            if name not in EVENT_TYPES:
                raise ValueError(f"No event has the type {name!r}: there are {', '.join(EVENT_TYPES)}.")
        return types


class ResumeQuery(StreamQuery):
    """The query of an answer to a run."""

    after: str | None = Field(
        None, description="As the header `Last-Event-ID`, which goes first: attach, start nothing."
    )
    idempotency_key: str | None = Field(
        None, description="As the header `Idempotency-Key`, which goes first: a repeated request starts no second run."
    )


class NewRunQuery(ResumeQuery):
    """The query of a URL that starts runs: a cursor is that of the run which the same request made."""


class PromptQuery(NewRunQuery):
    """A prompt in a URL, with what belongs to it."""

    prompt: str | None = Field(None, description="Needed; it reaches logs on its way: POST keeps it out of them.")
    model: Model | None = Field(None, description=MODEL)
    models: Models | None = Field(None, description="Instead of `model`, as `models=…&models=…`: all of them answer.")
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = Field(None, alias="topP")
    max_output_tokens: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(None, alias="maxOutputTokens")
    session_id: str | None = Field(None, description=SESSION)
    if_busy: IfBusy = Field("reject", description=IF_BUSY)
    on_disconnect: OnDisconnect | None = Field(None, description=ON_DISCONNECT)
    timeout_seconds: Annotated[float, Field(gt=0, le=MAX_TIMEOUT_SECONDS)] | None = Field(None, description=TIMEOUT)
    trace: bool | None = Field(None, description=TRACE)

    def body_members(self) -> dict[str, Any]:
        """Return what a POST would have as its body."""
        own = set(PromptQuery.model_fields) - set(NewRunQuery.model_fields)
        told = self.model_dump(include=own, exclude_none=True)
        options = {name: told.pop(name) for name in ModelOptionsBody.model_fields if name in told}
        return {**told, "options": options}


class ContinueQuery(StreamQuery):
    """The query of a stream that goes on from anywhere."""

    after: str | None = Field(
        None, description="The last `id` you saw, as the header `Last-Event-ID`, which goes first."
    )
    since_timestamp: Annotated[float, Field(ge=0, le=MAX_UNIX_SECONDS, allow_inf_nan=False)] | None = Field(
        None, description="Unix seconds; a cursor goes first."
    )


class SessionStreamQuery(ContinueQuery):
    """The query of a session's stream."""

    owner: Owner = None


class EventsQuery(ContinueQuery):
    """The query of a run's events."""

    ticket: str | None = Field(None, max_length=200, description="For who can send no header: see `…/stream-ticket`.")

    limit: Annotated[int, Field(ge=1, le=10_000, description="Of a page of events; a stream has none.")] = 1_000


class ListQuery(Query):
    """The query of a list of workflows."""

    status: Status | None = None
    session_id: str | None = None
    graph: str | None = None
    trace_id: str | None = None
    owner: Owner = None
    limit: Annotated[int, Field(ge=1, le=1_000)] = 50
    cursor: str | None = Field(None, description=PAGE_CURSOR)


class HistoryQuery(Query):
    """The query of a run's checkpoints."""

    limit: Annotated[int, Field(ge=1, le=1_000)] = 100


class SessionsQuery(Query):
    """The query of a list of sessions."""

    q: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(None, description="What to look for.")
    owner: Owner = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: str | None = Field(None, description=PAGE_CURSOR)


class MessagesQuery(Query):
    """The query of a session's messages."""

    view: Literal["flat", "tree"] = "flat"
    owner: Owner = None
    branch: str | None = Field(None, description="`active`, or the message at the branch's end; left out, all.")


class ExportQuery(Query):
    """The query of a session's export."""

    format: Literal["json", "markdown"] = "json"
    owner: Owner = None
