"""/api/graphs: what can be run, and how it looks."""

from typing import Any

from fastapi import APIRouter, Request, Response

from cantata.graphs.registry import GraphEntry, GraphRegistry, UnknownGraph
from cantata.graphs.source import BrokenGraph, GraphSource
from cantata.server.auth.policies import GuardedRoute, needs
from cantata.server.auth.principal import READ
from cantata.server.errors import GraphNotFound, GraphUnusable
from cantata.server.routes.answers import Service, json_response
from cantata.server.routes.bodies import NoQuery
from cantata.server.routes.documented import LOOK_ANSWERS

router = APIRouter(prefix="/api/graphs", route_class=GuardedRoute, tags=["graphs"])


@router.get("")
@needs(READ)
async def list_graphs(query: NoQuery, request: Request, answers: Service) -> Response:
    """List the graphs with the inputs that they take; a broken one with its error."""
    graphs: GraphRegistry = request.app.state.resources.engine.graphs
    return json_response({"graphs": [await _listed(graphs, entry) for entry in graphs.entries()]})


@router.get("/{name}/drawing", responses=LOOK_ANSWERS)
@needs(READ)
async def drawing(name: str, query: NoQuery, request: Request, answers: Service) -> Response:
    """Draw a graph: nodes, edges, Mermaid."""
    source = graph_named(request.app.state.resources.engine.graphs, name)
    return json_response(await drawing_of(source))


def graph_named(graphs: GraphRegistry, name: str) -> GraphSource:
    """Find the graph that a URL names.

    Raises:
        GraphNotFound: there is none.
        GraphUnusable: it could not be loaded.
    """
    try:
        return graphs.get(name)
    except UnknownGraph as error:
        raise GraphNotFound(str(error)) from error
    except BrokenGraph as error:
        raise GraphUnusable(str(error)) from error


async def drawing_of(source: GraphSource) -> dict[str, Any]:
    """Draw a graph as clients get it.

    Raises:
        GraphUnusable: its factory fails.
    """
    try:
        return (await source.drawing()).as_json()
    except BrokenGraph as error:
        raise GraphUnusable(str(error)) from error


async def _listed(graphs: GraphRegistry, entry: GraphEntry) -> dict[str, Any]:
    schema, error = None, entry.error
    if error is None:
        try:
            schema = (await graphs.get(entry.name).facts()).input_schema
        except BrokenGraph as broken:
            error = broken.why
    return {"name": entry.name, "description": entry.description, "input_schema": schema, "error": error}
