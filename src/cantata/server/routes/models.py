"""/api/models: which models a client may offer to pick from."""

from fastapi import APIRouter, Request, Response

from cantata.graphs.model_names import model_provider
from cantata.server.auth.policies import GuardedRoute, needs
from cantata.server.auth.principal import READ
from cantata.server.routes.answers import Service, json_response
from cantata.server.routes.bodies import NoQuery
from cantata.server.routes.documented import MODEL_LIST

router = APIRouter(prefix="/api/models", tags=["models"], route_class=GuardedRoute)


@router.get("", responses=MODEL_LIST)
@needs(READ)
async def list_models(query: NoQuery, request: Request, answers: Service) -> Response:
    """List models that a request may name, the default first; there may be more."""
    resources = request.app.state.resources
    listed = [
        {"name": name, "provider": model_provider(name), "is_default": name == resources.default_model}
        for name in resources.known_models
    ]
    return json_response({"models": listed})
