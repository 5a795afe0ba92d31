"""/api/coordinator: workflows that come with the request or have a name, the agents in them, and how they went."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from cantata.graphs.registry import GraphRegistry
from cantata.graphs.source import BrokenGraph
from cantata.graphs.spec import BadSpec
from cantata.server.auth.policies import needs
from cantata.server.auth.principal import ADMIN, READ, WRITE, Caller, Principal
from cantata.server.routes.answers import Answers, Service, json_response
from cantata.server.routes.bodies import NewRunQuery, NoQuery, OwnerQuery, RunBody
from cantata.server.routes.chat import check_text
from cantata.server.routes.coordinator_bodies import (
    HierarchicalBody,
    NamedBody,
    ParallelBody,
    SequentialBody,
    ShapeBody,
    SpecBody,
)
from cantata.server.routes.documented import CHANGE_ANSWERS, RUN_ANSWERS
from cantata.server.routes.looks import look_as
from cantata.server.routes.requests import (
    StrictJsonRoute,
    Wanted,
    common_fields,
    idempotency_key,
    reply_to,
    request_hash,
)
from cantata.server.runs.requests import RunRequest, bad_spec, invalid

router = APIRouter(prefix="/api/coordinator", route_class=StrictJsonRoute, tags=["coordinator"])
RunQuery = Annotated[NewRunQuery, Query()]

_BESIDE_THE_SPEC = frozenset(RunBody.model_fields) | {"input"}


@router.post("/sequential", responses=RUN_ANSWERS)
@needs(WRITE)
async def sequential(
    body: SequentialBody, query: RunQuery, request: Request, answers: Service, caller: Caller
) -> Response:
    """Run steps in turn, each with the output of the one before; waits by default."""
    return await _run_shape("sequential", body, query, caller, request, answers)


@router.post("/parallel", responses=RUN_ANSWERS)
@needs(WRITE)
async def parallel(body: ParallelBody, query: RunQuery, request: Request, answers: Service, caller: Caller) -> Response:
    """Run steps side by side, all with the same input; waits by default."""
    return await _run_shape("parallel", body, query, caller, request, answers)


@router.post("/hierarchical", responses=RUN_ANSWERS)
@needs(WRITE)
async def hierarchical(
    body: HierarchicalBody, query: RunQuery, request: Request, answers: Service, caller: Caller
) -> Response:
    """Let a manager delegate until it can answer; waits by default."""
    return await _run_shape("hierarchical", body, query, caller, request, answers)


@router.post("/workflow", responses=RUN_ANSWERS)
@needs(WRITE)
async def workflow(body: NamedBody, query: RunQuery, request: Request, answers: Service, caller: Caller) -> Response:
    """Run a stored or ready-made workflow by its name; waits by default."""
    _check_value("inputs", body.inputs, request)
    reply = reply_to(request, query, "wait")
    asked = RunRequest(
        graph=body.workflow,
        input=body.inputs,
        input_name="inputs",
        is_value=True,
        request_hash=request_hash("POST /api/coordinator/workflow", await request.json()),
        idempotency_key=idempotency_key(request, query.idempotency_key),
        **_named_fields(body, reply.wanted),
    )
    return await answers.start(caller, asked, reply, request)


@router.post("/drawing", responses=CHANGE_ANSWERS)
@needs(READ)
async def drawing(body: SpecBody, query: NoQuery, request: Request, answers: Service) -> Response:
    """Draw a workflow without running it: nodes, edges, Mermaid."""
    resources = request.app.state.resources
    spec: Any = body.spec
    try:
        resources.limits.parsed(spec)
        source = await asyncio.to_thread(resources.engine.graphs.find, "", spec)
    except BadSpec as error:
        raise bad_spec(error, "spec") from error
    return json_response((await source.drawing()).as_json())


@router.get("/agents")
@needs(READ)
async def agents(query: NoQuery, request: Request, answers: Service) -> Response:
    """List what steps can name, and the graphs that could not be loaded."""
    resources = request.app.state.resources
    graphs: GraphRegistry = resources.engine.graphs
    listed = [await _agent(graphs, name, resources.default_model) for name in graphs.agents()]
    broken = [_listed(entry.name, entry.description, error=entry.error) for entry in graphs.entries() if entry.error]
    return json_response({"agents": sorted(listed + broken, key=lambda agent: str(agent["name"]))})


@router.get("/stats")
@needs(READ)
async def stats(query: Annotated[OwnerQuery, Query()], request: Request, answers: Service, caller: Caller) -> Response:
    """Tell how runs went since the last reset, by strategy, agent and workflow."""
    owner = await look_as(caller, query.owner, "statistics", request)
    return json_response(await request.app.state.resources.statistics.told(owner))


@router.post("/stats/reset", responses=CHANGE_ANSWERS)
@needs(ADMIN)
async def reset_stats(
    query: Annotated[OwnerQuery, Query()], request: Request, answers: Service, caller: Caller
) -> Response:
    """Begin the statistics anew, your own or those of `owner`; answers with them."""
    owner = await look_as(caller, query.owner, "statistics", request)
    statistics = request.app.state.resources.statistics
    await statistics.reset(owner)
    return json_response(await statistics.told(owner))


async def _run_shape(
    shape: str, body: ShapeBody, query: NewRunQuery, caller: Principal, request: Request, answers: Answers
) -> Response:
    _check_value("input", body.input, request)
    reply, sent = reply_to(request, query, "wait"), await request.json()
    asked = RunRequest(
        graph=shape,
        input=body.input,
        is_value=True,
        # As it was sent, so that whoever is told of a fault finds the place.
        definition={"type": shape} | {key: value for key, value in sent.items() if key not in _BESIDE_THE_SPEC},
        request_hash=request_hash(f"POST /api/coordinator/{shape}", sent),
        idempotency_key=idempotency_key(request, query.idempotency_key),
        **common_fields(body, reply.wanted),
    )
    return await answers.start(caller, asked, reply, request)


def _check_value(path: str, value: Any, request: Request) -> None:
    if value is None:
        raise invalid(path, "null says nothing: send a text or any other JSON.")
    if isinstance(value, str):
        check_text(path, value, request.app.state.settings.max_message_chars)


def _named_fields(body: NamedBody, wanted: Wanted) -> dict[str, Any]:
    """Bring together what stands in `options` and beside them.

    Raises:
        Invalid: a field stands in both places.
    """
    within = body.options.model_fields_set & {"timeout_seconds", "model", "config"}
    for name in sorted(within & body.model_fields_set):
        raise invalid(f"options.{name}", f"`{name}` is given twice: in `options` and beside them.")
    moved = {name: getattr(body.options, name) for name in within if getattr(body.options, name) is not None}
    options = body.options.model_copy(update={"timeout_seconds": None, "model": None, "config": None})
    return dict(common_fields(body.model_copy(update={**moved, "options": options}), wanted))


async def _agent(graphs: GraphRegistry, name: str, model: str) -> dict[str, Any]:
    source = graphs.get(name)
    agent = source.as_agent()
    assert agent is not None
    try:
        facts = await source.facts()
    except BrokenGraph as error:
        return _listed(name, source.description, error=error.why)
    return _listed(
        name,
        source.description,
        methods=list(agent.method_names),
        input_schema=facts.input_schema,
        model=model if source.agent is not None else None,
        tools=list(agent.tool_names),
    )


def _listed(name: str, description: str, *, error: str | None = None, **members: Any) -> dict[str, Any]:
    nothing: dict[str, Any] = {"methods": [], "input_schema": None, "model": None, "tools": []}
    status = "error" if error else "ok"
    return {"name": name, "description": description, **nothing, **members, "status": status, "error": error}
