"""What a client may ask for, checked against the graph it names: every field is honoured or refused."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from msgspec import UNSET, UnsetType

from cantata.callbacks.events import Strategy
from cantata.callbacks.handler import SILENT_TAGS
from cantata.graphs.facts import GraphFacts
from cantata.graphs.faults import ModelUnavailable, UnknownModel
from cantata.graphs.model_names import resolve_model_name
from cantata.graphs.model_settings import ModelSettings
from cantata.graphs.models import check_model
from cantata.graphs.registry import GraphRegistry, UnknownGraph
from cantata.graphs.side_by_side import side_by_side
from cantata.graphs.source import BrokenGraph, GraphSource, read_stored
from cantata.graphs.spec import (
    MAX_DEPTH,
    MAX_STEPS,
    AgentStep,
    BadSpec,
    WorkflowSpec,
    parse_spec,
    steps_of,
)
from cantata.server import errors
from cantata.server.runs.allowances import NOTHING_LIMITED, Allowance
from cantata.server.runs.ids import RunId, is_session_id, new_session_id
from cantata.server.runs.model import DEFAULT_WORKSPACE, ForkPoint, IfBusy, OnDisconnect, RunSpec

MODELS = "models"  # the member of the metadata that lists the models whose branches answer side by side

_OWN_KEYS = frozenset(
    {"thread_id", "checkpoint_id", "checkpoint_ns", "checkpoint_map", "run_id", "assistant_id", "graph_id"}
)
_OWN_TAGS = ("langsmith:", "graph:step:", "seq:step:")
_OWN_PREFIXES = ("__", "langgraph_")


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """A request for a run, as parsed; `input` is a text or the graph's input object."""

    graph: str
    input: Any
    input_name: str = "input"
    """The member of the body that it came in."""
    is_value: bool = False
    """A workflow's `input` is the value that goes through it, not its graph's input object."""
    continues: bool = False
    """See `RunSpec`; `input` is then another run's, as its spec has it."""
    shown_input: Any = None
    """What the first event tells instead of `input`, if anything."""
    definition: dict[str, Any] | None = None
    """A workflow spec to be run under the graph's name, instead of a graph that is loaded."""
    version: int | None = None
    context: dict[str, Any] | None = None
    workspace: str = DEFAULT_WORKSPACE
    may_use_premium: bool = True
    session_id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    if_busy: IfBusy = "reject"
    on_disconnect: OnDisconnect = "continue"
    timeout_seconds: float | None = None
    is_stream: bool = False
    """See `RunSpec`."""
    may_trace: bool = True
    """The configured tools may be told of the run."""
    model: str | None = None
    models: tuple[str, ...] = ()
    """Several that answer side by side."""
    options: Mapping[str, float | int] = field(default_factory=dict)
    recursion_limit: int | None = None
    tags: tuple[str, ...] = ()
    configurable: dict[str, Any] = field(default_factory=dict)
    must_have_messages: bool = False
    run_id: RunId | None = None
    """The id that the run is to have, or has if this is a repeat."""
    request_hash: str = ""
    idempotency_key: str | None = None
    fork: ForkPoint | None = None
    follows: RunId | UnsetType | None = UNSET
    """See `NewRun`."""
    answers_again: RunId | None = None
    """See `NewRun`."""
    allowance: Allowance = NOTHING_LIMITED
    """See `NewRun`."""
    role: str | None = None
    """See `RunSpec`."""


@dataclass(frozen=True)
class SpecLimits:
    """How large a workflow spec may be that a client sends."""

    max_steps: int = MAX_STEPS
    max_depth: int = MAX_DEPTH
    premium_models: frozenset[str] = frozenset()
    """Canonical names of those that not everybody may use."""

    def parsed(self, spec: object) -> WorkflowSpec:
        """Read a spec.

        Raises:
            BadSpec: it is too large or too deep, or a field is at fault.
        """
        return parse_spec(spec, max_steps=self.max_steps, max_depth=self.max_depth)


async def spec_of(request: RunRequest, graphs: GraphRegistry, models: ModelSettings, limits: SpecLimits) -> RunSpec:
    """Check *request* and say what is to be run.

    Raises:
        Invalid: a field cannot be honoured; the sentence says what can.
    """
    if request.models:
        request = await _side_by_side(request, graphs, models)
    source = await _source(request, graphs, limits, models)
    facts = await _facts(source)
    if request.must_have_messages and not facts.has_messages:
        raise errors.NoMessages(f"The graph {request.graph!r} has no `messages`: run it through POST /api/workflows.")
    _check_configurable(request.configurable)
    _check_tags(request.tags)
    context = _context(request, facts, await _model(request, source, models))
    if limits.premium_models and not request.may_use_premium:
        _check_premium(request, context, source, limits, models)
    return RunSpec(
        graph=request.graph,
        input=_input(request, source, facts),
        context=context or None,
        # As LangGraph's server has it: a graph may read the same value in either place, the older ones here.
        configurable={key: value for key, value in context.items() if not _is_own(key)} | request.configurable,
        tags=list(request.tags),
        recursion_limit=request.recursion_limit,
        timeout_seconds=request.timeout_seconds,
        on_disconnect=request.on_disconnect,
        is_stream=request.is_stream,
        metadata=request.metadata,
        strategy=_strategy(source),
        answer_nodes=source.answer_nodes,
        definition=request.definition,
        version=request.version,
        continues=request.continues,
        role=request.role,
    )


def session_of(request: RunRequest) -> str:
    """Return the request's session, a new one when it names none.

    Raises:
        Invalid: the name cannot be one.
    """
    if request.session_id is None:
        return new_session_id()
    if not is_session_id(request.session_id):
        raise invalid("session_id", "A session_id has 1 to 128 of the characters A-Z a-z 0-9 . _ -")
    return request.session_id


def invalid(path: str, message: str) -> errors.Invalid:
    """Say that the field at *path* is not acceptable."""
    return errors.Invalid.fields([(path, message)])


async def _side_by_side(request: RunRequest, graphs: GraphRegistry, models: ModelSettings) -> RunRequest:
    """Let each of the request's models answer in a branch of its own."""
    if request.graph not in graphs.agents():
        known = ", ".join(sorted(graphs.agents()))
        raise errors.UnknownGraph(f"No agent is named {request.graph!r}: there are {known}.")
    if MODELS in request.metadata:
        raise invalid(f"metadata.{MODELS}", "The server sets this member itself.")
    seen: set[str] = set()
    for number, name in enumerate(request.models):
        canonical = await _checked(name, models, f"models.{number}")
        if canonical in seen:
            raise invalid(f"models.{number}", f"The model {canonical} is named twice.")
        seen.add(canonical)
    return replace(
        request,
        models=(),
        definition=side_by_side(request.graph, request.models),
        metadata={**request.metadata, MODELS: list(request.models)},
    )


async def _source(request: RunRequest, graphs: GraphRegistry, limits: SpecLimits, models: ModelSettings) -> GraphSource:
    try:
        if request.definition is None:
            return graphs.get(request.graph)
        if request.version is None and request.fork is None:  # a stored one was checked when it was stored
            for path, step, _ in steps_of(limits.parsed(request.definition)):
                if isinstance(step, AgentStep) and step.model is not None:
                    await _checked(step.model, models, f"{path}.model".lstrip("."))
        # In a thread: a node takes half a millisecond to compile, and there may be a thousand.
        return await asyncio.to_thread(graphs.find, request.graph, request.definition)
    except BadSpec as error:
        raise bad_spec(error) from error
    except UnknownGraph as error:
        known = ", ".join(graphs.names())
        raise errors.UnknownGraph(f"No graph is named {request.graph!r}: there are {known}.") from error
    except BrokenGraph as error:
        raise errors.GraphUnusable(str(error)) from error


def bad_spec(error: BadSpec, under: str = "") -> errors.Invalid:
    """Say what is wrong with a workflow spec that a client sent; *under* is the member that holds it."""
    return errors.Invalid.fields([(f"{under}.{path}".strip("."), message) for path, message in error.errors])


def _strategy(source: GraphSource) -> Strategy:
    kind = (source.spec or {}).get("type")
    return kind if kind in ("sequential", "parallel", "hierarchical") else "single"


async def _facts(source: GraphSource) -> GraphFacts:
    try:
        return await source.facts()
    except BrokenGraph as error:
        raise errors.GraphUnusable(str(error)) from error


def _input(request: RunRequest, source: GraphSource, facts: GraphFacts) -> Any:
    given = request.input
    if not isinstance(given, str):
        if request.is_value and source.spec is not None:
            return {"input": given}
        if facts.input_schema.get("type") == "object" and not isinstance(given, dict):
            keys = ", ".join(facts.input_keys) or "none"
            raise invalid(request.input_name, f"This graph takes an object; its keys are {keys}.")
        return given
    if facts.takes_text:
        return given
    if facts.text_key is None:
        keys = ", ".join(facts.input_keys) or "none"
        raise invalid(request.input_name, f"This graph takes an object, not a text; its keys are {keys}.")
    return {facts.text_key: [{"role": "user", "content": given}] if facts.text_key == "messages" else given}


def _context(request: RunRequest, facts: GraphFacts, model: str | None) -> dict[str, Any]:
    wanted: dict[str, Any] = dict(request.options)
    if model is not None:
        wanted["model"] = model
    context = dict(request.context or {})
    for key, value in wanted.items():
        if key not in facts.context_keys:
            raise errors.NotConfigurable(f"The graph {request.graph!r} has no setting {key!r} in its context.")
        if key in context:
            raise invalid(f"context.{key}", f"`{key}` is given twice: in the context and beside it.")
        context[key] = value
    context = {key: request.configurable[key] for key in facts.context_keys if key in request.configurable} | context
    _check_context(context, facts)
    return context


def _check_context(context: Mapping[str, Any], facts: GraphFacts) -> None:
    schema = facts.context_schema or {}
    for key in context:
        if key not in facts.context_keys:
            known = ", ".join(facts.context_keys) or "none"
            raise invalid(f"context.{key}", f"The graph's context has no such key; its keys are {known}.")
    for key in schema.get("required", ()):
        if key not in context:
            raise invalid(f"context.{key}", "The graph needs this key in its context.")


async def _model(request: RunRequest, source: GraphSource, models: ModelSettings) -> str | None:
    if request.model is None or not source.is_built_in:
        return request.model
    return await _checked(request.model, models, "model")


async def _checked(name: str, models: ModelSettings, path: str) -> str:
    try:
        return await asyncio.to_thread(check_model, name, models)
    except UnknownModel as error:
        raise errors.UnknownModel.fields([(path, str(error))]) from error
    except ModelUnavailable as error:
        raise errors.ModelNotConfigured.fields([(path, str(error))]) from error


def _check_premium(
    request: RunRequest,
    context: Mapping[str, Any],
    source: GraphSource,
    limits: SpecLimits,
    models: ModelSettings,
) -> None:
    """Refuse a model that is not for everybody, wherever the request names it."""
    named = [context.get("model"), request.configurable.get("model")]
    if request.definition is not None:
        steps = steps_of(read_stored(request.definition))
        named += [step.model for _, step, _ in steps if isinstance(step, AgentStep)]
    if not any(named) and (source.is_built_in or request.definition is not None):
        named.append(resolve_model_name(None, models))
    for name in named:
        if isinstance(name, str) and _canonical(name, models) in limits.premium_models:
            raise errors.PremiumOnly(f"The model {name} is for the roles premium and admin.", model=name)


def _canonical(name: str, models: ModelSettings) -> str:
    try:
        return resolve_model_name(name, models)
    except (UnknownModel, ModelUnavailable):  # a graph's own name for it
        return name


def _check_tags(tags: Sequence[str]) -> None:
    for number, tag in enumerate(tags):
        if tag in SILENT_TAGS or tag.startswith(_OWN_TAGS):
            raise invalid(f"config.tags.{number}", "This tag would hide what the graph does.")


def _check_configurable(configurable: Mapping[str, Any]) -> None:
    for key in configurable:
        if _is_own(key):
            raise invalid(f"config.configurable.{key}", "The server sets this key itself.")


def _is_own(key: str) -> bool:
    return key in _OWN_KEYS or key.startswith(_OWN_PREFIXES)
