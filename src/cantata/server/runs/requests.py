"""What a client may ask for, checked against the graph it names: every field is honoured or refused."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cantata.callbacks.handler import SILENT_TAGS
from cantata.graphs.facts import GraphFacts
from cantata.graphs.faults import ModelUnavailable, UnknownModel
from cantata.graphs.models import ModelSettings, check_model
from cantata.graphs.registry import BrokenGraph, GraphRegistry, GraphSource, UnknownGraph
from cantata.server import errors
from cantata.server.runs.ids import RunId, is_session_id, new_session_id
from cantata.server.runs.model import IfBusy, OnDisconnect, RunSpec

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
    context: dict[str, Any] | None = None
    session_id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    if_busy: IfBusy = "reject"
    on_disconnect: OnDisconnect = "continue"
    timeout_seconds: float | None = None
    model: str | None = None
    options: Mapping[str, float | int] = field(default_factory=dict)
    recursion_limit: int | None = None
    tags: tuple[str, ...] = ()
    configurable: dict[str, Any] = field(default_factory=dict)
    must_have_messages: bool = False
    run_id: RunId | None = None
    """The id that the run is to have, or has if this is a repeat."""
    request_hash: str = ""
    idempotency_key: str | None = None


async def spec_of(request: RunRequest, graphs: GraphRegistry, models: ModelSettings) -> RunSpec:
    """Check *request* and say what is to be run.

    Raises:
        Invalid: a field cannot be honoured; the sentence says what can.
    """
    source = _source(request.graph, graphs)
    facts = await _facts(source)
    if request.must_have_messages and not facts.has_messages:
        raise errors.NoMessages(f"The graph {request.graph!r} has no `messages`: run it through POST /api/workflows.")
    _check_configurable(request.configurable)
    _check_tags(request.tags)
    context = _context(request, facts, await _model(request, source, models))
    return RunSpec(
        graph=request.graph,
        input=_input(request, facts),
        context=context or None,
        # As LangGraph's server has it: a graph may read the same value in either place, the older ones here.
        configurable={key: value for key, value in context.items() if not _is_own(key)} | request.configurable,
        tags=list(request.tags),
        recursion_limit=request.recursion_limit,
        timeout_seconds=request.timeout_seconds,
        on_disconnect=request.on_disconnect,
        metadata=request.metadata,
        strategy="sequential" if source.is_built_in and source.name == "sequential" else "single",
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
    return errors.Invalid(f"{path}: {message}", errors=[{"path": path, "message": message}])


def _source(name: str, graphs: GraphRegistry) -> GraphSource:
    try:
        return graphs.get(name)
    except UnknownGraph as error:
        raise errors.UnknownGraph(f"No graph is named {name!r}: there are {', '.join(graphs.names())}.") from error
    except BrokenGraph as error:
        raise errors.GraphUnusable(str(error)) from error


async def _facts(source: GraphSource) -> GraphFacts:
    try:
        return await source.facts()
    except BrokenGraph as error:
        raise errors.GraphUnusable(str(error)) from error


def _input(request: RunRequest, facts: GraphFacts) -> Any:
    given = request.input
    if not isinstance(given, str):
        return given
    if facts.takes_text:
        return given
    if facts.text_key is None:
        keys = ", ".join(facts.input_keys) or "none"
        raise invalid("input", f"This graph takes an object, not a text; its keys are {keys}.")
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
    try:
        return await asyncio.to_thread(check_model, request.model, models)
    except UnknownModel as error:
        raise errors.UnknownModel(str(error)) from error
    except ModelUnavailable as error:
        raise errors.ModelNotConfigured(str(error)) from error


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
