"""/api/coordinator/workflows: the workflows that have a name, ready-made ones and those that clients store."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response

from cantata.graphs.registry import GraphRegistry
from cantata.graphs.source import GraphSource
from cantata.graphs.spec import BadSpec
from cantata.server.auth.policies import needs
from cantata.server.auth.principal import READ, WRITE, Caller
from cantata.server.errors import DefinitionNotFound
from cantata.server.routes.answers import Service, json_response
from cantata.server.routes.bodies import NoQuery
from cantata.server.routes.coordinator_bodies import DefinitionBody, NewVersionBody
from cantata.server.routes.documented import CHANGE_ANSWERS, LOOK_ANSWERS
from cantata.server.routes.graphs import drawing_of, graph_named
from cantata.server.routes.requests import StrictJsonRoute
from cantata.server.runs.definitions import Definitions
from cantata.server.runs.links import root
from cantata.server.runs.ports.definitions import Content, Definition

router = APIRouter(prefix="/api/coordinator/workflows", route_class=StrictJsonRoute, tags=["coordinator"])


@router.get("")
@needs(READ)
async def list_workflows(query: NoQuery, request: Request, answers: Service, caller: Caller) -> Response:
    """List the workflows that can be run by name, ready-made and stored."""
    graphs, definitions = _places(request)
    listed = [_ready_made(graphs.get(name)) for name in _workflows(graphs)]
    listed += [_stored(definition) for definition in await definitions.all(caller.id)]
    return json_response({"workflows": sorted(listed, key=lambda one: str(one["name"]))})


@router.post("", status_code=201, responses=CHANGE_ANSWERS)
@needs(WRITE)
async def store(body: DefinitionBody, query: NoQuery, request: Request, answers: Service, caller: Caller) -> Response:
    """Store a workflow under a name that is not in use."""
    _, definitions = _places(request)
    stored = await definitions.add(caller.id, body.name, _content(body), is_new=True)
    return json_response(_stored(stored), 201, {"Location": f"{root.get()}/api/coordinator/workflows/{stored.name}"})


@router.put("/{name}", responses=CHANGE_ANSWERS)
@needs(WRITE, of="definition")
async def change(
    name: str, body: NewVersionBody, query: NoQuery, request: Request, answers: Service, caller: Caller
) -> Response:
    """Make a new version of a stored workflow; what runs keeps the one that it started with."""
    _, definitions = _places(request)
    return json_response(_stored(await definitions.add(caller.id, name, _content(body), is_new=False)))


@router.get("/{name}", responses=LOOK_ANSWERS)
@needs(READ, of="definition")
async def show(name: str, query: NoQuery, request: Request, answers: Service, caller: Caller) -> Response:
    """Show a workflow with its versions, newest first, and how it looks."""
    graphs, definitions = _places(request)
    try:
        versions = await definitions.versions(caller.id, name)
    except DefinitionNotFound:
        if name not in graphs.names():
            raise
        source = graph_named(graphs, name)
        return json_response(_ready_made(source) | {"versions": [], "drawing": await drawing_of(source)})
    newest = versions[0]
    shown = {"versions": [_version(version) for version in versions], "drawing": await _drawing(graphs, newest)}
    return json_response(_stored(newest) | shown)


@router.delete("/{name}", status_code=204, responses=CHANGE_ANSWERS)
@needs(WRITE, of="definition")
async def retire(name: str, query: NoQuery, request: Request, answers: Service, caller: Caller) -> Response:
    """Retire a stored workflow: nobody can start it any more, and what runs goes on."""
    _, definitions = _places(request)
    await definitions.retire(caller.id, name)
    return Response(status_code=204)


def _places(request: Request) -> tuple[GraphRegistry, Definitions]:
    resources = request.app.state.resources
    return resources.engine.graphs, resources.definitions


def _workflows(graphs: GraphRegistry) -> list[str]:
    """Name the graphs that are no agents."""
    agents = graphs.agents()
    return [name for name in graphs.names() if name not in agents]


def _content(body: NewVersionBody) -> Content:
    spec: Any = body.spec
    return Content(spec, body.description, body.input_schema)


def _ready_made(source: GraphSource) -> dict[str, Any]:
    spec = source.spec
    return {
        "name": source.name,
        "description": source.description,
        "origin": "ready-made",
        "version": None,
        "strategy": spec["type"] if spec else "single",
        "spec": spec,
        "input_schema": None,
    }


def _stored(definition: Definition) -> dict[str, Any]:
    return {
        "name": definition.name,
        "description": definition.description,
        "origin": "stored",
        "version": definition.version,
        "strategy": definition.spec.get("type", "agent"),
        "spec": definition.spec,
        "input_schema": definition.input_schema,
        "created_at": definition.created_at,
    }


def _version(definition: Definition) -> dict[str, Any]:
    return {
        "version": definition.version,
        "description": definition.description,
        "spec": definition.spec,
        "input_schema": definition.input_schema,
        "created_at": definition.created_at,
        "is_retired": definition.is_retired,
    }


async def _drawing(graphs: GraphRegistry, definition: Definition) -> dict[str, Any] | None:
    """Draw a stored workflow; None when it cannot be run any more, because an agent of it is gone."""
    try:
        source = await asyncio.to_thread(graphs.find, definition.name, definition.spec)
    except BadSpec:
        return None
    return await drawing_of(source)
